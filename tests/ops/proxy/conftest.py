"""A real nginx in front of an application that returns what it received."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from ops.pki.clients import IssuedClient
from tests.support.proxy import Proxy, running_proxy
from tests.support.revocation_lists import Publish, file_server


@pytest.fixture(scope="session")
async def proxy(state_folder: Path) -> AsyncIterator[Proxy]:
    """A proxy for all tests that do not change its authorities."""
    async with running_proxy(state_folder / "a folder" / "proxy") as proxy:
        yield proxy


@pytest.fixture
async def own_proxy(state_folder: Path, proxy: Proxy) -> AsyncIterator[Proxy]:
    """An nginx whose authorities a test may change. It does not use the module headers-more."""
    folder = state_folder / f"own-proxy-{uuid4().hex[:8]}"
    async with running_proxy(folder, headers_more=False, in_front_of=proxy.applications) as own:
        yield own


@pytest.fixture(scope="session")
def recipient(proxy: Proxy) -> IssuedClient:
    return proxy.pki.issue_client("Budget App", "Recipient Pty Ltd")


@pytest.fixture
async def publish() -> AsyncIterator[Publish]:
    async with file_server() as publish:
        yield publish
