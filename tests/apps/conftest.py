"""The pages of a brand as a customer uses them, for the consent flow and the dashboard."""

from collections.abc import AsyncIterator

import httpx
import pytest

from ops.demonstration.themes import AURORA
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.consent_pages import ConsentPages
from tests.support.retailer import RetailerSite
from themes.tokens import theme_to_json


@pytest.fixture
async def http(application: Application) -> AsyncIterator[httpx.AsyncClient]:
    """A client of all hosts. It sends no certificate unless a test does."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application.asgi)) as http:
        yield http


@pytest.fixture(scope="module")
async def pages(application: Application) -> ConsentPages:
    """The consent flow and the dashboard of a new brand with a theme."""
    return await ConsentPages.open(application, await application.new_tenant(theme=theme_to_json(AURORA)))


@pytest.fixture(scope="module")
async def site(application: Application, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RetailerSite]:
    """The own server of retailers, over mutual TLS."""
    async with RetailerSite(tmp_path_factory.mktemp("retailer"), application.web).serving(application) as site:
        yield site


@pytest.fixture(scope="module")
async def neighbour(application: Application) -> Tenant:
    """Another new brand."""
    return await application.new_tenant()
