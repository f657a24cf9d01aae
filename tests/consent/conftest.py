"""Fixtures of the consent flow's tests; the dashboard's take them over."""

import pytest

from ops.demonstration.themes import AURORA
from ops.deployment import Deployment
from tenants.registry.models import Tenant
from tests.consent.ground import Ground
from tests.identity.conftest import World, moved_clock, publisher, world
from themes.tokens import theme_to_json

__all__ = ["ground", "moved_clock", "neighbour", "publisher", "world"]


@pytest.fixture(scope="module")
async def ground(world: World, deployment: Deployment) -> Ground:
    tenant = await deployment.new_tenant(theme=theme_to_json(AURORA))
    ground = Ground(world, tenant, await world.registered(tenant))
    await ground.populate()
    return ground


@pytest.fixture(scope="module")
async def neighbour(world: World, deployment: Deployment) -> Tenant:
    return await deployment.new_tenant()
