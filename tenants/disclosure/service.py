"""The data that a valid access token discloses, as typed payloads with the recipient's own ids."""

from datetime import datetime
from typing import TypeVar
from uuid import UUID

import msgspec

from haas.database import Transaction
from haas.jose import Siv
from tenants.cds.pagination import Page, PageRequest
from tenants.disclosure import store
from tenants.disclosure.errors import AccountNotShared, AccountWithheld
from tenants.disclosure.ids_for_recipients import InvalidResourceId, ResourceIds
from tenants.disclosure.models import Agent, DataAccessToken
from tenants.grants.errors import ConsentInvalid
from tenants.oauth.errors import InvalidToken
from tenants.payloads.customer_detail_v2 import CommonCustomerDetailV2, CommonOrganisationDetailV2
from tenants.payloads.energy_account_base_v2 import OpenStatus
from tenants.payloads.energy_account_detail_v4 import EnergyAccountDetailPlanV4, EnergyAccountDetailV4
from tenants.payloads.energy_account_v2 import EnergyAccountPlanV2, EnergyAccountV2
from tenants.sources.contract import CustomerDataSource

UNKNOWN_ROLE = "Unspecified"  # CommonOrganisation, agentRole
AccountPayload = TypeVar("AccountPayload", EnergyAccountV2, EnergyAccountDetailV4)


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
        self._ids = ResourceIds(siv, token.software_id, token.customer_id)

    async def customer(self) -> CommonCustomerDetailV2:
        """Return the customer. The agent of an organisation is the person who authorised (CDS, CommonOrganisation).

        Raises ConsentInvalid if the source no longer has the customer.
        """
        found = await self._source.customer(self._customer_id)
        if found is None:
            raise ConsentInvalid("the source no longer has the customer of the arrangement")
        if found.organisation is None or self._token.arrangement_id is None:
            return found
        agent = await store.agent_of(self._tx, self._token.arrangement_id)
        return found if agent is None else _with_agent(found, found.organisation, agent)

    async def accounts(self, status: OpenStatus | None, page: PageRequest) -> Page[EnergyAccountV2]:
        """Return one page of the disclosed accounts. `status` None means open and closed accounts."""
        found = await self._source.accounts(self._token.accounts or [], status, page)
        return Page([self._with_recipient_ids(account) for account in found.items], found.total_records)

    def account_id(self, identifier: str) -> UUID:
        """Return the internal id of a disclosed account. Raises AccountNotShared, AccountWithheld."""
        try:
            account_id = self._ids.reveal("account", identifier)
        except InvalidResourceId as error:
            raise AccountNotShared(identifier, str(error)) from error
        if account_id in (self._token.withheld or ()):
            raise AccountWithheld(identifier, "its data is not disclosed at present")
        if account_id not in (self._token.accounts or ()):
            raise AccountNotShared(identifier, "the arrangement does not contain it")
        return account_id

    async def account(self, account_id: UUID) -> EnergyAccountDetailV4:
        """Return an account in full, by its internal id. Raises AccountWithheld if the source does not have it."""
        found = await self._source.account(account_id)
        if found is None:
            raise AccountWithheld(self._ids.conceal("account", account_id), "the source does not have it")
        return self._with_recipient_ids(found)

    def _with_recipient_ids(self, account: AccountPayload) -> AccountPayload:
        return msgspec.structs.replace(
            account,
            accountId=self._ids.conceal("account", UUID(account.accountId)),
            plans=[self._plan_with_recipient_ids(plan) for plan in account.plans],
        )

    def _plan_with_recipient_ids(self, plan: EnergyAccountPlanV2 | EnergyAccountDetailPlanV4) -> object:
        points = [self._ids.conceal("service-point", UUID(point)) for point in plan.servicePointIds]
        return msgspec.structs.replace(plan, servicePointIds=points)


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
