"""Schemas with data are migrated while requests run: no request fails, no data is lost, and a run can continue.

The whole stack serves the requests: nginx, the application, the worker and the scheduler. None of them knows the new
revision.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from sqlalchemy import Table, text

from haas.settings import Settings
from ops.bench.command import WITHOUT_LIMIT
from ops.bench.load import Load, Measured, Target
from ops.bench.operations import OPERATIONS, Caller, Operation
from ops.bench.run import SOURCE, caller_with_consent
from ops.demonstration import set_up_from_store
from ops.deployment import Deployment
from ops.migrations.chains import Chain
from ops.migrations.compare import describe_schema
from ops.migrations.connection import as_owner, owner_connection
from ops.migrations.run import migrate_tenants
from ops.settings_file import read_settings
from ops.smoke.command import participants_of
from ops.smoke.journey import Journey
from ops.smoke.participants import Participants
from ops.smoke.steps import Steps
from ops.stack.embedded import Stack, running
from ops.stack.options import PATIENT, Options
from tenants.registry.models import Tenant
from tenants.registry.names import Roles
from tenants.tables import accounts, arrangements, keys, parties
from tests.ops.migrations.revisions import Revisions
from tests.support.deployments import real_servers

SECONDS = 4.0
MAXIMUM_REQUESTS = 2_000
JOURNEYS = 1
SECONDS_BETWEEN_REVISIONS = 0.2
MINIMUM_REVISIONS = 2
TABLES_WITH_UNCHANGED_DATA = sorted(
    {
        table
        for module in (accounts, arrangements, keys, parties)
        for table in vars(module).values()
        if isinstance(table, Table)
    },
    key=lambda table: table.name,
)
_MIGRATION_TO_KILL = """
import asyncio, os, sys
from contextlib import contextmanager
from pathlib import Path

from haas.settings import ProvisionerSettings
from ops.migrations.chains import TENANT, Chain
from ops.migrations.run import migrate_tenants

class PrintedProgress:
    def line(self, text):
        print(text, flush=True)

    @contextmanager
    def bar(self, title, total):
        yield lambda: print("one more", flush=True)

settings = ProvisionerSettings.from_environment(os.environ)
asyncio.run(migrate_tenants(settings, PrintedProgress(), chain=Chain("tenant", TENANT.tables, Path(sys.argv[1]))))
"""


class Brands(msgspec.Struct):
    aurora: Tenant
    banksia: Tenant

    @property
    def both(self) -> list[Tenant]:
        return [self.aurora, self.banksia]


@pytest.fixture(scope="module")
def revisions(tmp_path_factory: pytest.TempPathFactory) -> Revisions:
    return Revisions(tmp_path_factory.mktemp("chains"))


@pytest.fixture(scope="module")
async def own_stack(state_folder: Path) -> AsyncIterator[Stack]:
    """A stack of this module's own: its schemas get revisions that exist only here."""
    servers = await real_servers("migrated")
    async with running(
        Options(state=state_folder / "migrated", port=0, durable=False, variables=PATIENT | WITHOUT_LIMIT, **servers),
        set_up_from_store,
    ) as stack:
        yield stack


@pytest.fixture(scope="module")
async def participants(own_stack: Stack) -> AsyncIterator[Participants]:
    async with participants_of(own_stack) as participants:
        yield participants


@pytest.fixture(scope="module")
async def caller(own_stack: Stack, participants: Participants) -> Caller:
    return await caller_with_consent(own_stack, participants)


@pytest.fixture(scope="module")
async def brands(own_stack: Stack) -> Brands:
    async with Deployment.open(own_stack.settings) as deployment:
        return Brands(*[await deployment.administration.find(slug) for slug in ("aurora", "banksia")])


async def test_no_request_fails_and_no_data_changes_while_schemas_are_migrated(
    own_stack: Stack, participants: Participants, caller: Caller, revisions: Revisions, brands: Brands
) -> None:
    settings, before = own_stack.settings, await _data(own_stack.settings, brands.banksia)
    enough = asyncio.Event()
    traffic = asyncio.gather(_journeys(participants), _ask_until(enough, own_stack, caller, brands.aurora))
    migrated = []
    try:
        while not traffic.done():
            chain = revisions.longer()
            migrated.append(await migrate_tenants(settings, chain=chain))
            if len(migrated) >= MINIMUM_REVISIONS:
                enough.set()
            await asyncio.wait([traffic], timeout=SECONDS_BETWEEN_REVISIONS)
    finally:
        enough.set()
    journeys, rounds = await traffic

    assert len(migrated) >= MINIMUM_REVISIONS
    for result in migrated:
        assert (sorted(result.migrated), result.current, result.failed) == (["aurora", "banksia"], [], [])
    assert journeys == JOURNEYS
    for operation, each in zip(OPERATIONS, zip(*rounds, strict=True), strict=True):
        answers = sum(len(measured.latencies) for measured in each)
        assert (sum(measured.too_busy for measured in each), answers > len(migrated)) == (0, True), operation.name
    assert await _data(settings, brands.banksia) == before
    await _assert_backfilled(settings, [brands.aurora, brands.banksia], chain)


async def test_a_failed_migration_under_traffic_changes_nothing_and_the_others_are_migrated(
    own_stack: Stack, caller: Caller, revisions: Revisions, brands: Brands
) -> None:
    settings, aurora = own_stack.settings, brands.aurora
    await migrate_tenants(settings, chain=revisions.longer())
    chain = revisions.longer()
    obstacle = f"{aurora.namespace.schema}.note_{int(chain.head)}"
    await _run(settings, f"CREATE TABLE {obstacle} (id int)")
    schema_before, data_before = await _catalogue(settings, aurora), await _data(settings, aurora)
    traffic = asyncio.create_task(_ask_everything(own_stack, caller, aurora))
    first = await migrate_tenants(settings, chain=chain)
    measured = await traffic

    assert [failure.slug for failure in first.failed] == ["aurora"]
    assert "already exists" in first.failed[0].reason
    assert first.migrated == ["banksia"]
    assert [each.too_busy for each in measured] == [0] * len(OPERATIONS)
    assert (await _catalogue(settings, aurora), await _data(settings, aurora)) == (schema_before, data_before)
    await _assert_backfilled(settings, [brands.banksia], chain)
    await _run(settings, f"DROP TABLE {obstacle}")
    second = await migrate_tenants(settings, chain=chain)
    assert (second.migrated, second.current, second.failed) == (["aurora"], ["banksia"], [])
    await _assert_backfilled(settings, [aurora], chain)


async def test_a_killed_migration_is_continued_by_the_next_run(
    own_stack: Stack, revisions: Revisions, brands: Brands
) -> None:
    settings = own_stack.settings
    await migrate_tenants(settings, chain=revisions.longer())
    before = [await _data(settings, tenant) for tenant in brands.both]
    chain = revisions.longer(pause=0.5)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _MIGRATION_TO_KILL,
        str(chain.folder),
        env={**os.environ, **read_settings(own_stack.folder.provisioner_settings)},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"one more\n"
    process.send_signal(signal.SIGKILL)
    assert await process.wait() == -signal.SIGKILL

    rest = await migrate_tenants(settings, chain=chain)
    assert (rest.current, rest.migrated, rest.failed) == (["aurora"], ["banksia"], [])
    assert [await _data(settings, tenant) for tenant in brands.both] == before
    await _assert_backfilled(settings, brands.both, chain)


async def _journeys(participants: Participants) -> int:
    """Run complete journeys of a person and a recipient, one after the other; return their number."""
    aurora = next(tenant for tenant in participants.description.tenants if tenant.slug == SOURCE)
    for customer in range(JOURNEYS):
        await Journey(participants, aurora, Steps(lambda _: None), customer=customer + 1).run()
    return JOURNEYS


async def _ask_until(enough: asyncio.Event, stack: Stack, caller: Caller, tenant: Tenant) -> list[list[Measured]]:
    """Send every measured request in rounds of some seconds, until `enough` is set; return what each round measured."""
    rounds = [await _ask_everything(stack, caller, tenant)]
    while not enough.is_set():
        rounds.append(await _ask_everything(stack, caller, tenant))
    return rounds


async def _ask_everything(stack: Stack, caller: Caller, tenant: Tenant) -> list[Measured]:
    """Send every measured request for some seconds. Raises LoadError for an answer that is not the right one."""

    def ask(operation: Operation) -> Measured:
        host = urlsplit(tenant.secure_base).hostname or ""
        target = Target(host, operation.requests(caller, tenant, MAXIMUM_REQUESTS))
        with Load(("127.0.0.1", stack.description.port), caller.context, [target], operation.status) as load:
            return load.run(SECONDS, 1)

    return await asyncio.gather(*(asyncio.to_thread(ask, operation) for operation in OPERATIONS))


async def _run(settings: Settings, statement: str) -> None:
    async with owner_connection(settings) as connection, connection.begin():
        await as_owner(connection, Roles(settings.role_prefix))
        await connection.execute(text(statement))


async def _catalogue(settings: Settings, tenant: Tenant) -> list[str]:
    async with owner_connection(settings) as connection, connection.begin():
        return await connection.run_sync(describe_schema, tenant.namespace.schema)


async def _data(settings: Settings, tenant: Tenant) -> dict[str, str]:
    """Return a digest of the rows of each table of accounts, arrangements, keys and parties."""
    digests = {}
    async with owner_connection(settings) as connection, connection.begin():
        await as_owner(connection, Roles(settings.role_prefix))
        for table in TABLES_WITH_UNCHANGED_DATA:
            columns = ", ".join(f'"{column.name}"' for column in table.columns)
            digest = f"SELECT md5(string_agg(r::text, '|' ORDER BY r::text)) FROM (SELECT {columns}"
            found = await connection.execute(text(f"{digest} FROM {tenant.namespace.schema}.{table.name}) r"))
            digests[table.name] = found.scalar_one()
    assert digests["account"] is not None
    return digests


async def _assert_backfilled(settings: Settings, tenants: Sequence[Tenant], chain: Chain) -> None:
    note = f"note_{int(chain.head)}"
    async with owner_connection(settings) as connection, connection.begin():
        await as_owner(connection, Roles(settings.role_prefix))
        for tenant in tenants:
            schema = tenant.namespace.schema
            wrong = f"SELECT count(*) FROM {schema}.account LEFT JOIN {schema}.{note} ON account_id = id"
            wrong += f" WHERE {note} <> reference OR account_id IS NULL"
            new = f"SELECT count(*) FILTER (WHERE {note} <> 'new') FROM {schema}.access_token"
            assert [(await connection.execute(text(each))).scalar_one() for each in (wrong, new)] == [0, 0]
