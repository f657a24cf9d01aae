"""A sandbox in this process, and the embedded stack with the product and a sandbox of its own.

Tests with `stack` use the real product. The sandbox in this process has a data holder that sends wrong messages on
request, which the product never does. Its hosts are called through the ASGI application; SMTP and the control API are
called through their sockets.
"""

import base64
import json
import tempfile
from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from haas.clock import MovableClock
from ops.pki.store import Pki
from ops.sandbox.app import Sandbox
from ops.sandbox.jose import Algorithm, SigningKey
from ops.sandbox.services import SandboxServices
from ops.sandbox.settings import SandboxSettings
from ops.smoke.command import participants_of
from ops.smoke.participants import Participants
from ops.stack.description import TenantDescription
from ops.stack.embedded import Stack
from tests.ops.sandbox.addresses import HOLDER, PORT, SECURE_HOLDER
from tests.ops.sandbox.faulty_holder import BRAND_ID, FaultyHolder


def asgi(application: Any) -> httpx.ASGITransport:
    """A transport to an application in this process. The parameter is Any: httpx and Litestar type ASGI differently."""
    return httpx.ASGITransport(application)


class InProcess(httpx.AsyncBaseTransport):
    """Hands requests to the sandbox or the holder, with the Client-Cert header that the proxy sets on secure hosts."""

    def __init__(self, certificate: tuple[bytes, bytes] | None, holder: FaultyHolder) -> None:
        self._header = None
        if certificate is not None:
            der = x509.load_pem_x509_certificate(certificate[0]).public_bytes(Encoding.DER)
            self._header = f":{base64.b64encode(der).decode()}:"
        self._holder = asgi(holder.application)
        self.sandbox: Sandbox | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.headers["Host"] = request.url.host
        request.headers.pop("Client-Cert", None)
        if request.url.host.startswith("mtls."):
            if self._header is None:
                raise httpx.ConnectError("no client certificate")
            request.headers["Client-Cert"] = self._header
        if request.url.host.endswith("aurora.haas.localhost"):
            return await self._holder.handle_async_request(request)
        assert self.sandbox is not None
        return await asgi(self.sandbox).handle_async_request(request)


@cache
def key_of(algorithm: Algorithm) -> SigningKey:
    """One key for each algorithm: the generation of RSA keys takes time."""
    return SigningKey.generate(algorithm)


class RunningSandbox:
    """A sandbox in this process, and HTTP clients for its hosts."""

    def __init__(self, settings: SandboxSettings, holder: FaultyHolder, pki: Pki) -> None:
        self.settings = settings
        self.holder = holder
        self.pki = pki
        self._transports: list[InProcess] = []
        self.services = SandboxServices(settings, open_http=self.open_http)
        self.application = Sandbox(self.services)

    def open_http(self, certificate: tuple[bytes, bytes] | None = None) -> httpx.AsyncClient:
        transport = InProcess(certificate, self.holder)
        self._transports.append(transport)
        transport.sandbox = getattr(self, "application", None)
        return httpx.AsyncClient(transport=transport)

    async def start(self) -> None:
        for transport in self._transports:
            transport.sandbox = self.application
        await self.application.start()

    @property
    def control_url(self) -> str:
        assert self.application.control is not None
        return f"http://127.0.0.1:{self.application.control.port}"

    @property
    def clock(self) -> MovableClock:
        assert isinstance(self.services.clock, MovableClock)
        return self.services.clock


@pytest.fixture(scope="session")
def pki() -> Iterator[Pki]:
    with tempfile.TemporaryDirectory() as folder:
        yield Pki(Path(folder))


@pytest.fixture(scope="session")
def session_holder() -> FaultyHolder:
    return FaultyHolder()


@pytest.fixture
def holder(session_holder: FaultyHolder) -> Iterator[FaultyHolder]:
    """The data holder of the sandbox in this process; it sends correct messages again after the test."""
    yield session_holder
    session_holder.reset()


@pytest.fixture(scope="module")
async def sandbox(
    tmp_path_factory: pytest.TempPathFactory, pki: Pki, session_holder: FaultyHolder
) -> AsyncIterator[RunningSandbox]:
    folder = tmp_path_factory.mktemp("sandbox")
    (folder / "stack.json").write_text(json.dumps(stack_file(folder)), encoding="utf-8")
    (folder / "settings.env").write_text("HAAS_ENVIRONMENT=sandbox\n", encoding="utf-8")
    settings = SandboxSettings(
        folder=folder / "state",
        control_port=0,
        smtp_port=0,
        public_port=PORT,
        pki=pki.folder,
        stack_file=folder / "stack.json",
        clock_file=folder / "clock",
        preset_codes=folder / "preset-codes.json",
    )
    running = RunningSandbox(settings, session_holder, pki)
    await running.start()
    yield running
    await running.application.stop()


@pytest.fixture
async def control(sandbox: RunningSandbox) -> AsyncIterator[httpx.AsyncClient]:
    """The control API of the sandbox in this process, over its own socket."""
    async with httpx.AsyncClient(base_url=sandbox.control_url, timeout=60) as client:
        yield client


@pytest.fixture
async def anonymous(sandbox: RunningSandbox) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a certificate, for the hosts of the sandbox in this process."""
    async with sandbox.open_http() as client:
        yield client


@pytest.fixture
async def product(control: httpx.AsyncClient) -> dict[str, Any]:
    """A new software product whose key the sandbox generated."""
    answer = await control.post("/software-products", json={"algorithm": "ES256"})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


@pytest.fixture
async def participants(stack: Stack) -> AsyncIterator[Participants]:
    """Recipients and persons for the product in the embedded stack."""
    async with participants_of(stack) as participants:
        yield participants


@pytest.fixture
async def stack_control(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    """The control API of the sandbox in the embedded stack."""
    async with httpx.AsyncClient(base_url=stack.description.sandbox.control_api, timeout=70, trust_env=False) as client:
        yield client


@pytest.fixture
def aurora(stack: Stack) -> TenantDescription:
    """The first demonstration brand of the embedded stack."""
    return next(tenant for tenant in stack.description.tenants if tenant.slug == "aurora")


class _Customer(msgspec.Struct, frozen=True):
    identifier: str


def customer_identifier(tenant: TenantDescription, number: int) -> str:
    """The login identifier of a demonstration customer. Each test has its own, because one-time codes are limited."""
    return msgspec.convert(tenant.demonstration_customers, list[_Customer])[number].identifier


def stack_file(folder: Path) -> dict[str, Any]:
    """The content of `stack.json` for the sandbox in this process."""
    return {
        "worker_settings_file": str(folder / "settings.env"),
        "tenants": [
            {
                "slug": "aurora",
                "name": "Aurora Energy",
                "issuer": HOLDER,
                "jwks_uri": f"{HOLDER}/jwks",
                "public_base_uri": HOLDER,
                "resource_base_uri": SECURE_HOLDER,
                "register_brand_id": BRAND_ID,
                "demonstration_customers": [{"identifier": "ada@example.test"}],
            }
        ],
    }
