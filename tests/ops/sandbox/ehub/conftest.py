"""An e-Hub in this process. Calls have the header Client-Cert that the proxy sets; the control API has its socket."""

import base64
from collections.abc import AsyncIterator
from datetime import date
from functools import cache

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from haas.clock import MovableClock
from ops.pki.store import Pki
from ops.sandbox.ehub.app import EHubApplication
from ops.sandbox.ehub.calendar_days import market_day
from ops.sandbox.ehub.hub import EHub
from ops.sandbox.ehub.models import HubSettings
from ops.sandbox.ehub.settings import EHubProcessSettings
from tests.ops.sandbox.addresses import PORT
from tests.ops.sandbox.conftest import asgi
from tests.ops.sandbox.ehub.retailer import Retailer

EHUB = f"https://ehub.cdr-sandbox.localhost:{PORT}"
DEFAULTS = HubSettings()


class RunningEHub:
    """An e-Hub, and HTTP clients with the certificates of its participants."""

    def __init__(self, application: EHubApplication, pki: Pki) -> None:
        self.application = application
        self.pki = pki
        self.certificate = cache(self._certificate)

    @property
    def hub(self) -> EHub:
        return self.application.hub

    @property
    def clock(self) -> MovableClock:
        assert isinstance(self.hub.clock, MovableClock)
        return self.hub.clock

    @property
    def today(self) -> date:
        return market_day(self.hub.clock.now())

    @property
    def control_url(self) -> str:
        assert self.application.control is not None
        return f"http://127.0.0.1:{self.application.control.port}"

    def http(self, participant_id: str | None) -> httpx.AsyncClient:
        """A client with the certificate of a participant, or without one."""
        headers = {} if participant_id is None else {"Client-Cert": self.certificate(participant_id)}
        return httpx.AsyncClient(transport=asgi(self.application), base_url=EHUB, headers=headers)

    def _certificate(self, participant_id: str) -> str:
        issued = self.pki.issue_participant(participant_id)
        der = x509.load_pem_x509_certificate(issued.certificate.encode()).public_bytes(Encoding.DER)
        return f":{base64.b64encode(der).decode()}:"


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory, pki: Pki) -> AsyncIterator[RunningEHub]:
    folder = tmp_path_factory.mktemp("ehub")
    settings = EHubProcessSettings(
        folder=folder / "state", control_port=0, public_port=PORT, pki=pki.folder, clock_file=folder / "clock"
    )
    application = EHubApplication(EHub(settings))
    await application.start()
    yield RunningEHub(application, pki)
    await application.stop()


@pytest.fixture
async def ehub(running: RunningEHub) -> AsyncIterator[RunningEHub]:
    """The e-Hub of the module. Its settings, faults, calls and clock are the first ones again after each test."""
    yield running
    running.hub.change_settings(**{name: getattr(DEFAULTS, name) for name in DEFAULTS.__struct_fields__})
    running.hub.faults.clear()
    running.hub.calls.clear()
    running.clock.reset()


@pytest.fixture
async def control(ehub: RunningEHub) -> AsyncIterator[httpx.AsyncClient]:
    """The control API, over its own socket."""
    async with httpx.AsyncClient(base_url=ehub.control_url) as client:
        yield client


@pytest.fixture
async def retailer(ehub: RunningEHub) -> AsyncIterator[Retailer]:
    """The participant BANKSIA, which authenticates with HTTP Basic."""
    async with ehub.http("BANKSIA") as http:
        yield Retailer(http, "BANKSIA", "BANKSIA_API", "Sandbox-Banksia-1")
