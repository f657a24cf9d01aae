"""The whole application, reached as the proxy reaches it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from apps.asgi import Platform
from ops.deployment import Deployment
from tenants.services import Services


@pytest.fixture(scope="module")
async def http(deployment: Deployment) -> AsyncIterator[httpx.AsyncClient]:
    services = Services.open(deployment.settings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(Platform(services))) as http:
        yield http
    await services.close()
