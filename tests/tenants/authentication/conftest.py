import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import select

from haas.clock import MovableClock
from haas.database import Database, Transaction
from haas.jose import new_key
from tenants.accounts.service import market_day
from tenants.authentication import service
from tenants.authentication.codes import identifier_hash
from tenants.authentication.errors import CodeRefused
from tenants.authentication.known_browsers import with_mark
from tenants.authentication.models import AuthenticationContext, Challenge, SharingFlow
from tenants.notices.tables import outbox
from tenants.parties.directory import StoredDirectory
from tenants.parties.models import NOBODY, Person, canonical_identifier
from tenants.registry.models import Tenant
from tests.support.customers import CustomerData
from tests.support.rows import execute

PURPOSE: Any = "authorisation"


class Authentication:
    """A tenant's authentication context, the logins to authenticate, and the messages to them."""

    def __init__(self, database: Database, tenant: Tenant, clock: MovableClock) -> None:
        self.database, self.tenant, self.clock = database, tenant, clock
        self.context = AuthenticationContext(
            key=new_key(), brand_name="Aurora Energy", host="aurora.test", network_hash=uuid4().bytes
        )
        self.directory = StoredDirectory(database)
        self.logins = CustomerData(database, tenant, clock.now)

    def transaction(self) -> Any:
        return self.database.transaction(self.tenant.namespace)

    async def sent(self) -> list[tuple[str, Any, Any]]:
        """Return kind, payload and expiry of each message, oldest first."""
        columns = (outbox.c.kind, outbox.c.payload, outbox.c.expires_at)
        return await execute(self.database, self.tenant, select(*columns).order_by(outbox.c.created_at))

    async def begin(self, identifier: str, flow: SharingFlow | None = None, **changes: Any) -> Challenge:
        """Begin a challenge; `changes` are of the context."""
        context = msgspec.structs.replace(self.context, **changes)
        login = await self.directory.login_by_identifier(self.tenant, canonical_identifier(identifier))
        made: Challenge = await self.run(
            lambda tx: service.send_code(
                tx, identifier, login, PURPOSE, context=context, flow=flow, now=self.clock.now()
            )
        )
        return made

    def known_for(self, identifier: str) -> str:
        """Return the cookie of a browser in which somebody has signed in with this identifier."""
        hashed = identifier_hash(self.context.key, canonical_identifier(identifier))
        return with_mark(self.context.key, hashed, "", self.clock.now())

    async def resend(self, challenge: Challenge) -> Challenge:
        """Replace a challenge by one with a new code."""
        person = await self.asked(challenge)
        made: Challenge = await self.run(
            lambda tx: service.resend_code(tx, challenge, person, context=self.context, now=self.clock.now())
        )
        return made

    async def answer(self, challenge: Challenge, code: str, purpose: Any = PURPOSE) -> UUID:
        """Answer a challenge; return the id of the login."""
        person = await self.asked(challenge)
        login_id: UUID = await self.run(
            lambda tx: service.verify_code(
                tx, challenge.id, code, purpose, person=person, context=self.context, now=self.clock.now()
            )
        )
        return login_id

    async def asked(self, challenge: Challenge) -> Person:
        """Return the directory's answer for the login of a challenge."""
        return await self.directory.person(self.tenant, challenge.login_id or NOBODY, market_day(self.clock.now()))

    async def refusal(self, challenge: Challenge, code: str, purpose: Any = PURPOSE) -> CodeRefused:
        """Return the refusal of an answer."""
        with pytest.raises(CodeRefused) as refused:
            await self.answer(challenge, code, purpose)
        return refused.value

    async def code_to(self, address: str) -> str:
        """Return the latest code that was sent to an address."""
        texts = [payload["text"] for _, payload, _ in await self.sent() if payload.get("to") == address]
        return str(re.findall(r"\b\d{6}\b", texts[-1])[0])

    async def run(self, act: Callable[[Transaction], Awaitable[Any]]) -> Any:
        """Return what `act` does in a transaction of its own."""
        async with self.transaction() as tx:
            return await act(tx)


@pytest.fixture
def authentication(database: Database, module_tenant: Tenant, clock: MovableClock) -> Authentication:
    return Authentication(database, module_tenant, clock)
