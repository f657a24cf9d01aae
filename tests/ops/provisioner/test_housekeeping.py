"""The provisioner deletes what no other process may delete: the sessions of the console."""

import asyncio
import secrets
from datetime import timedelta

from haas.clock import MovableClock
from haas.settings import ProvisionerSettings
from ops.deployment import Deployment
from ops.provisioner.process import BETWEEN_SWEEPS, ProvisionerProcess
from tenants.housekeeping.service import KEEP_CONSOLE_SESSIONS
from tenants.operators import store
from tenants.registry.names import console_namespace


async def _session(deployment: Deployment) -> bytes:
    token_hash = secrets.token_bytes(32)
    async with deployment.operator.transaction(console_namespace(deployment.settings)) as tx:
        await store.begin_session(tx, token_hash, None, deployment.clock.now() - KEEP_CONSOLE_SESSIONS * 2)
    return token_hash


async def _exists(deployment: Deployment, token_hash: bytes) -> bool:
    async with deployment.operator.transaction(console_namespace(deployment.settings)) as tx:
        return await store.load_session(tx, token_hash) is not None


async def test_sessions_of_the_console_are_deleted_at_the_start_and_periodically(
    deployment: Deployment, clock: MovableClock
) -> None:
    process = ProvisionerProcess(deployment.settings.of(ProvisionerSettings))
    first = await _session(deployment)
    await process._sweep_if_due()
    assert not await _exists(deployment, first)
    second = await _session(deployment)
    clock.move(BETWEEN_SWEEPS - timedelta(seconds=1))
    await process._sweep_if_due()
    assert await _exists(deployment, second)
    clock.move(timedelta(seconds=1))
    await process._sweep_if_due()
    assert not await _exists(deployment, second)
    await process._owner.close()


async def test_a_provisioner_that_serves_does_the_housekeeping(deployment: Deployment) -> None:
    old = await _session(deployment)
    process, stopping = ProvisionerProcess(deployment.settings.of(ProvisionerSettings)), asyncio.Event()
    running = asyncio.create_task(process.run(stopping))
    async with asyncio.timeout(30):
        while await _exists(deployment, old):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
    stopping.set()
    await running
