"""The passwords at AEMO are changed by a job of the main node's scheduler, with or without the broker."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from haas.clock import MovableClock
from haas.jobs import Jobs, open_broker
from haas.settings import Settings
from ops.deployment import Deployment
from tenants.aemo.password_change import CHANGE_PATH, CHANGED_AFTER
from tenants.market import service
from tenants.market.models import ParticipantKey
from tenants.registry.models import Tenant
from tenants.registry.names import market_namespace
from tenants.services import Services
from tests.support.aemo import ScriptedHub, add_participant, brand_of_aemo, remove_participants
from tests.support.https_server import HttpsServer
from workers.dispatch import Dispatcher
from workers.schedule import Scheduler
from workers.tasks import Tasks

NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture(scope="module")
async def tenant(deployment: Deployment, signing_keys: Any) -> AsyncIterator[Tenant]:
    tenant = await brand_of_aemo(deployment, next(signing_keys), "godwit")
    yield tenant
    await remove_participants(deployment, tenant)
    await deployment.administration.remove(tenant.slug, actor="tests")


async def secret(deployment: Deployment, key: ParticipantKey) -> str:
    async with deployment.database.transaction(market_namespace(deployment.settings)) as tx:
        return (await service.credentials(tx, deployment.sealer, key)).secrets.secret


async def test_the_scheduler_of_the_main_node_changes_the_passwords_that_are_due(
    *, deployment: Deployment, settings: Settings, https: HttpsServer, tenant: Tenant, clock: MovableClock
) -> None:
    hub = ScriptedHub(https)
    hub.answer = lambda _: (200, {"Success": True})
    changed_at = clock.now() - CHANGED_AFTER - timedelta(hours=1)
    key = await add_participant(deployment, tenant, "GODWIT", hub.base_uri, changed_at=changed_at)
    services = Services.open(https.settings(settings))
    tasks, stopping = Tasks(services, services.settings), asyncio.Event()
    tasks._passwords._seconds_to_settle = 0
    scheduler = Scheduler(services.settings.database_url, clock, Dispatcher(tasks, Jobs(open_broker(NOBODY))))
    running = asyncio.create_task(scheduler.run(stopping))
    before = await secret(deployment, key)
    async with asyncio.timeout(30):
        while await secret(deployment, key) == before:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.02)
    stopping.set()
    await running
    await services.close()
    assert [request.path for request in hub.requests] == [CHANGE_PATH]
