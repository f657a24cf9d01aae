"""Two brands, and a software product that is a client of the first."""

import pytest

from ops.sandbox.recipient.client import RecipientClient
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.clients import registered_client


@pytest.fixture(scope="session")
async def aurora(application: Application) -> Tenant:
    return await application.new_tenant("identity-aurora")


@pytest.fixture(scope="session")
async def banksia(application: Application) -> Tenant:
    return await application.new_tenant("identity-banksia")


@pytest.fixture(scope="session")
async def recipient(application: Application, aurora: Tenant) -> RecipientClient:
    """A registered product that signs with PS256; tests that change its registration make their own."""
    return await registered_client(application, aurora)
