"""The provider's staff and their sessions at the console."""

import secrets
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from haas.database import Transaction
from ops.deployment import Deployment
from tenants.operators import store
from tenants.operators.errors import OperatorExists
from tenants.operators.models import Operator
from tenants.registry.names import console_namespace

ISSUER = "https://staff.test"


class Console:
    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self.now: datetime = deployment.clock.now()

    def open(self) -> AbstractAsyncContextManager[Transaction]:
        return self._deployment.operator.transaction(console_namespace(self._deployment.settings))

    async def operator(self, **changes: object) -> Operator:
        values = {"id": uuid4(), "issuer": ISSUER, "subject": secrets.token_hex(8), "name": "Ana", "role": "operator"}
        made = Operator(**{**values, **changes})  # type: ignore[arg-type]
        async with self.open() as tx:
            await store.add(tx, made, self.now)
        return made

    async def session(self, operator: Operator | None) -> bytes:
        token_hash = secrets.token_bytes(32)
        async with self.open() as tx:
            await store.begin_session(tx, token_hash, None if operator is None else operator.id, self.now)
        return token_hash


@pytest.fixture
def console(deployment: Deployment) -> Console:
    return Console(deployment)


async def test_an_operator_is_identified_by_issuer_and_subject(console: Console) -> None:
    ana = await console.operator(email="ana@staff.test")
    async with console.open() as tx:
        assert await store.by_subject(tx, ISSUER, ana.subject) == ana
        assert await store.by_subject(tx, "https://elsewhere.test", ana.subject) is None
    with pytest.raises(OperatorExists):
        await console.operator(subject=ana.subject)
    await console.operator(issuer="https://elsewhere.test", subject=ana.subject)


@pytest.mark.parametrize("broken", [{"role": "owner"}, {"state": "asleep"}])
async def test_an_unknown_role_or_state_is_refused(console: Console, broken: dict[str, object]) -> None:
    with pytest.raises(IntegrityError, match="_check"):
        await console.operator(**broken)


async def test_a_session_can_begin_before_sign_in_and_can_be_ended(console: Console) -> None:
    ana = await console.operator()
    before, signed_in = await console.session(None), await console.session(ana)
    later = console.now + timedelta(minutes=5)
    async with console.open() as tx:
        anonymous = await store.load_session(tx, before)
        assert anonymous is not None
        assert anonymous.operator is None
        await store.record_session_use(tx, signed_in, later)
        current = await store.load_session(tx, signed_in)
        assert current is not None
        assert (current.operator, current.created_at, current.seen_at) == (ana, console.now, later)
        await store.end_session(tx, signed_in, later)
        assert await store.load_session(tx, signed_in) is None
        assert await store.load_session(tx, secrets.token_bytes(32)) is None


async def test_disabling_an_operator_ends_only_the_sessions_of_that_operator(console: Console) -> None:
    ana, bo = await console.operator(), await console.operator()
    of_ana, of_bo = [await console.session(ana) for _ in range(2)], await console.session(bo)
    async with console.open() as tx:
        await store.set_state(tx, ana.id, "disabled", console.now)
        assert [await store.load_session(tx, each) for each in of_ana] == [None, None]
        assert await store.load_session(tx, of_bo) is not None
        disabled = await store.by_subject(tx, ISSUER, ana.subject)
    assert disabled is not None
    assert disabled.state == "disabled"
    async with console.open() as tx:
        await store.set_state(tx, ana.id, "active", console.now)
        assert await store.load_session(tx, of_ana[0]) is None, "an ended session stays ended"


async def test_ended_and_idle_sessions_are_deleted(console: Console) -> None:
    ana = await console.operator()
    ended, idle, used = [await console.session(ana) for _ in range(3)]
    day = console.now + timedelta(days=1)
    async with console.open() as tx:
        for each in (ended, used):
            await store.record_session_use(tx, each, day)
        await store.end_session(tx, ended, console.now)
        assert await store.delete_sessions(tx, console.now + timedelta(hours=1)) >= 2
        assert await store.load_session(tx, idle) is None
        assert await store.load_session(tx, used) is not None
