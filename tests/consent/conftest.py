"""Fixtures of the consent flow's tests; the dashboard's take them over."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from haas.clock import MovableClock
from haas.database import Database
from haas.jose import KeySealer, SigningKey
from haas.outbound import Outbound
from ops.demonstration.themes import AURORA
from ops.deployment import Deployment
from tenants.registry.models import RegisterEnvironment, Tenant
from tenants.services import Services
from tests.consent.ground import Ground, whole_application
from tests.identity.conftest import World
from tests.identity.parties import Publisher
from themes.tokens import as_json


@pytest.fixture(scope="session")
async def publisher(state_folder: Path) -> AsyncIterator[Publisher]:
    publisher = Publisher(state_folder)
    await publisher.start()
    yield publisher
    await publisher.close()


@pytest.fixture(scope="session")
async def world(deployment: Deployment, publisher: Publisher) -> AsyncIterator[World]:
    settings = msgspec.structs.replace(
        deployment.settings, host_map={"*.recipients.test": "127.0.0.1"}, trusted_roots=publisher.root
    )
    register_key = SigningKey.generate("PS256")
    environment = RegisterEnvironment(
        id="sandbox",
        public_base_uri="https://register.test",
        secure_base_uri="https://mtls.register.test",
        jwks_uri=publisher.publish("/register/jwks", {"keys": [register_key.public_jwk()]}),
    )
    await deployment.administration.put_register_environment(environment, actor="tests")
    database = Database.open(settings.database_url)
    services = Services(settings, deployment.clock, database, KeySealer(settings.master_key), Outbound(settings))
    world = World(services, publisher, register_key)
    world.application = whole_application(world)
    yield world
    await services.close()


@pytest.fixture(scope="module")
async def ground(world: World, deployment: Deployment) -> Ground:
    tenant = await deployment.new_tenant(theme=as_json(AURORA))
    ground = Ground(world, tenant, await world.registered(tenant))
    await ground.populate()
    return ground


@pytest.fixture(scope="module")
async def neighbour(world: World, deployment: Deployment) -> Tenant:
    return await deployment.new_tenant()


@pytest.fixture
def moved_clock(world: World) -> Any:
    clock = world.services.clock
    assert isinstance(clock, MovableClock)
    yield clock
    clock.reset()
