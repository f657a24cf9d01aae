"""Passwords are changed before AEMO lets them expire, and are never tried so often that AEMO locks the user."""

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from haas.clock import MovableClock
from haas.errors import Unavailable
from ops.deployment import Deployment
from tenants.aemo.password_change import (
    AFTER_A_REFUSAL,
    CHANGE_PATH,
    CHANGED_AFTER,
    INTERRUPTED_AFTER,
    PasswordChanges,
    new_password,
)
from tenants.market import service, store
from tenants.market.models import MarketCredentials, ParticipantKey
from tenants.registry.models import Tenant
from tenants.registry.names import market_change_namespace, owner_namespace
from tests.haas.tls_server import Handler, answer_of
from tests.support.aemo import add_participant, brand_of_aemo, remove_participants
from tests.tenants.aemo.conftest import HOST, Answer, Hub

OLD = "Passw0rd-of-URM"
_participants = count(1)


@pytest.fixture(scope="module")
async def tenant(deployment: Deployment, signing_keys: Any) -> AsyncIterator[Tenant]:
    tenant = await brand_of_aemo(deployment, next(signing_keys), "osprey")
    yield tenant
    await deployment.administration.remove(tenant.slug, actor="tests")


class User:
    """A user of AEMO. It knows the password that is in force, and answers as a test wants."""

    def __init__(self, hub: Hub, deployment: Deployment, key: ParticipantKey) -> None:
        self.hub, self.deployment, self.key = hub, deployment, key
        self.password = OLD
        self.tried: list[str] = []
        self.changing: Callable[[], Answer] = lambda: answer_of(b'{"Success": true, "Message": ""}')
        self.changes = True
        """Whether a request for a change has its effect."""
        self.probing: Callable[[], Answer] | None = None
        hub.answer = self._answer
        self.job = PasswordChanges(
            deployment.database,
            market_change_namespace(deployment.settings),
            deployment.sealer,
            hub.client,
            deployment.clock,
            seconds_to_settle=0,
        )

    def _answer(self, request: bytes) -> Answer:
        head, _, body = request.partition(b"\r\n\r\n")
        encoded = next(line for line in head.decode().split("\r\n") if line.lower().startswith("authorization: basic"))
        tried = b64decode(encoded.rpartition(" ")[2]).decode().partition(":")[2]
        self.tried.append(tried)
        if tried != self.password:
            return answer_of(b"", "401 Unauthorized")
        if CHANGE_PATH.encode() not in head:
            return answer_of(b'{"errors": []}', "400 Bad Request") if self.probing is None else self.probing()
        passwords = {name: b64decode(value).decode() for name, value in json.loads(body).items()}
        assert passwords["OldPassword"] == self.password
        if self.changes:
            self.password = passwords["NewPassword"]
        return self.changing()

    async def credentials(self) -> MarketCredentials:
        async with self.deployment.owner.transaction(owner_namespace(self.deployment.settings)) as tx:
            return await service.credentials(tx, self.deployment.sealer, self.key)

    async def stopped(self) -> bool:
        async with self.deployment.owner.transaction(owner_namespace(self.deployment.settings)) as tx:
            return (await store.load(tx, self.key))["change_stopped_at"] is not None


@pytest.fixture
async def user(hub: Hub, deployment: Deployment, tenant: Tenant, clock: MovableClock) -> AsyncIterator[User]:
    """A user whose password came into use 60 days ago."""
    certificate, _, key = hub.authority.client().read_text().partition("-----BEGIN PRIVATE KEY")
    participant = await add_participant(
        deployment,
        tenant,
        f"OSPREY{next(_participants)}",
        f"https://{HOST}:{hub.server.port}/NEMRetail/cds-au/v1/secondary/energy",
        changed_at=clock.now() - CHANGED_AFTER - timedelta(minutes=1),
        certificate=(certificate, "-----BEGIN PRIVATE KEY" + key),
    )
    yield User(hub, deployment, participant)
    await remove_participants(deployment, tenant)


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def cut(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    await writer.drain()


async def test_a_password_is_changed_on_day_60(user: User, clock: MovableClock) -> None:
    """A-2: with X-market, both passwords in base64, at the root of the host."""
    await user.job.run()
    found = await user.credentials()
    assert (found.secrets.secret, found.secrets.next_secret) == (user.password, None)
    assert user.password != OLD
    assert abs(found.changed_at - clock.now()) < timedelta(minutes=1)
    (request,) = user.hub.requests
    head = request.partition(b"\r\n\r\n")[0].lower()
    assert head.startswith(b"post /ws/common/identityservice/v2/changepassword http/1.1")
    assert b"x-market: nem" in head
    assert b64encode(OLD.encode()) in request
    await user.job.run()
    assert user.tried == [OLD]


async def test_a_password_that_is_younger_or_is_no_password_of_aemo_is_not_changed(
    user: User, deployment: Deployment, tenant: Tenant, clock: MovableClock
) -> None:
    await remove_participants(deployment, tenant)
    uri = f"https://{HOST}:{user.hub.server.port}/NEMRetail"
    await add_participant(deployment, tenant, "YOUNG", uri, changed_at=clock.now() - CHANGED_AFTER + timedelta(hours=1))
    await add_participant(
        deployment, tenant, "CLIENT", uri, changed_at=clock.now() - CHANGED_AFTER * 2, mode="bearer", token_uri=uri
    )
    await user.job.run()
    assert user.tried == []


async def test_the_new_password_is_stored_before_aemo_is_asked(user: User) -> None:
    """A-2: a process that is killed after the call does not lose it."""
    stored: list[str | None] = []

    async def look(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stored.append((await user.credentials()).secrets.next_secret)
        writer.write(answer_of(b'{"Success": true}'))
        await writer.drain()

    user.changing = lambda: look
    await user.job.run()
    assert stored == [user.password]


@pytest.mark.parametrize("body", [b'{"Success": false, "Message": "used before"}', b'{"errors": []}'])
async def test_a_refused_password_is_abandoned_and_another_is_tried_a_day_later(
    user: User, clock: MovableClock, body: bytes
) -> None:
    """A-2: Success may be false."""
    user.changes = False
    user.changing = lambda: answer_of(body, "200 OK" if b"Success" in body else "422 X")
    for _ in range(2):
        await user.job.run()
    found = await user.credentials()
    assert (found.secrets.secret, found.secrets.next_secret, found.is_changing) == (OLD, None, False)
    assert user.tried == [OLD]
    clock.move(AFTER_A_REFUSAL + timedelta(minutes=1))
    user.changes, user.changing = True, lambda: answer_of(b'{"Success": true}')
    await user.job.run()
    assert (await user.credentials()).secrets.secret == user.password != OLD


@pytest.mark.parametrize("answer", [silent, cut, answer_of(b"<html>", "200 OK"), answer_of(b"", "502 X")])
@pytest.mark.parametrize("changes", [True, False])
async def test_an_unknown_result_is_found_out_with_one_probe_of_each_password(
    user: User, monkeypatch: pytest.MonkeyPatch, *, answer: bytes | Handler, changes: bool
) -> None:
    """A-2: the new password once, and then the old one once."""
    monkeypatch.setattr("tenants.aemo.password_change.SECONDS_TO_ANSWER", 1.0)
    user.changes, user.changing = changes, lambda: answer
    await user.job.run()
    found = await user.credentials()
    assert (found.secrets.secret, found.secrets.next_secret) == (user.password, None)
    assert not await user.stopped()
    new = user.password if changes else user.tried[1]
    assert user.tried == ([OLD, new] if changes else [OLD, new, OLD])


async def test_if_neither_password_is_accepted_nothing_more_is_tried(
    user: User, clock: MovableClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A-1, A-2: stop and alarm. The alarm is repeated; three tries are less than the six that lock the user."""
    user.changing = lambda: cut
    user.probing = lambda: answer_of(b"", "503 X")
    await user.job.run()
    assert len(user.tried) == 3
    clock.move(timedelta(days=3))
    for _ in range(3):
        await user.job.run()
    assert len(user.tried) == 3
    assert caplog.messages.count("aemo.password_change_stopped") == 4
    found = await user.credentials()
    assert found.is_changing, "the application asks AEMO nothing until staff have decided"
    async with user.deployment.owner.transaction(owner_namespace(user.deployment.settings)) as tx:
        await service.replace_secret(tx, user.deployment.sealer, user.key, user.password, clock.now())
    assert not (await user.credentials()).is_changing
    assert not await user.stopped()


async def test_an_old_password_that_aemo_refuses_is_tried_once(user: User, caplog: pytest.LogCaptureFixture) -> None:
    user.password = "something else"
    for _ in range(3):
        await user.job.run()
    assert user.tried == [OLD]
    assert await user.stopped()
    assert "aemo.password_change_stopped" in caplog.messages
    with pytest.raises(Unavailable):  # the application does not go on with it
        await user.hub.send(await user.credentials())
    assert user.tried == [OLD]


async def test_a_change_that_was_not_sent_is_tried_again_a_day_later(
    user: User, deployment: Deployment, tenant: Tenant, clock: MovableClock
) -> None:
    """No connection was opened, so AEMO has certainly not changed the password."""
    await remove_participants(deployment, tenant)
    long_ago = clock.now() - CHANGED_AFTER - timedelta(days=1)
    user.key = await add_participant(deployment, tenant, "UNREACHABLE", "https://localhost:1/", changed_at=long_ago)
    await user.job.run()
    found = await user.credentials()
    assert (found.secrets.secret, found.is_changing) == (OLD, False)
    assert not await user.stopped()


async def test_a_change_whose_process_was_killed_is_found_out_later(user: User, clock: MovableClock) -> None:
    """The process died after AEMO had changed the password."""
    async with user.deployment.owner.transaction(owner_namespace(user.deployment.settings)) as tx:
        await service.begin_secret_change(tx, user.deployment.sealer, user.key, "Next-Passw0rd-1", clock.now())
    user.password = "Next-Passw0rd-1"
    await user.job.run()
    assert user.tried == []  # another process may be working on it
    clock.move(INTERRUPTED_AFTER + timedelta(seconds=1))
    await user.job.run()
    assert user.tried == ["Next-Passw0rd-1"]
    assert (await user.credentials()).secrets.secret == "Next-Passw0rd-1"


async def test_several_processes_change_a_password_once(user: User) -> None:
    await asyncio.gather(*(user.job.run() for _ in range(4)))
    assert user.tried == [OLD]


async def test_no_password_reaches_a_log(user: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    user.changing = lambda: cut
    await user.job.run()
    text = "".join(str(vars(record)) for record in caplog.records if not record.name.startswith(("httpx", "httpcore")))
    assert "aemo." in text
    for secret in (OLD, user.password, b64encode(OLD.encode()).decode()):
        assert secret not in text


def test_a_new_password_follows_the_rules_of_aemo() -> None:
    """A-1: three of four classes, no space, comma or ampersand, not the word password."""
    for password in {new_password() for _ in range(200)}:
        assert len(password) == 20
        assert all(any(map(kind, password)) for kind in (str.islower, str.isupper, str.isdigit))
        assert any(not character.isalnum() for character in password)
        assert not set(password) & set(" ,&")
    assert len({new_password() for _ in range(200)}) == 200
