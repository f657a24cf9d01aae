"""The data that a valid access token discloses, and the ids of its accounts for the recipient."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from haas.database import Transaction
from haas.jose import Siv
from tenants.cds.errors import RESOURCE_UNAVAILABLE, CdsError, ErrorType
from tenants.cds.pagination import Page
from tenants.cds.resource_ids import ResourceId
from tenants.disclosure import store
from tenants.disclosure.ids_for_recipients import InvalidResourceId, ResourceIds
from tenants.disclosure.models import Agent, DataAccessToken
from tenants.grants.errors import ConsentInvalid
from tenants.oauth.errors import InvalidToken
from tenants.operations.models import NAMED_OWNERS, NamedOwner, Owner, Resource
from tenants.operations.resources import CUSTOMER
from tenants.payloads.customer_detail_v2 import CommonCustomerDetailV2, CommonOrganisationDetailV2
from tenants.sources.contract import CustomerDataSource, ResourceQuery
from tenants.sources.item_stream import ItemStream

UNKNOWN_ROLE = "Unspecified"  # CommonOrganisation, agentRole


async def load_token(tx: Transaction, token: str, now: datetime) -> DataAccessToken:
    """Return an access token with the accounts whose data it discloses today. The token is not checked here.

    Raises InvalidToken if the token was never issued.
    """
    found = await store.load_data_access_token(tx, token, now)
    if found is None:
        raise InvalidToken("the access token is unknown")
    return found


class CustomerData:
    """The data that one access token discloses.

    Create it after the checks of `tenants.grants.access_token_rules` have passed.
    """

    def __init__(self, tx: Transaction, token: DataAccessToken, source: CustomerDataSource, siv: Siv) -> None:
        """Read from `source`; `siv` is the tenant's key for resource ids.

        Raises ConsentInvalid if the token was not issued for a customer.
        """
        if token.customer_id is None:
            raise ConsentInvalid("the access token was not issued for a customer")
        self._tx = tx
        self._token = token
        self._customer_id = token.customer_id
        self._source = source
        self._agent: Agent | UnsetType | None = UNSET
        self._ids = ResourceIds(siv, token.software_id, token.customer_id)
        self.conceal = self._ids.conceal

    async def owners(
        self, kind: Owner, named_ids: Sequence[str] | None, today: date, *, in_body: bool
    ) -> Sequence[UUID]:
        """Return the internal ids of the objects whose data a request asks for: the customer, accounts, service points.

        `named_ids` are the recipient's ids of accounts or service points; None means all whose data is disclosed.
        `in_body` says that the request's body contains the ids, and not its path. Raises CdsError with one error for
        each named object whose data is not disclosed. It is invalid if it does not belong to the arrangement, and
        unavailable if its data is not disclosed at present. A service point belongs to the accounts that are open and
        that it supplies `today`, in the market's time zone.
        """
        if kind not in NAMED_OWNERS:
            return (self._customer_id,)
        disclosed, withheld = self._token.accounts or [], self._token.withheld or []
        if kind == "service-point":
            disclosed = await store.supplied_service_points(self._tx, disclosed, today)
            withheld = [] if named_ids is None else await store.supplied_service_points(self._tx, withheld, today)
        if named_ids is None:
            return disclosed
        return self._named(NAMED_OWNERS[kind], named_ids, set(disclosed), set(withheld), in_body=in_body)

    def is_read_inside(self, resource: Resource) -> bool:
        """Return whether a resource must be read before the transaction ends. Otherwise it must be read after that."""
        return self._source.reads(resource) == "inside"

    async def prepare_to_read_after(self, resource: Resource) -> None:
        """Read what `read` needs from the tenant's schema. Call this before the transaction ends."""
        if resource is CUSTOMER:
            self._agent = await self._load_agent()

    async def read(self, query: ResourceQuery) -> Page[Any] | ItemStream:
        """Return the items of a resource.

        Raises ConsentInvalid if the source no longer has the customer, and CdsError (Resource/Unavailable) if it has
        left the customer out, because the data does not follow the standards.
        """
        found = await self._source.read(query)
        if query.resource is not CUSTOMER or isinstance(found, ItemStream):
            return found
        if not found.items and found.total_records:
            raise CdsError(RESOURCE_UNAVAILABLE, "the data of the customer")
        if not found.items:
            raise ConsentInvalid("the source no longer has the customer of the arrangement")
        return Page([await self._with_agent(customer) for customer in found.items], found.total_records)

    def _named(
        self, kind: NamedOwner, named_ids: Sequence[str], disclosed: set[UUID], withheld: set[UUID], *, in_body: bool
    ) -> list[UUID]:
        found: list[UUID] = []
        refused: dict[str, ErrorType] = {}
        for identifier in named_ids:
            internal = self._revealed(kind.id_type, identifier)
            if internal in disclosed:
                found.append(internal)
            else:
                refused[identifier] = kind.unavailable if internal in withheld else kind.invalid
        if refused:
            raise CdsError.for_ids(refused, in_body=in_body)
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
