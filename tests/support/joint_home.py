"""Two people who hold accounts together, one of whom shares them with a data recipient through the real endpoints."""

from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from ops.sandbox.recipient.answers import Tokens
from ops.sandbox.recipient.client import RecipientClient
from tenants.accounts.models import WithholdingReason
from tenants.accounts.tables import harm_flag, holding
from tenants.arrangements import service as arrangements
from tenants.arrangements.models import EndedBy
from tenants.disclosure.store import load_data_access_token
from tenants.holders.service import tell_of_end
from tenants.notices.tables import outbox
from tenants.parties.acting import Acting
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.consents import SCOPE, consent
from tests.support.customers import Consumer, CustomerData
from tests.support.rows import execute, run

ACCOUNTS_SCOPE = f"{SCOPE} energy:accounts.basic:read energy:billing:read"


class JointHome:
    """Mia and Bob hold two accounts together, and Mia has one alone. Mia shares with a recipient."""

    def __init__(self, application: Application, tenant: Tenant, recipient: RecipientClient) -> None:
        self.application, self.tenant, self.recipient = application, tenant, recipient
        self.customers = CustomerData(application.database, tenant, application.services.clock.now)
        self.identifiers: dict[UUID, str] = {}
        self._seen: set[UUID] = set()

    async def add(self) -> None:
        self.mia, self.as_mia = await self.add_person("Mia Wong")
        self.bob, self.as_bob = await self.add_person("Bob Brown")
        both = (self.mia, self.bob)
        self.house, self.farm = [
            await self.customers.add_account(name, *both, role="joint-holder") for name in ("House", "Farm")
        ]
        self.boat = await self.customers.add_account("Boat", self.mia)

    async def add_person(self, name: str) -> tuple[UUID, Acting]:
        """Add a person who is a customer; return the id of the customer, and that the person acts for it."""
        login_id, identifier = await self.customers.add_login(name)
        customer_id = await self.customers.add_customer(name, login_id)
        self.identifiers[customer_id] = identifier
        return customer_id, Acting(customer_id=customer_id, login_id=login_id)

    async def hold(self, customer_id: UUID, account_id: UUID, role: str = "joint-holder") -> None:
        since = self.application.now.date().replace(year=2020, day=1)
        row = {"customer_id": customer_id, "account_id": account_id, "role": role, "valid_from": since}
        await self.execute(insert(holding).values(row))

    async def share(self, *accounts: UUID, who: Acting | None = None, **asked: Any) -> Tokens:
        acting = who or self.as_mia
        assert acting.login_id is not None
        person = Consumer(acting.login_id, acting.customer_id, list(accounts))
        return await consent(self.application, self.tenant, self.recipient, person, scope=ACCOUNTS_SCOPE, **asked)

    async def disclosed(self, tokens: Tokens) -> tuple[set[UUID], set[WithholdingReason]]:
        """Return which accounts the data APIs disclose now, and why they withhold others."""
        found = await self.run(load_data_access_token, tokens.access_token, self.application.now)
        return set(found.accounts or ()), set(found.withholdings or ())

    async def told(self, customer_id: UUID | None = None) -> list[tuple[str, str]]:
        """Return what a customer, or Bob, was told since the last call: what about, and the text."""
        mine = outbox.c.customer_id == (customer_id or self.bob)
        rows = await self.execute(select(outbox).where(mine).order_by(outbox.c.created_at, outbox.c.about))
        new = [(row.about, row.payload["text"]) for row in rows if row.id not in self._seen]
        self._seen.update(row.id for row in rows)
        return new

    async def execute(self, statement: Any) -> list[Any]:
        return await execute(self.application.database, self.tenant, statement)

    async def run(self, function: Any, *arguments: Any, **named: Any) -> Any:
        return await run(self.application.database, self.tenant, function, *arguments, **named)

    async def do(self, function: Any, *arguments: Any) -> Any:
        """Call a service for holders at this moment: `arguments` follow the transaction and the tenant."""
        return await self.run(function, self.tenant, *arguments, now=self.application.now)

    async def flag(self, **values: Any) -> None:
        """Protect Mia's sharing of the house from the others."""
        row = {"customer_id": self.mia, "account_id": self.house, "set_by": "s", "since": self.application.now}
        await self.execute(insert(harm_flag).values({**row, **values}))

    async def end(self, arrangement_id: str | None, by: EndedBy) -> None:
        ended = {"by": by, "tell": tell_of_end(self.tenant), "now": self.application.now}
        await self.run(arrangements.end, UUID(arrangement_id), **ended)


async def joint_home(application: Application, tenant: Tenant, recipient: RecipientClient) -> JointHome:
    """Add the two people and their accounts to a tenant."""
    home = JointHome(application, tenant, recipient)
    await home.add()
    return home
