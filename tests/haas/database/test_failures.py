"""Every fault of the database that does not depend on the request means "not now", and the next transaction succeeds.

The faults are real where that is possible. The others are raised by PL/pgSQL with their SQLSTATE; see `RAISED`.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
import pytest
from asyncpg import InternalClientError, PostgresError

from haas.database import Database, Namespace, Transaction
from haas.database.failures import NOT_NOW, cause_of
from haas.errors import Unavailable
from haas.settings import MAIN_NODE
from ops.deployment import Deployment
from ops.migrations.cluster import with_database
from tenants.registry.models import Tenant
from tests.support.nodes import terminate
from tests.support.relay import relay

RAISED = ("08006", "53200", "57P03", "58030")
"""A foreign server that is lost, a lack of memory, a server that is starting, and a file that cannot be read."""


class Place:
    """Where a fault happens: transactions of a tenant on two connections, and a connection of the superuser."""

    def __init__(
        self,
        database: Database,
        namespace: Namespace,
        superuser: "asyncpg.Connection[asyncpg.Record]",
        superuser_url: str,
        login: str,
    ) -> None:
        self.database, self.namespace = database, namespace
        self.superuser, self.superuser_url, self.login = superuser, superuser_url, login

    async def run(self, *statements: str) -> None:
        async with self.database.transaction(self.namespace) as tx:
            for statement in statements:
                await tx.driver.execute(statement)

    @property
    def rows(self) -> str:
        """A table of the tenant."""
        return f'"{self.namespace.schema}".data_key'


@pytest.fixture
async def place(deployment: Deployment, superuser_url: str, tenant: Tenant) -> AsyncIterator[Place]:
    prefix = deployment.settings.role_prefix
    database = Database.open(deployment.settings.database_urls, connections=2)
    superuser = await asyncpg.connect(with_database(superuser_url, prefix))
    place = Place(database, tenant.namespace, superuser, superuser_url, f"{prefix}_app")
    await place.run(f"UPDATE {place.rows} SET sealed = sealed")
    yield place
    await superuser.close()
    await database.close()


async def a_read_only_server(place: Place) -> None:
    await place.run("SET LOCAL transaction_read_only = on", f"DELETE FROM {place.rows}")


async def an_idle_transaction(place: Place) -> None:
    async with place.database.transaction(place.namespace) as tx:
        ended = asyncio.Event()
        tx.driver.add_termination_listener(lambda _: ended.set())
        await tx.driver.execute("SET LOCAL idle_in_transaction_session_timeout = '10ms'")
        await ended.wait()
        await tx.driver.execute("SELECT 1")


async def a_concurrent_update(place: Place) -> None:
    change = f"UPDATE {place.rows} SET sealed = sealed"
    async with place.database.transaction(place.namespace) as tx:
        await tx.use_one_snapshot()
        await tx.driver.execute(f"SELECT FROM {place.rows}")
        await place.run(change)
        await tx.driver.execute(change)


async def a_deadlock(place: Place) -> None:
    both = asyncio.Barrier(2)

    async def lock(first: int, second: int) -> None:
        async with place.database.transaction(place.namespace) as tx:
            # By default, PostgreSQL would first give up the lock: its limit is not longer than that of a deadlock.
            await tx.driver.execute(f"SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock({first})")
            await both.wait()
            await tx.driver.execute(f"SELECT pg_advisory_xact_lock({second})")

    outcomes = await asyncio.gather(lock(1, 2), lock(2, 1), return_exceptions=True)
    [failed] = filter(None, outcomes)
    raise failed


async def a_full_disk(place: Place) -> None:
    """/dev/full answers each write as a full disk does. Only the superuser may write to it."""
    database = Database.open({MAIN_NODE: place.superuser_url})
    try:
        async with database.transaction(Namespace("public", "postgres")) as tx:
            await tx.driver.execute("COPY (SELECT repeat('x', 1000000)) TO '/dev/full'")
    finally:
        await database.close()


async def a_full_quota_of_temporary_files(place: Place) -> None:
    await place.superuser.execute(f'GRANT SET ON PARAMETER temp_file_limit TO "{place.namespace.role}"')
    try:
        await place.run(
            "SET LOCAL temp_file_limit = '64kB'; SET LOCAL work_mem = '64kB'",
            "SELECT count(*) FROM (SELECT number FROM generate_series(1, 100000) number ORDER BY number::text) sorted",
        )
    finally:
        await place.superuser.execute(f'REVOKE SET ON PARAMETER temp_file_limit FROM "{place.namespace.role}"')


async def too_many_connections(place: Place) -> None:
    await terminate(place.superuser_url, place.login)
    await place.superuser.execute(f"ALTER ROLE {place.login} CONNECTION LIMIT 0")
    try:
        await place.run("SELECT 1")
    finally:
        await place.superuser.execute(f"ALTER ROLE {place.login} CONNECTION LIMIT -1")


async def a_lock(place: Place) -> None:
    async with place.superuser.transaction():
        await place.superuser.execute(f"LOCK TABLE {place.rows}")
        await place.run(f"DELETE FROM {place.rows}")


async def a_slow_statement(place: Place) -> None:
    await place.run("SELECT pg_sleep(30)")


async def an_ended_session(place: Place) -> None:
    async with place.database.transaction(place.namespace) as tx:
        process = await tx.driver.fetchval("SELECT pg_backend_pid()")
        running = asyncio.create_task(tx.driver.execute("SELECT pg_sleep(30)"))
        await asyncio.sleep(0)
        await place.superuser.execute("SELECT pg_terminate_backend($1, 1000)", process)
        await running


PROVOKED: dict[str, Callable[[Place], Awaitable[None]]] = {
    "25006": a_read_only_server,
    "25P03": an_idle_transaction,
    "40001": a_concurrent_update,
    "40P01": a_deadlock,
    "53100": a_full_disk,
    "53300": too_many_connections,
    "53400": a_full_quota_of_temporary_files,
    "55P03": a_lock,
    "57014": a_slow_statement,
    "57P01": an_ended_session,
}


def states_in(error: BaseException | None) -> set[str | None]:
    """Return the SQLSTATEs of an error and of its causes."""
    states = set()
    while error is not None:
        cause = cause_of(error)
        if isinstance(cause, PostgresError):
            states.add(cause.sqlstate)
        error = cause.__cause__ or error.__cause__
    return states


def test_every_entry_of_the_list_is_provoked() -> None:
    provoked = {*PROVOKED, *RAISED}
    assert [entry for entry in NOT_NOW if not any(state.startswith(entry) for state in provoked)] == []


@pytest.mark.parametrize("state", PROVOKED)
async def test_a_real_fault_means_not_now(place: Place, state: str) -> None:
    with pytest.raises(Unavailable) as raised:
        await PROVOKED[state](place)
    if state != "25P03":  # the driver keeps no error that arrives while no statement runs
        assert state in states_in(raised.value)
    await place.run("SELECT 1")


@pytest.mark.parametrize("state", RAISED)
async def test_a_raised_fault_means_not_now(place: Place, state: str) -> None:
    with pytest.raises(Unavailable):
        await place.run(f"DO $$ BEGIN RAISE EXCEPTION 'provoked' USING ERRCODE = '{state}'; END $$")
    await place.run("SELECT 1")


@pytest.mark.parametrize("state", ["22012", "23505", "42P01", "XX000"])
async def test_a_fault_of_the_program_does_not_mean_not_now(place: Place, state: str) -> None:
    with pytest.raises(PostgresError):
        await place.run(f"DO $$ BEGIN RAISE EXCEPTION 'provoked' USING ERRCODE = '{state}'; END $$")


async def test_a_fault_at_the_commit_means_not_now(place: Place) -> None:
    """PostgreSQL checks deferred constraints, and may have to write, at COMMIT."""
    name = f"{place.namespace.schema}_deferred"
    await place.superuser.execute(
        f"""CREATE FUNCTION public.{name}() RETURNS trigger LANGUAGE plpgsql
            AS $$ BEGIN RAISE EXCEPTION 'provoked' USING ERRCODE = '53100'; END $$;
            CREATE CONSTRAINT TRIGGER full_at_commit AFTER UPDATE ON {place.rows}
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.{name}()"""
    )
    with pytest.raises(Unavailable, match="no disk space"):
        await place.run(f"UPDATE {place.rows} SET sealed = sealed")
    await place.superuser.execute(f"DROP FUNCTION public.{name}() CASCADE")


async def test_a_stream_waits_for_a_lock_only_as_long_as_a_request(place: Place) -> None:
    async with place.superuser.transaction():
        await place.superuser.execute(f"LOCK TABLE {place.rows}")
        with pytest.raises(Unavailable) as raised:
            async with place.database.transaction(place.namespace, "long") as tx:
                await tx.use_one_snapshot()
                await tx.driver.execute(f"SELECT FROM {place.rows}")
    assert "55P03" in states_in(raised.value)


async def test_connections_to_a_server_that_is_read_only_after_a_failover_are_not_used_again(place: Place) -> None:
    async with place.database.transaction(place.namespace) as other, place.database.transaction(place.namespace) as tx:
        drivers = [other.driver, tx.driver]
    with pytest.raises(Unavailable):
        await a_read_only_server(place)
    assert all(driver.is_closed() for driver in drivers)


async def test_an_error_of_the_driver_on_a_dying_connection_leads_to_the_next_connection(
    deployment: Deployment, superuser_url: str, tenant: Tenant
) -> None:
    """The server has said that it ends the session, but the end of the connection has not arrived yet."""
    settings = deployment.settings
    async with relay(settings.database_url) as through, _database(through.url) as database:

        async def use(tx: Transaction) -> None:
            assert await tx.driver.fetchval("SELECT 1") == 1

        async with database.transaction(tenant.namespace) as tx:
            await use(tx)
            dying = tx.driver
        await terminate(superuser_url, f"{settings.role_prefix}_app")
        await through.ended.acquire()
        assert not dying.is_closed()
        with pytest.raises(InternalClientError):
            await dying.execute("SELECT 1")
        async with database.transaction(tenant.namespace) as tx:
            await use(tx)


@asynccontextmanager
async def _database(url: str) -> AsyncIterator[Database]:
    database = Database.open({MAIN_NODE: url}, connections=1)
    try:
        yield database
    finally:
        await database.close()
