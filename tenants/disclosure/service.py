"""Disclosure: a request is checked, and then given typed payloads in which ids are the recipient's."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar
from uuid import UUID

import msgspec

from haas.database import Database, Transaction
from tenants.cds.pagination import Page, PageRequest
from tenants.disclosure import store
from tenants.disclosure.checks import may_disclose
from tenants.disclosure.errors import AccountNotShared, AccountWithheld, ConsentInvalid, InvalidToken, NoToken
from tenants.disclosure.grant import Agent, Grant, Presented
from tenants.disclosure.resource_ids import ForeignId, ResourceIds
from tenants.keys.service import Keyring
from tenants.payloads.customer_detail_v2 import CommonCustomerDetailV2, CommonOrganisationDetailV2
from tenants.payloads.energy_account_base_v2 import OpenStatus
from tenants.payloads.energy_account_detail_v4 import EnergyAccountDetailPlanV4, EnergyAccountDetailV4
from tenants.payloads.energy_account_v2 import EnergyAccountPlanV2, EnergyAccountV2
from tenants.registry.models import Tenant
from tenants.sources.contract import CustomerDataSource
from tenants.sources.store import StoreSource

UNKNOWN_ROLE = "Unspecified"  # CommonOrganisation, agentRole
AccountPayload = TypeVar("AccountPayload", EnergyAccountV2, EnergyAccountDetailV4)


class Session:
    """A request that may be answered: its grant, and what it may see."""

    def __init__(
        self, tx: Transaction, grant: Grant, customer_id: UUID, source: CustomerDataSource, ids: ResourceIds
    ) -> None:
        """Take what `Disclosure.open` has checked."""
        self.grant = grant
        self._tx = tx
        self._customer_id = customer_id
        self._source = source
        self._ids = ids

    async def customer(self) -> CommonCustomerDetailV2:
        """Return the customer; of an organisation the agent is the person who authorised (CDS, CommonOrganisation)."""
        found = await self._source.customer(self._customer_id)
        if found is None:
            raise ConsentInvalid("the customer of the arrangement is not known any more")
        if found.organisation is None or self.grant.arrangement_id is None:
            return found
        agent = await store.agent_of(self._tx, self.grant.arrangement_id)
        return found if agent is None else _represented(found, found.organisation, agent)

    async def accounts(self, status: OpenStatus | None, page: PageRequest) -> Page[EnergyAccountV2]:
        """Return one page of the accounts that are disclosed."""
        found = await self._source.accounts(self.grant.accounts or [], status, page)
        return Page([self._concealed(account) for account in found.items], found.total_records)

    def account_id(self, identifier: str) -> UUID:
        """Return the internal id of an account that is disclosed. Raises AccountNotShared, AccountWithheld."""
        try:
            internal = self._ids.reveal("account", identifier)
        except ForeignId as error:
            raise AccountNotShared(str(error)) from error
        if internal in (self.grant.withheld or ()):
            raise AccountWithheld("disclosure of the account was stopped")
        if internal not in (self.grant.accounts or ()):
            raise AccountNotShared("the account is not in the arrangement")
        return internal

    async def account(self, account_id: UUID) -> EnergyAccountDetailV4:
        """Return an account in full, by the id that `account_id` gave."""
        found = await self._source.account(account_id)
        if found is None:
            raise AccountWithheld("the source does not have the account")
        return self._concealed(found)

    def _concealed(self, account: AccountPayload) -> AccountPayload:
        return msgspec.structs.replace(
            account,
            accountId=self._ids.conceal("account", UUID(account.accountId)),
            plans=[self._concealed_plan(plan) for plan in account.plans],
        )

    def _concealed_plan(self, plan: EnergyAccountPlanV2 | EnergyAccountDetailPlanV4) -> object:
        points = [self._ids.conceal("service-point", UUID(point)) for point in plan.servicePointIds]
        return msgspec.structs.replace(plan, servicePointIds=points)


class Disclosure:
    """The way from a request to a customer's data."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        source: Callable[[Transaction], CustomerDataSource] = StoreSource,
    ) -> None:
        """Read grants through `database` and data through `source`."""
        self._database = database
        self._keyring = keyring
        self._source = source

    @asynccontextmanager
    async def open(self, tenant: Tenant, presented: Presented) -> AsyncIterator[Session]:
        """Check a request and open a session that answers it. Raises AccessRefused and its kin."""
        if presented.token is None:
            raise NoToken("no bearer token in the Authorization header")
        siv = await self._keyring.resource_ids(tenant)
        async with self._database.transaction(tenant.namespace) as tx:
            grant = await store.grant_of(tx, presented.token, presented.now)
            if grant is None:
                raise InvalidToken("nobody has this token")
            may_disclose(grant, presented)
            if grant.customer_id is None:
                raise ConsentInvalid("the token speaks for no customer")
            ids = ResourceIds(siv, grant.software_id, grant.customer_id)
            yield Session(tx, grant, grant.customer_id, self._source(tx), ids)


def _represented(
    customer: CommonCustomerDetailV2, organisation: CommonOrganisationDetailV2, agent: Agent
) -> CommonCustomerDetailV2:
    """Name `agent` as the organisation's; their role is known only where the data name the same person."""
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
