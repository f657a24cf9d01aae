"""The worker and the scheduler as processes with a real broker; the worker and the broker are killed."""

import asyncio
import signal
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
import redis

from haas.clock import MovableClock
from haas.database import Database
from haas.jobs import Jobs, open_broker
from haas.settings import Settings
from ops.stack.folder import StateFolder
from ops.stack.ports import Ports
from ops.stack.process_supervisor import ProcessSupervisor
from ops.stack.supervisor import Supervisor
from ops.stack.valkey import Valkey
from tenants.notices.outbox import put
from tenants.notices.tables import outbox
from tenants.registry.models import Tenant
from tenants.services import Services
from tests.support.https_server import HttpsServer
from tests.support.mail_server import MailServer
from tests.support.processes import python
from tests.support.rows import execute
from workers.run_once import register_poll
from workers.tasks import DELIVER_OUTBOX, Tasks

WORKING = "worker.started"
LEADING = "schedule.leadership_began"
DELIVERED = "notice.delivered"


class Running:
    """A process, and what it has logged."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.lines: list[dict[str, object]] = []

    async def says(self, event: str) -> None:
        """Return when it has logged `event`."""
        assert self.process.stdout is not None
        async with asyncio.timeout(30):
            while line := await self.process.stdout.readline():
                self.lines.append(msgspec.json.decode(line))
                if self.lines[-1]["event"] == event:
                    return
        raise AssertionError(f"it ended without logging {event!r}: {self.lines}")

    async def stop(self) -> int:
        """Stop it by SIGTERM; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            output, _ = await self.process.communicate()
        self.lines += [msgspec.json.decode(line) for line in output.splitlines()]
        return self.process.returncode or 0


@asynccontextmanager
async def running(module: str, settings: Settings, event: str) -> AsyncIterator[Running]:
    process = await python(settings, "-m", module, stdout=PIPE, stderr=STDOUT)
    ours = Running(process)
    try:
        await ours.says(event)
        yield ours
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


@pytest.fixture
async def own_valkey(state_folder: Path) -> AsyncIterator[tuple[str, ProcessSupervisor]]:
    """A Valkey that a test may kill; the supervisor starts it again."""
    folder = StateFolder(state_folder / "workers-valkey")
    folder.open()
    try:
        folder.prepare()
        async with Supervisor(folder) as supervisor:
            valkey = Valkey(folder, Ports(folder.ports).obtain("valkey"))
            await supervisor.start(valkey)
            yield valkey.url, supervisor.process(valkey.name)
    finally:
        folder.discard_sockets()
        folder.close()


async def write(database: Database, tenant: Tenant, clock: MovableClock) -> None:
    async with database.transaction(tenant.namespace) as tx:
        await put(tx, "email", {"to": "a@example.test", "subject": "s", "text": "code 123456"}, now=clock.now())


async def test_notices_are_delivered_after_the_broker_or_the_worker_was_killed(
    *,
    database: Database,
    settings: Settings,
    https: HttpsServer,
    mail: MailServer,
    tenant: Tenant,
    clock: MovableClock,
    own_valkey: tuple[str, ProcessSupervisor],
) -> None:
    url, valkey = own_valkey
    ours = https.settings(settings, smtp_url=mail.url, redis_url=url)
    async with running("workers.schedule", ours, LEADING) as scheduler:
        async with running("workers.main", ours, WORKING) as worker:
            await write(database, tenant, clock)
            await mail.arrived(1, tenant)
            await worker.says(DELIVERED)

            await valkey.kill()
            await write(database, tenant, clock)
            await mail.arrived(2, tenant)

            await valkey.until_ready()
            await write(database, tenant, clock)
            await mail.arrived(3, tenant)
            await worker.says(DELIVERED)
            worker.process.kill()
            await worker.process.wait()
        await write(database, tenant, clock)
        async with running("workers.main", ours, WORKING) as worker:
            await mail.arrived(4, tenant)
            await worker.says(DELIVERED)

            # A worker that is stopped in the middle of a batch completes it. Nothing is lost or sent twice.
            mail.arriving.clear()
            mail.open.clear()
            for _ in range(3):
                await write(database, tenant, clock)
            await mail.arriving.wait()
            worker.process.send_signal(signal.SIGTERM)
            await worker.says("worker.stopping")
            mail.open.set()
            assert await worker.stop() == 0
        assert await scheduler.stop() == 0
    async with running("workers.main", ours, WORKING) as worker:
        assert await worker.stop() == 0
    rows = await execute(database, tenant, outbox.select())
    assert sum(row.done_at is not None for row in rows) == len(mail.of(tenant))
    assert {row.tries for row in rows if row.done_at is not None} == {1}
    said = msgspec.json.encode([*scheduler.lines, *worker.lines]).decode()
    assert "123456" not in said
    assert "a@example.test" not in said


async def test_the_loss_of_the_broker_is_one_line_and_its_return_another(
    settings: Settings, https: HttpsServer, own_valkey: tuple[str, ProcessSupervisor]
) -> None:
    url, valkey = own_valkey
    ours = https.settings(settings, redis_url=url)
    async with running("workers.main", ours, WORKING) as worker:
        await valkey.kill()
        await worker.says("broker.lost")
        await valkey.until_ready()
        await worker.says("broker.returned")
        assert await worker.stop() == 0
    warnings = [line["event"] for line in worker.lines if line["level"] not in {"debug", "info"}]
    assert warnings == ["broker.lost", "broker.returned"]


async def test_a_worker_takes_messages_again_after_its_broker_was_a_read_only_replica(
    *,
    database: Database,
    settings: Settings,
    https: HttpsServer,
    mail: MailServer,
    tenant: Tenant,
    clock: MovableClock,
    own_valkey: tuple[str, ProcessSupervisor],
) -> None:
    """After a failover the old primary refuses writes with READONLY, until it is a primary again."""
    url, _ = own_valkey
    ours = https.settings(settings, smtp_url=mail.url, redis_url=url)
    jobs = Jobs(open_broker(url))
    server = redis.Redis.from_url(url)
    async with running("workers.main", ours, WORKING) as worker:
        try:
            await asyncio.to_thread(server.execute_command, "REPLICAOF", "127.0.0.1", "1")
            await worker.says("broker.lost")
            assert worker.lines[-1]["reason"] == "ReadOnlyError"
            await write(database, tenant, clock)
            assert not await jobs.enqueue(DELIVER_OUTBOX, tenant.slug)
            await asyncio.to_thread(server.execute_command, "REPLICAOF", "NO", "ONE")
            await worker.says("broker.returned")
            assert await jobs.enqueue(DELIVER_OUTBOX, tenant.slug)
            await worker.says(DELIVERED)
        finally:
            await asyncio.to_thread(server.close)
            await asyncio.to_thread(jobs._broker.close)
        assert await worker.stop() == 0
    assert len(mail.of(tenant)) == 1


async def test_a_message_that_a_killed_worker_held_is_sent_by_another_worker_within_seconds(
    *,
    database: Database,
    settings: Settings,
    https: HttpsServer,
    mail: MailServer,
    tenant: Tenant,
    clock: MovableClock,
    valkey: str,
) -> None:
    ours = https.settings(settings, smtp_url=mail.url, redis_url=valkey)
    mail.open.clear()
    async with running("workers.schedule", ours, LEADING) as scheduler:
        async with running("workers.main", ours, WORKING) as killed:
            await write(database, tenant, clock)
            await mail.arriving.wait()
            killed.process.kill()
            await killed.process.wait()
        mail.open.set()
        async with running("workers.main", ours, WORKING) as worker:
            await worker.says(DELIVERED)
            assert await worker.stop() == 0
        assert await scheduler.stop() == 0
    (row,) = await execute(database, tenant, outbox.select())
    assert (row.tries, row.done_at is not None) == (2, True)


async def test_a_poll_from_the_command_line_fails_if_the_register_is_unreachable(
    settings: Settings, https: HttpsServer, tenant: Tenant
) -> None:
    services = Services.open(https.settings(settings))
    try:
        tasks = Tasks(services, services.settings)
        tasks._sync._pause = 0
        good, summary = await register_poll(tasks)
    finally:
        await services.close()
    assert not good
    assert [poll["environment"] for poll in summary["polls"]] == [tenant.register_environment.id]


async def test_a_job_can_be_run_once_from_the_command_line(
    *, database: Database, settings: Settings, https: HttpsServer, mail: MailServer, tenant: Tenant, clock: MovableClock
) -> None:
    await write(database, tenant, clock)
    ours = https.settings(settings, smtp_url=mail.url)
    results = {}
    for job in ("outbox-drain", "sweep", "password-changes", "data-checks", "expiries", "nonsense"):
        process = await python(ours, "-m", "workers.run_once", job, stdout=PIPE)
        output, _ = await process.communicate()
        results[job] = (process.returncode, msgspec.json.decode(output) if output else None)
    code, drained = results["outbox-drain"]
    assert code == 0
    assert drained["done"] >= 1
    assert len(mail.of(tenant)) == 1
    assert {results[job][0] for job in ("sweep", "password-changes", "data-checks", "expiries")} == {0}
    assert results["nonsense"] == (2, None)
