"""When a session at the console ends. The console itself, where operators will sign in, does not exist yet."""

from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from haas.database import Transaction
from ops.deployment import Deployment
from tenants.operators import sessions, store
from tenants.operators.models import Operator
from tenants.registry.names import console_namespace

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Console:
    """The console with one operator."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self.now: datetime = deployment.clock.now()
        self.ana = Operator(
            id=uuid4(), issuer="https://sso.test", subject=uuid4().hex, name="Ana Ruiz", role="operator"
        )

    def open(self) -> AbstractAsyncContextManager[Transaction]:
        return self._deployment.operator.transaction(console_namespace(self._deployment.settings))

    async def sign_in(self, before: str = "") -> str:
        async with self.open() as tx:
            return await sessions.begin(tx, before, self.ana.id, self.now)

    async def signed_in(self, secret: str, after: timedelta = timedelta()) -> bool:
        async with self.open() as tx:
            found = await sessions.signed_in_operator(tx, secret, self.now + after)
        assert found in (None, self.ana)
        return found is not None


@pytest.fixture
async def console(deployment: Deployment) -> Console:
    made = Console(deployment)
    async with made.open() as tx:
        await store.add(tx, made.ana, made.now)
    return made


async def test_a_session_ends_when_it_is_idle_and_when_it_is_old(console: Console) -> None:
    idle = await console.sign_in()
    assert await console.signed_in(idle, 14 * MINUTE)
    assert not await console.signed_in(idle, 29 * MINUTE)
    used, last = await console.sign_in(), 12 * HOUR
    for minutes in range(14, 12 * 60, 14):
        assert await console.signed_in(used, minutes * MINUTE)
    assert not await console.signed_in(used, last)


async def test_a_session_ends_with_the_sign_out_and_with_the_next_sign_in(console: Console) -> None:
    first = await console.sign_in()
    second = await console.sign_in(before=first)
    assert (await console.signed_in(first), await console.signed_in(second)) == (False, True)
    async with console.open() as tx:
        await sessions.sign_out(tx, second, console.now)
    assert not await console.signed_in(second)


async def test_a_disabled_operator_is_signed_out(console: Console) -> None:
    before = await console.sign_in()
    async with console.open() as tx:
        await store.set_state(tx, console.ana.id, "disabled", console.now)
    meanwhile = await console.sign_in()
    assert (await console.signed_in(before), await console.signed_in(meanwhile)) == (False, False)
