"""The protocol client and a browser, for the data holder of the sandbox in this process."""

from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import Browser

from ops.sandbox.recipient.client import RecipientClient
from ops.sandbox.recipient.holder import Holder
from tests.ops.sandbox.addresses import HOLDER, RECIPIENT, SECURE_HOLDER
from tests.ops.sandbox.conftest import RunningSandbox, asgi, key_of
from tests.ops.sandbox.faulty_holder import FaultyHolder
from tests.ops.sandbox.recipient import shared_data
from tests.support.chromium import running_chromium


@pytest.fixture(params=["PS256", "ES256"])
async def client(request: pytest.FixtureRequest, holder: FaultyHolder) -> AsyncIterator[RecipientClient]:
    async with httpx.AsyncClient(transport=asgi(holder.application)) as http:
        yield RecipientClient(
            await Holder.discover(HOLDER, http),
            http,
            key_of(request.param),
            software_product_id="product-1",
            redirect_uri="https://recipient.test/callback?keep=1",
            resource_base_uri=SECURE_HOLDER,
            client_id="client-1",
        )


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The system's Chromium."""
    async with running_chromium() as browser:
        yield browser


@pytest.fixture
def household(holder: FaultyHolder) -> FaultyHolder:
    """The holder with the data of a household, which supports every scope."""
    holder.scopes_supported = ("openid", "profile", *shared_data.SCOPES, "cdr:registration")
    holder.data = {**shared_data.answers(), f"{shared_data.ENERGY}/usage": shared_data.usage_response}
    return holder


@pytest.fixture
async def browser(sandbox: RunningSandbox) -> AsyncIterator[httpx.AsyncClient]:
    """A cookie jar with the cookie of the recipient's pages."""
    async with sandbox.open_http() as client:
        page = await client.get(f"{RECIPIENT}/")
        assert page.status_code == 200
        yield client
