"""A sandbox in this process: hosts are reached through its ASGI application, SMTP and the control API by sockets."""

import base64
import json
import tempfile
from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from haas.clock import MovableClock
from ops.pki.store import Pki
from ops.sandbox.app import Sandbox
from ops.sandbox.jobs import Job, JobDone, JobFailed
from ops.sandbox.jose import Algorithm, SigningKey
from ops.sandbox.services import SandboxServices
from ops.sandbox.settings import SandboxSettings
from tests.ops.sandbox.holder import BRAND_ID, ISSUER, RESOURCES, StandInHolder

PORT = 8443


def asgi(application: Any) -> httpx.ASGITransport:
    """A transport to an application in this process; httpx and Litestar type ASGI apart."""
    return httpx.ASGITransport(application)


class InProcess(httpx.AsyncBaseTransport):
    """Stands where nginx does: hands requests to the sandbox or the holder, with the client certificate verified."""

    def __init__(self, certificate: tuple[bytes, bytes] | None, holder: StandInHolder) -> None:
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
    """One key for each algorithm: making RSA keys costs processor time."""
    return SigningKey.generate(algorithm)


class RecordedJobs:
    """Runs no job, and remembers which were asked for."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.fails = False

    async def run(self, job: Job) -> JobDone:
        self.ran.append(job)
        if self.fails:
            raise JobFailed(f"{job} ended with 1")
        return JobDone(job, "done")


class RunningSandbox:
    """A sandbox, and clients for its hosts."""

    def __init__(self, settings: SandboxSettings, holder: StandInHolder, pki: Pki) -> None:
        self.settings = settings
        self.holder = holder
        self.pki = pki
        self.jobs = RecordedJobs()
        self._transports: list[InProcess] = []
        self.services = SandboxServices(settings, open_http=self.open_http, jobs=self.jobs)
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
def holder() -> StandInHolder:
    return StandInHolder()


@pytest.fixture(scope="module")
async def sandbox(
    tmp_path_factory: pytest.TempPathFactory, pki: Pki, holder: StandInHolder
) -> AsyncIterator[RunningSandbox]:
    folder = tmp_path_factory.mktemp("sandbox")
    (folder / "stack.json").write_text(json.dumps(stack(folder)), encoding="utf-8")
    (folder / "settings.env").write_text("HAAS_ENVIRONMENT=sandbox\n", encoding="utf-8")
    settings = SandboxSettings(
        folder=folder / "state",
        control_port=0,
        smtp_port=0,
        public_port=PORT,
        pki=pki.folder,
        stack_file=folder / "stack.json",
        clock_file=folder / "clock",
        pinned_codes=folder / "pinned-codes.json",
    )
    running = RunningSandbox(settings, holder, pki)
    await running.start()
    yield running
    await running.application.stop()


@pytest.fixture
async def control(sandbox: RunningSandbox) -> AsyncIterator[httpx.AsyncClient]:
    """The control API over its own socket."""
    async with httpx.AsyncClient(base_url=sandbox.control_url) as client:
        yield client


@pytest.fixture
async def outside(sandbox: RunningSandbox) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a client certificate."""
    async with sandbox.open_http() as client:
        yield client


@pytest.fixture
async def product(control: httpx.AsyncClient) -> dict[str, Any]:
    """A new software product with a key that the sandbox made."""
    answer = await control.post("/software-products", json={"algorithm": "ES256"})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def stack(folder: Path) -> dict[str, Any]:
    """What `stack.json` says of the stand-in holder."""
    return {
        "settings_file": str(folder / "settings.env"),
        "tenants": [
            {
                "slug": "aurora",
                "name": "Aurora Energy",
                "issuer": ISSUER,
                "jwks_uri": f"{ISSUER}/jwks",
                "public_base_uri": ISSUER,
                "resource_base_uri": RESOURCES,
                "register_brand_id": BRAND_ID,
                "demonstration_customers": [{"identifier": "ada@example.test"}],
            }
        ],
    }
