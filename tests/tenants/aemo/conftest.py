"""A participant of the market, and a real server with mutual TLS in place of AEMO's e-Hub."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from haas.clock import MovableClock
from haas.outbound import Outbound
from haas.shared_values import SharedValues
from tenants.aemo.client import AemoClient
from tenants.aemo.models import AemoCall, AemoRequest
from tenants.calls.secondary import SecondaryCalls
from tenants.market.models import MarketCredentials, Participant, ParticipantKey, Secrets
from tests.haas.tls_server import Handler, TestAuthority, TlsServer, answer_of, settings_for, tls_server

HOST = "apis.recipient.localhost"
INTERACTION = "0b1b6b4e-7ad0-4a55-8d4b-0a7e2f1f3d11"
ARRANGEMENT = UUID("5f2d9c53-9d0b-4d3a-9a8e-6f6f1f0b7a10")
POINTS = AemoRequest("listElectricityServicePointsSR", "POST", "/electricity/servicepoints", 2, {}, b'{"data":{}}')
DETAIL = AemoRequest("getElectricityServicePointDetailSR", "GET", "/electricity/servicepoints/4102000001", 2, {})
Answer = bytes | Handler


class Hub:
    """A server of AEMO's kind. A test sets `answer`; it is 200 with an empty object at first."""

    def __init__(self, authority: TestAuthority, clock: MovableClock, shared: SharedValues) -> None:
        self.authority, self.clock = authority, clock
        self.shared = shared
        self.answer: Callable[[bytes], Answer] = lambda _: answer_of(b"{}")
        self.server: TlsServer
        self.client: AemoClient
        self.secondary = SecondaryCalls()

    def answered(self, request: bytes) -> Answer:
        return self.answer(request)

    @property
    def requests(self) -> list[bytes]:
        return [request for _, _, request in self.server.requests]

    def credentials(self, participant_id: str = "", **changes: Any) -> MarketCredentials:
        """Return the credentials of a participant. Without an id, the participant is one that no other test uses."""
        certificate, _, key = self.authority.client().read_text().partition("-----BEGIN PRIVATE KEY")
        secrets = {"secret": "Passw0rd-of-URM", "key": "-----BEGIN PRIVATE KEY" + key}
        secrets |= {
            name: changes.pop(name) for name in ("secret", "subscription_key", "next_secret") if name in changes
        }
        changed_at = changes.pop("changed_at", datetime(2026, 11, 1, tzinfo=UTC))
        values = {
            "id": ParticipantKey(participant_id or f"FRMP{uuid4().hex[:8]}", "pre-production"),
            "retailer_id": uuid4(),
            "base_uri": f"https://{HOST}:{self.server.port}/NEMRetail/cds-au/v1/secondary/energy",
            "mode": "basic",
            "username": "CDRUSER",
            "certificate": certificate,
            **changes,
        }
        return MarketCredentials(participant=Participant(**values), secrets=Secrets(**secrets), changed_at=changed_at)

    def call(self, seconds: float = 5.0) -> AemoCall:
        return AemoCall(
            interaction_id=INTERACTION,
            arrangement_id=ARRANGEMENT,
            deadline=asyncio.get_running_loop().time() + seconds,
            secondary=lambda: self.secondary,
        )

    async def send(
        self, credentials: MarketCredentials, request: AemoRequest = POINTS, *, seconds: float = 5.0
    ) -> bytes:
        return await self.client.send(credentials, request, self.call(seconds))


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> TestAuthority:
    return TestAuthority(tmp_path_factory.mktemp("aemo-authority"))


@pytest.fixture
def own_clock(tmp_path: Path) -> MovableClock:
    return MovableClock(tmp_path / "clock")


@pytest.fixture
async def hub(authority: TestAuthority, own_clock: MovableClock, valkey: str) -> AsyncIterator[Hub]:
    shared = SharedValues(valkey)
    hub = Hub(authority, own_clock, shared)
    async with (
        tls_server(authority, [HOST], hub.answered, mutual=True) as server,
        Outbound(settings_for(authority), clock=own_clock) as outbound,
    ):
        hub.server = server
        hub.client = AemoClient(outbound, own_clock, shared, processes=2)
        yield hub
        await hub.client.close()
    await shared.close()
