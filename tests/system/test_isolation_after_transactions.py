"""However a transaction ends, the next one on the same connection sees only its own tenant."""

import asyncio
import gc
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import bindparam, select

from haas.clock import MovableClock
from haas.database import Database, PoolExhausted, Purpose, Statement, Transaction
from haas.errors import HaasError
from haas.settings import Settings
from ops.demonstration import create_many
from ops.deployment import Deployment
from tenants.notices.tables import outbox
from tenants.registry.models import Tenant
from tenants.registry.names import Roles
from tenants.schema_metadata import CONTROL_SCHEMA
from tenants.tables import control, tenant

SEED = 20261124
CANCELLATIONS = 600
TENANTS_AT_ONCE = 100
ROUNDS = 6

_KINDS = Statement(select(outbox.c.kind))
_OF_KIND = Statement(select(outbox.c.id).where(outbox.c.kind == bindparam("kind")))
Work = Callable[[Transaction], Awaitable[None]]


class Refused(HaasError):
    pass


@pytest.fixture
def both(module_tenant: Tenant, module_neighbour: Tenant) -> tuple[Tenant, Tenant]:
    """Two tenants whose rows may be left by earlier tests."""
    return module_tenant, module_neighbour


@pytest.fixture
async def single(settings: Settings) -> AsyncIterator[Database]:
    """A pool of one connection, which the next transaction uses or replaces."""
    database = Database.open(settings.database_urls, connections=1)
    yield database
    await database.close()


async def _write(tx: Transaction, kind: str, clock: MovableClock) -> None:
    now = clock.now()
    row = {"id": uuid4(), "kind": kind, "payload": {}, "created_at": now, "due_at": now}
    await tx.execute(outbox.insert(), row)


async def _commits(_: Transaction) -> None:
    return


async def _is_refused(_: Transaction) -> None:
    raise Refused


async def _is_refused_and_commits(tx: Transaction) -> None:
    tx.commit_on_refusal()
    raise Refused


async def _fails(_: Transaction) -> None:
    raise ValueError


async def _fails_in_sql(tx: Transaction) -> None:
    await tx.driver.execute("SELECT 1 / 0")


async def _continues_after_an_error(tx: Transaction) -> None:
    with suppress(asyncpg.PostgresError):
        await tx.driver.execute("SELECT 1 / 0")


async def _is_too_slow_for_the_server(tx: Transaction) -> None:
    await tx.driver.execute("SET LOCAL statement_timeout = '10ms'; SELECT pg_sleep(5)")


async def _is_too_slow_for_the_caller(tx: Transaction) -> None:
    async with asyncio.timeout(0.01):
        await tx.driver.execute("SELECT pg_sleep(5)")


async def _loses_its_connection(tx: Transaction) -> None:
    await tx.driver.execute("SELECT pg_terminate_backend(pg_backend_pid())")


async def _ends_its_transaction_itself(tx: Transaction) -> None:
    await tx.driver.execute("COMMIT")


async def _begins_another_transaction(tx: Transaction) -> None:
    await tx.driver.execute("COMMIT; BEGIN")


async def _sets_its_role_for_the_session(tx: Transaction) -> None:
    await tx.driver.execute(f'SET ROLE "{tx.namespace.role}"')


async def _is_cancelled(tx: Transaction) -> None:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().call_later(0.005, task.cancel)
    await tx.driver.execute("SELECT pg_sleep(5)")


ENDS = [
    _commits,
    _is_refused,
    _is_refused_and_commits,
    _fails,
    _fails_in_sql,
    _continues_after_an_error,
    _is_too_slow_for_the_server,
    _is_too_slow_for_the_caller,
    _loses_its_connection,
    _ends_its_transaction_itself,
    _begins_another_transaction,
    _sets_its_role_for_the_session,
    _is_cancelled,
]


async def _assert_alone(database: Database, mine: Tenant, other: Tenant, settings: Settings) -> None:
    """Check that a transaction of `mine` is refused every table of `other` and of the control schema."""
    tables = [f"{other.namespace.schema}.{table.name}" for table in tenant.tables.values()]
    tables += [f"{CONTROL_SCHEMA}.{table.name}" for table in control.tables.values()]
    async with database.transaction(mine.namespace) as tx:
        users = await tx.driver.fetchrow("SELECT current_user, session_user")
        assert users is not None
        assert tuple(users) == (mine.namespace.role, Roles(settings.role_prefix).app)
        may = await tx.driver.fetch(
            "SELECT relname FROM pg_class, unnest($2::text[]) privilege WHERE relnamespace = ANY($1::regnamespace[])"
            " AND relkind = 'r' AND has_table_privilege(pg_class.oid, privilege)",
            [other.namespace.schema, CONTROL_SCHEMA],
            ["SELECT", "INSERT", "UPDATE", "DELETE"],
        )
        assert may == []
        for table in tables:
            await tx.driver.execute("SAVEPOINT before")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await tx.driver.execute(f"SELECT FROM {table}")
            await tx.driver.execute("ROLLBACK TO SAVEPOINT before")


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__.strip("_"))
async def test_the_next_transaction_on_the_connection_sees_only_its_own_tenant(
    single: Database, settings: Settings, clock: MovableClock, both: tuple[Tenant, Tenant], end: Work
) -> None:
    mine, other = both

    async def work() -> None:
        async with single.transaction(mine.namespace) as tx:
            await _write(tx, "mine", clock)
            await end(tx)

    with suppress(Exception, asyncio.CancelledError):
        await asyncio.create_task(work())
    await _assert_alone(single, other, mine, settings)
    await _assert_alone(single, mine, other, settings)


@pytest.mark.parametrize("leave", ["closes", "cancels", "drops"])
async def test_a_stream_whose_reader_stops_leaves_no_transaction_open(
    single: Database, settings: Settings, both: tuple[Tenant, Tenant], leave: str
) -> None:
    mine, other = both
    read = asyncio.Event()

    async def stream() -> AsyncIterator[int]:
        async with single.transaction(mine.namespace) as tx:
            async for row in tx.driver.cursor("SELECT * FROM generate_series(1, 100000)", prefetch=10):
                yield row[0]

    async def reader() -> None:
        source = stream()
        await anext(source)
        if leave == "closes":
            await source.aclose()
        elif leave == "cancels":
            read.set()
            async for _ in source:
                pass

    task = asyncio.create_task(reader())
    if leave == "cancels":
        await read.wait()
        task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    gc.collect()  # the event loop closes a generator without references
    await _assert_alone(single, other, mine, settings)


async def test_cancellation_at_random_points_leaves_no_transaction_open(
    settings: Settings, clock: MovableClock, two_tenants: tuple[Tenant, Tenant]
) -> None:
    """With two connections and two tenants, work is cancelled at random points and does not affect the next."""
    chance = random.Random(SEED)  # noqa: S311 - the same points on every run
    database = Database.open(settings.database_urls, connections=2)
    loop = asyncio.get_running_loop()

    async def work(mine: Tenant, pair: str) -> None:
        async with database.transaction(mine.namespace) as tx:
            assert await tx.driver.fetchval("SELECT current_user") == mine.namespace.role
            await _write(tx, pair, clock)
            assert {row["kind"] for row in await tx.rows(_KINDS)} <= known[mine.slug]
            await _write(tx, pair, clock)
            if chance.random() < 0.2:
                raise Refused

    known: dict[str, set[str]] = {each.slug: set() for each in two_tenants}
    cancelled = 0
    for number in range(CANCELLATIONS):
        mine = two_tenants[number % 2]
        pair = f"{mine.slug}/{number}"
        known[mine.slug].add(pair)
        task = asyncio.create_task(work(mine, pair))
        handle = loop.call_later(chance.expovariate(1 / 0.0015), task.cancel)
        try:
            await task
        except asyncio.CancelledError:
            cancelled += 1
        except Refused:
            pass
        handle.cancel()
    assert cancelled > CANCELLATIONS // 4

    for mine, other in (two_tenants, two_tenants[::-1]):
        await _assert_alone(database, mine, other, settings)
        async with database.transaction(mine.namespace) as tx:
            for pair in known[mine.slug]:
                assert len(await tx.rows(_OF_KIND, kind=pair)) in (0, 2), "half of a transaction was committed"
            assert {row["kind"] for row in await tx.rows(_KINDS)} <= known[mine.slug]
    await database.close()


async def test_concurrent_transactions_of_many_tenants_see_only_their_own_rows(
    own_deployment: Deployment, clock: MovableClock
) -> None:
    tenants = await create_many(own_deployment, TENANTS_AT_ONCE, prefix="crowd")
    database = Database.open(own_deployment.settings.database_urls)
    turn = asyncio.Semaphore(100)

    async def one_round(mine: Tenant, purpose: Purpose) -> None:
        async with turn, database.transaction(mine.namespace, purpose) as tx:
            await _write(tx, mine.slug, clock)
            hot = {row["kind"] for row in await tx.rows(_KINDS)}
            core = set((await tx.execute(select(outbox.c.kind))).scalars())
            assert hot == core == {mine.slug}
            assert await tx.driver.fetchval("SELECT current_user") == mine.namespace.role

    async def patiently(mine: Tenant, number: int) -> None:
        while True:
            try:
                await one_round(mine, "long" if number == 0 and mine.slug.endswith("7") else "requests")
            except PoolExhausted:
                continue
            return

    async with asyncio.TaskGroup() as group:
        for number in range(ROUNDS):
            for mine in tenants:
                group.create_task(patiently(mine, number))
    for mine in tenants:
        async with database.transaction(mine.namespace) as tx:
            assert [row["kind"] for row in await tx.rows(_KINDS)] == [mine.slug] * ROUNDS
    await database.close()


@pytest.mark.parametrize(
    "end", [end for end in ENDS if end is not _sets_its_role_for_the_session], ids=lambda end: end.__name__.strip("_")
)
async def test_an_idle_connection_has_no_role_and_no_access_to_tables(
    single: Database, settings: Settings, clock: MovableClock, module_tenant: Tenant, end: Work
) -> None:
    namespace = module_tenant.namespace

    async def work() -> None:
        async with single.transaction(namespace) as tx:
            await _write(tx, "mine", clock)
            await end(tx)

    with suppress(Exception, asyncio.CancelledError):
        await asyncio.create_task(work())
    pool = single._nodes[namespace.node].requests
    resting = await pool.take(namespace.schema)
    try:
        assert not resting.driver.is_in_transaction()
        assert await resting.driver.fetchval("SELECT current_user") == Roles(settings.role_prefix).app
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await resting.driver.execute(f"SELECT FROM {namespace.schema}.outbox")
    finally:
        await pool.give_back(resting, namespace.schema, clean=True)
