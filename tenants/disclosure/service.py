"""The data that a valid access token discloses, and the ids of its accounts for the recipient."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from haas.database import Transaction
from haas.jose import Siv
from tenants.accounts.closed_accounts import first_disclosed_day
from tenants.accounts.disclosure_rule import REASON_BY_REFUSAL, REFUSAL_BY_REASON
from tenants.accounts.models import ANSWERS, Answer, RefusalReason, WithholdingReason
from tenants.cds.errors import EXPECTED, RESOURCE_UNAVAILABLE, CdsError, ErrorType
from tenants.cds.pagination import Page, PageRequest
from tenants.cds.resource_ids import ResourceId
from tenants.disclosure import store
from tenants.disclosure.accounts_in_answer import AccountsInAnswer, Supplied, supplied_by_point
from tenants.disclosure.ids_for_recipients import InvalidResourceId, ResourceIds
from tenants.disclosure.models import Agent, DataAccessToken, SupplyPeriod
from tenants.disclosure.windows import Control, control_of, windows_of
from tenants.grants.consumer_rules import check_is_not_refused
from tenants.grants.errors import ConsentInvalid
from tenants.oauth.errors import InvalidToken
from tenants.operations.filters import NEWEST_DATE, OLDEST_DATE
from tenants.operations.models import NAMED_OWNERS, NamedOwner, Resource
from tenants.operations.resources import CUSTOMER
from tenants.payloads.customer_detail_v2 import CommonCustomerDetailV2, CommonOrganisationDetailV2
from tenants.sources.contract import ClosedAccounts, DataSource, Days, ReadingTime, ResourceQuery
from tenants.sources.errors import ItemsWithheld
from tenants.sources.item_stream import ItemStream

STATUSES: Final[Mapping[Answer | None, int]] = {"forbidden": 403, "too-many-requests": 429}
"""The status of the answers that are not about a single account."""
_STRICTEST_FIRST: Final[tuple[Answer, ...]] = ("forbidden", "too-many-requests", "unavailable")
UNKNOWN_ROLE = "Unspecified"  # CommonOrganisation, agentRole


async def load_token(tx: Transaction, token: str, now: datetime) -> DataAccessToken:
    """Return an access token with the accounts whose data it discloses today. The token is not checked here.

    Raises InvalidToken if the token was never issued.
    """
    found = await store.load_data_access_token(tx, token, now)
    if found is None:
        raise InvalidToken("the access token is unknown")
    return found


def error_of_withheld(kind: NamedOwner, refusal: RefusalReason | None) -> ErrorType:
    """Return the error for an account or service point that the source withholds, because it is refused or not."""
    return kind.unavailable if refusal is None else _error(kind, ANSWERS[REASON_BY_REFUSAL[refusal]])


class CustomerData:
    """The data that one access token discloses.

    Create it after the checks of `tenants.grants.access_token_rules` have passed.
    """

    def __init__(
        self,
        tx: Transaction,
        token: DataAccessToken,
        source: DataSource,
        siv: Siv,
        refused: Callable[[RefusalReason], None],
    ) -> None:
        """Read from `source`; `siv` is the tenant's key for resource ids.

        `refused` is called with the reason of each refusal that concerns accounts that a request asks for.

        Raises ConsentInvalid if the token was not issued for a customer.
        """
        if token.customer_id is None:
            raise ConsentInvalid("the access token was not issued for a customer")
        self._tx = tx
        self._token = token
        self._customer_id = token.customer_id
        self._source = source
        self._refused = refused
        self._agent: Agent | UnsetType | None = UNSET
        self._control: Control = {}
        """The periods of control of the service points, if the resource is disclosed by day."""
        self._supplied: Supplied = {}
        """The periods in which each service point that is disclosed supplied accounts."""
        self._ids = ResourceIds(siv, token.software_id, token.customer_id)
        self.conceal = self._ids.conceal

    async def owners(
        self, resource: Resource, named_ids: Sequence[str] | None, today: date, *, in_body: bool
    ) -> Sequence[UUID]:
        """Return the internal ids of the objects whose data a request asks for: the customer, accounts, service points.

        `named_ids` are the recipient's ids of accounts or service points; None means all whose data is disclosed.
        `in_body` says that the request's body contains the ids, and not its path. Raises CdsError with one error for
        each named object whose data is not disclosed. It is invalid if it does not belong to the arrangement, and
        unavailable if its data is not disclosed at present. A service point belongs to the accounts that are open and
        that it supplies `today`, in the market's time zone; for a resource that is disclosed by day, also to those that
        it has supplied before (`tenants.disclosure.windows`).
        """
        kind = resource.belongs_to
        if kind not in NAMED_OWNERS:
            return (self._customer_id,)
        disclosed = self._token.accounts or []
        if kind == "service-point":
            periods = await self._supply_periods(resource, disclosed, today)
            self._supplied = supplied_by_point(periods)
            if resource.disclosed_by_day:
                self._control = control_of(periods, today)
            disclosed = list(self._supplied)
        withheld = dict(zip(self._token.withheld or [], self._token.withholdings or [], strict=True))
        if named_ids is None:
            self._record_refusals(withheld.values())
            return disclosed
        if kind == "service-point":
            withheld = await self._withheld_service_points(resource, withheld, today)
        return self._named(NAMED_OWNERS[kind], named_ids, set(disclosed), withheld, in_body=in_body)

    async def closed_accounts(self, resource: Resource, owners: Sequence[UUID], now: datetime) -> ClosedAccounts | None:
        """Return the closed accounts among the owners of a resource with their limit, or None if there is none.

        The limit is a day in the time zone of `now`. There is none for a resource that is not `dated_by` a field.
        """
        if resource.dated_by is None:
            return None
        closed = await store.closed_accounts(self._tx, owners)
        first_day = first_disclosed_day(now.date())
        return ClosedAccounts(closed, datetime.combine(first_day, time.min, now.tzinfo)) if closed else None

    def query(
        self,
        resource: Resource,
        owners: Sequence[UUID],
        filters: Mapping[str, Any],
        page: PageRequest | None,
        closed: ClosedAccounts | None,
    ) -> ResourceQuery:
        """Return the query for the items of `owners`, which are those that the method `owners` has returned.

        `closed` are the closed accounts among them, which the method `closed_accounts` has returned.
        """
        query = ResourceQuery(resource, owners, filters, page, closed)
        if not resource.disclosed_by_day:
            return query
        asked = Days(filters[OLDEST_DATE], filters[NEWEST_DATE])
        return query._replace(windows=windows_of(self._control, owners, asked))

    def reads(self, resource: Resource) -> ReadingTime:
        """Return when a resource must be read. See `DataSource.reads`."""
        return self._source.reads(resource)

    async def prepare_to_read_after(self, query: ResourceQuery) -> None:
        """Read what `read` needs from the tenant's schema. Call this before the transaction ends."""
        await self._source.prepare(query)
        if query.resource is CUSTOMER:
            self._agent = await self._load_agent()

    async def read(self, query: ResourceQuery) -> Page[Any] | ItemStream:
        """Return the items of a resource.

        Raises ConsentInvalid if the source no longer has the customer, and CdsError (Resource/Unavailable) if it has
        left the customer out, because the data does not follow the standards, or if it withholds the customer. If
        the retailer refuses to disclose the customer, raises DisclosureRefused. For other resources, raises
        ItemsWithheld as `DataSource.read` does.
        """
        try:
            found = await self._source.read(query)
        except ItemsWithheld as withheld:
            if not withheld.of_customer:
                raise
            check_is_not_refused(withheld.refusal)
            if query.resource is CUSTOMER:
                raise CdsError(RESOURCE_UNAVAILABLE, "the data of the customer") from withheld
            return Page([], 0)
        if query.resource is not CUSTOMER or isinstance(found, ItemStream):
            return found
        if not found.items and found.total_records:
            raise CdsError(RESOURCE_UNAVAILABLE, "the data of the customer")
        if not found.items:
            raise ConsentInvalid("the source no longer has the customer of the arrangement")
        return Page([await self._with_agent(customer) for customer in found.items], found.total_records)

    def accounts_in_answer(self, query: ResourceQuery) -> AccountsInAnswer:
        """Return the object to which the items of the answer are added, so that the ledger records their accounts."""
        return AccountsInAnswer(query.resource, query.owners, self._supplied)

    def _record_refusals(self, reasons: Iterable[WithholdingReason]) -> None:
        for refusal in map(REFUSAL_BY_REASON.get, reasons):
            if refusal is not None:
                self._refused(refusal)

    async def _withheld_service_points(
        self, resource: Resource, accounts: Mapping[UUID, WithholdingReason], today: date
    ) -> dict[UUID, WithholdingReason]:
        """Return why the service points of accounts are withheld. Of several answers, the strictest applies."""
        found: dict[UUID, WithholdingReason] = {}
        for answer in _STRICTEST_FIRST:
            supplying = [account for account, reason in accounts.items() if ANSWERS[reason] == answer]
            for period in await self._supply_periods(resource, supplying, today):
                found.setdefault(period.service_point_id, accounts[period.account_id])
        return found

    async def _supply_periods(self, resource: Resource, accounts: Sequence[UUID], today: date) -> list[SupplyPeriod]:
        """Return the periods in which service points supplied accounts, as far as a resource is disclosed for them."""
        if resource.disclosed_by_day:
            return await store.supply_periods(self._tx, self._customer_id, accounts, today)
        return await store.current_supplies(self._tx, accounts, today)

    def _named(
        self,
        kind: NamedOwner,
        named_ids: Sequence[str],
        disclosed: set[UUID],
        withheld: Mapping[UUID, WithholdingReason],
        *,
        in_body: bool,
    ) -> list[UUID]:
        found: list[UUID] = []
        errors: dict[str, ErrorType] = {}
        for identifier in named_ids:
            internal = self._revealed(kind.id_type, identifier)
            if internal in disclosed:
                found.append(internal)
            else:
                reason = None if internal is None else withheld.get(internal)
                errors[identifier] = _error(kind, "invalid" if reason is None else ANSWERS[reason])
                self._record_refusals([] if reason is None else [reason])
        if errors:
            raise CdsError.for_ids(errors, in_body=in_body)
        return found

    def _revealed(self, kind: type[ResourceId], identifier: str) -> UUID | None:
        try:
            return self._ids.reveal(kind, identifier)
        except InvalidResourceId:
            return None

    async def _with_agent(self, customer: CommonCustomerDetailV2) -> CommonCustomerDetailV2:
        """Return the customer. The agent of an organisation is the person who authorised (CDS, CommonOrganisation)."""
        if customer.organisation is None:
            return customer
        agent = await self._load_agent() if self._agent is UNSET else self._agent
        return customer if agent is None else _with_agent(customer, customer.organisation, agent)

    async def _load_agent(self) -> Agent | None:
        arrangement_id = self._token.arrangement_id
        return None if arrangement_id is None else await store.agent_of(self._tx, arrangement_id)


def _error(kind: NamedOwner, answer: Answer) -> ErrorType:
    match answer:
        case "invalid":
            return kind.invalid
        case "unavailable":
            return kind.unavailable
        case "forbidden" | "too-many-requests":
            return EXPECTED._replace(status=STATUSES[answer], status_in_body=STATUSES[answer])


def _with_agent(
    customer: CommonCustomerDetailV2, organisation: CommonOrganisationDetailV2, agent: Agent
) -> CommonCustomerDetailV2:
    """Set the agent of an organisation to the person who authorised.

    The agent's role is known only if the data names the same person as agent.
    """
    named = (organisation.agentFirstName, organisation.agentLastName)
    same = named == (agent.given_name, agent.family_name)
    return msgspec.structs.replace(
        customer,
        organisation=msgspec.structs.replace(
            organisation,
            agentFirstName=agent.given_name,
            agentLastName=agent.family_name,
            agentRole=organisation.agentRole if same else UNKNOWN_ROLE,
        ),
    )
