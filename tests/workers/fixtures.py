"""Fixtures for whoever tests what goes out: conftest modules import them by name."""

from collections.abc import AsyncIterator

import pytest

from haas.outbound import Outbound
from haas.settings import Settings
from tests.workers.harness import HttpsServer, MailServer, https_server


@pytest.fixture(scope="session")
def https_identity(tmp_path_factory: pytest.TempPathFactory) -> HttpsServer:
    return https_server(tmp_path_factory.mktemp("https"))


@pytest.fixture
async def https(https_identity: HttpsServer) -> AsyncIterator[HttpsServer]:
    """An HTTPS server at `https.origin(<first label>)`; asked through `https.settings(settings)`."""
    https_identity.asked = []
    https_identity.answer = lambda _: (204, b"")
    async with https_identity.serving():
        yield https_identity


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with MailServer().serving() as server:
        yield server


@pytest.fixture
async def outbound(settings: Settings, https: HttpsServer) -> AsyncIterator[Outbound]:
    async with Outbound(https.settings(settings)) as client:
        yield client
