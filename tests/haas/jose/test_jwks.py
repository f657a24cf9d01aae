"""JWKS of other parties: fetched, cached, fetched again after a rotation, and used while a party does not answer."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from joserfc.jwk import RSAKey

from haas.clock import MovableClock
from haas.jose import JwksClient, JwksError, SigningKey
from haas.jose.jwks import (
    FRESH_FOR,
    MAXIMUM_CACHED_SETS,
    MINIMUM_FIRST_RETRY_INTERVAL,
    MINIMUM_REFETCH_INTERVAL,
    USABLE_FOR,
)
from haas.outbound import Outbound
from tests.haas.tls_server import HOST, Handler, TestAuthority, TlsServer, answer_of, settings_for, tls_server

SECOND = timedelta(seconds=1)


class Party:
    """A party that publishes its keys; `answer` is its next answer, `asked` the number of requests."""

    def __init__(self) -> None:
        self.server: TlsServer
        self.publish(SigningKey.generate("ES256"))

    @property
    def asked(self) -> int:
        return len(self.server.requests)

    @property
    def uri(self) -> str:
        return f"https://{HOST}:{self.server.port}/jwks"

    def publish(self, *keys: SigningKey) -> None:
        self.keys = keys
        self.answer: bytes | Handler = answer_of(msgspec.json.encode({"keys": [key.public_jwk() for key in keys]}))

    def fail(self, status: str = "503 Service Unavailable", body: bytes = b"") -> None:
        self.answer = answer_of(body, status)


@pytest.fixture
async def party(authority: TestAuthority) -> AsyncIterator[Party]:
    party = Party()
    async with tls_server(authority, [HOST], lambda _: party.answer) as party.server:
        yield party


@pytest.fixture
def clock(tmp_path: Path) -> MovableClock:
    return MovableClock(tmp_path / "clock")


@pytest.fixture
async def jwks(authority: TestAuthority, clock: MovableClock) -> AsyncIterator[JwksClient]:
    async with Outbound(settings_for(authority)) as outbound:
        yield JwksClient(outbound, clock)


async def test_a_jwks_is_fetched_once_while_it_is_fresh(jwks: JwksClient, party: Party, clock: MovableClock) -> None:
    for _ in range(3):
        assert (await jwks.keys(party.uri, party.keys[0].kid)).has(party.keys[0].kid)
        assert (await jwks.keys(party.uri)).has(party.keys[0].kid)
    clock.move(FRESH_FOR - SECOND)
    await jwks.keys(party.uri)
    assert party.asked == 1
    clock.move(2 * SECOND)
    await jwks.keys(party.uri)
    assert party.asked == 2


async def test_concurrent_callers_share_one_fetch(jwks: JwksClient, party: Party) -> None:
    sets = await asyncio.gather(*(jwks.keys(party.uri) for _ in range(20)))
    assert all(keys.has(party.keys[0].kid) for keys in sets)
    assert party.asked == 1


async def test_a_set_without_a_key_to_encrypt_for_is_fetched_again_but_not_each_time(
    jwks: JwksClient, party: Party, clock: MovableClock
) -> None:
    algorithm = "RSA-OAEP-256"
    for _ in range(3):
        assert not (await jwks.keys_to_encrypt(party.uri, algorithm)).can_encrypt(algorithm)
    assert party.asked == 1
    key = RSAKey.generate_key(2048, {"use": "enc", "alg": algorithm}).as_dict(private=False)
    party.answer = answer_of(msgspec.json.encode({"keys": [key]}))
    clock.move(MINIMUM_REFETCH_INTERVAL + SECOND)
    for _ in range(3):
        assert (await jwks.keys_to_encrypt(party.uri, algorithm)).can_encrypt(algorithm)
    assert party.asked == 2


async def test_an_unknown_kid_causes_one_fetch_in_each_refetch_interval(
    jwks: JwksClient, party: Party, clock: MovableClock
) -> None:
    await jwks.keys(party.uri)
    rotated = SigningKey.generate("ES256")
    party.publish(rotated)
    assert not (await jwks.keys(party.uri, rotated.kid)).has(rotated.kid)
    assert party.asked == 1
    clock.move(MINIMUM_REFETCH_INTERVAL)
    assert (await jwks.keys(party.uri, rotated.kid)).has(rotated.kid)
    for number in range(5):
        await jwks.keys(party.uri, f"made-up-{number}")
    assert party.asked == 2


async def test_a_key_removed_from_the_jwks_is_not_used_after_the_next_fetch(
    jwks: JwksClient, party: Party, clock: MovableClock
) -> None:
    (withdrawn,) = party.keys
    assert (await jwks.keys(party.uri, withdrawn.kid)).has(withdrawn.kid)
    party.publish()
    clock.move(FRESH_FOR)
    assert not (await jwks.keys(party.uri, withdrawn.kid)).has(withdrawn.kid)


@pytest.mark.parametrize(
    ("status", "body"),
    [("503 Service Unavailable", b""), ("302 Found", b""), ("200 OK", b"<html>"), ("200 OK", b'{"keys": {}}')],
)
async def test_the_last_jwks_is_used_for_an_hour_while_fetching_fails(
    jwks: JwksClient, party: Party, clock: MovableClock, status: str, body: bytes
) -> None:
    await jwks.keys(party.uri)
    party.fail(status, body)
    clock.move(FRESH_FOR)
    assert (await jwks.keys(party.uri)).has(party.keys[0].kid)
    assert party.asked == 2
    clock.move(USABLE_FOR - FRESH_FOR - SECOND)
    assert (await jwks.keys(party.uri)).has(party.keys[0].kid)
    clock.move(2 * MINIMUM_REFETCH_INTERVAL)
    with pytest.raises(JwksError, match="cannot be fetched"):
        await jwks.keys(party.uri)
    party.publish(*party.keys)
    clock.move(MINIMUM_REFETCH_INTERVAL)
    assert (await jwks.keys(party.uri)).has(party.keys[0].kid)


async def test_a_failing_party_is_asked_once_in_each_refetch_interval(
    jwks: JwksClient, party: Party, clock: MovableClock
) -> None:
    """Each attempt may last until its time-out, and the requests of that party would wait for it."""
    await jwks.keys(party.uri)
    party.fail()
    clock.move(FRESH_FOR)
    for number in range(10):
        await jwks.keys(party.uri, f"made-up-{number}")
    assert party.asked == 2
    clock.move(MINIMUM_REFETCH_INTERVAL)
    await jwks.keys(party.uri)
    assert party.asked == 3


async def test_a_party_that_never_answered_is_asked_again_after_the_first_retry_interval(
    jwks: JwksClient, party: Party, clock: MovableClock
) -> None:
    party.fail("404 Not Found")
    failures = await asyncio.gather(*(jwks.keys(party.uri) for _ in range(10)), return_exceptions=True)
    assert all(isinstance(failure, JwksError) and "404" in str(failure) for failure in failures)
    assert party.asked == 1
    party.publish(*party.keys)
    clock.move(MINIMUM_FIRST_RETRY_INTERVAL)
    assert (await jwks.keys(party.uri)).has(party.keys[0].kid)


async def test_a_clock_moved_back_does_not_stop_fetching(jwks: JwksClient, party: Party, clock: MovableClock) -> None:
    await jwks.keys(party.uri)
    clock.move(timedelta(days=-365))
    rotated = SigningKey.generate("ES256")
    party.publish(rotated)
    assert (await jwks.keys(party.uri, rotated.kid)).has(rotated.kid)
    assert (await jwks.keys(party.uri)).has(rotated.kid)
    assert party.asked == 2


async def test_a_cancelled_fetch_is_repeated_by_the_next_caller(jwks: JwksClient, party: Party) -> None:
    asked = asyncio.Event()

    async def wait(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()

    published, party.answer = party.answer, wait
    first = asyncio.create_task(jwks.keys(party.uri))
    await asked.wait()
    second = asyncio.create_task(jwks.keys(party.uri))
    party.answer = published
    first.cancel()
    assert (await second).has(party.keys[0].kid)


async def test_the_number_of_cached_jwks_is_limited(
    authority: TestAuthority, clock: MovableClock, party: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MAXIMUM_CACHED_SETS == 10_000
    monkeypatch.setattr("haas.jose.jwks.MAXIMUM_CACHED_SETS", 2)
    async with Outbound(settings_for(authority)) as outbound:
        jwks = JwksClient(outbound, clock)
        for name in "abca":
            await jwks.keys(f"{party.uri}/{name}")
        assert party.asked == 4
        await jwks.keys(f"{party.uri}/c")
        assert party.asked == 4
