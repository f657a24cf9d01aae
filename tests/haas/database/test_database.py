"""Transactions: what commits, what rolls back, and what happens when the server or the connection fails."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from functools import partial

import asyncpg
import pytest
from asyncpg import PostgresError
from sqlalchemy import bindparam, literal_column, select
from sqlalchemy.exc import DBAPIError

from haas.clock import MovableClock
from haas.database import Database, Namespace, PoolExhausted, Statement, Transaction, TransactionAborted
from haas.errors import HaasError, Unavailable
from haas.settings import MAIN_NODE
from ops.deployment import Deployment
from tenants.keys.tables import data_key
from tenants.registry.models import Tenant

_COUNT = Statement(select(literal_column("count(*)")).select_from(data_key))
_BY_ID = Statement(select(data_key.c.id).where(data_key.c.id == bindparam("id")))


class Refused(HaasError):
    pass


@pytest.fixture
async def single_connection(deployment: Deployment) -> AsyncIterator[Database]:
    """A database with a single connection."""
    database = Database.open(deployment.settings.database_urls, connections=1)
    yield database
    await database.close()


async def _add(tx: Transaction, key_id: str, clock: MovableClock) -> None:
    await tx.execute(data_key.insert(), {"id": key_id, "sealed": b"", "created_at": clock.now()})


async def _has(database: Database, tenant: Tenant, key_id: str) -> bool:
    async with database.transaction(tenant.namespace) as tx:
        return await tx.scalar(_BY_ID, id=key_id) == key_id


async def test_a_transaction_without_an_error_is_committed(
    database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    async with database.transaction(tenant.namespace) as tx:
        await _add(tx, "kept", clock)
    assert await _has(database, tenant, "kept")


@pytest.mark.parametrize("error", [Refused, ValueError, asyncio.CancelledError])
async def test_a_transaction_with_an_error_is_rolled_back(
    database: Database, tenant: Tenant, clock: MovableClock, error: type[BaseException]
) -> None:
    with pytest.raises(error):
        async with database.transaction(tenant.namespace) as tx:
            await _add(tx, "lost", clock)
            raise error
    assert not await _has(database, tenant, "lost")


async def test_commit_on_refusal_commits_after_a_refusal_and_not_after_another_error(
    database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    for error, key_id in ((Refused, "committed"), (ValueError, "lost")):
        with pytest.raises(error):
            async with database.transaction(tenant.namespace) as tx:
                await _add(tx, key_id, clock)
                tx.commit_on_refusal()
                raise error
        assert await _has(database, tenant, key_id) == (key_id == "committed")


async def test_the_function_given_to_commit_on_refusal_is_repeated_after_another_error(
    database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    async def fail_in_postgres(tx: Transaction) -> None:
        await tx.driver.execute("SELECT 1 / 0")

    async def go_on_after_a_failure(tx: Transaction) -> None:
        with suppress(PostgresError):
            await fail_in_postgres(tx)

    async def refuse_after_a_failure(tx: Transaction) -> None:
        await go_on_after_a_failure(tx)
        raise Refused

    async def raise_another_error(_: Transaction) -> None:
        raise OverflowError

    expected: dict[Callable[[Transaction], Awaitable[None]], type[Exception]] = {
        fail_in_postgres: PostgresError,
        go_on_after_a_failure: TransactionAborted,
        refuse_after_a_failure: TransactionAborted,
        raise_another_error: OverflowError,
    }
    for fail, error in expected.items():
        repeated, lost = f"repeated-{fail.__name__}"[:20], f"lost-{fail.__name__}"[:20]
        with pytest.raises(error):
            async with database.transaction(tenant.namespace) as tx:
                await _add(tx, repeated, clock)
                tx.commit_on_refusal(partial(_add, tx, repeated, clock))
                await _add(tx, lost, clock)
                await fail(tx)
        assert await _has(database, tenant, repeated)
        assert not await _has(database, tenant, lost)


async def test_an_error_of_the_repeated_function_does_not_hide_the_first_error(
    database: Database, tenant: Tenant, clock: MovableClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise ValueError

    with pytest.raises(OverflowError):
        async with database.transaction(tenant.namespace) as tx:
            tx.commit_on_refusal(fail)
            raise OverflowError
    assert "database.not_repeated" in caplog.messages
    async with database.transaction(tenant.namespace) as tx:
        assert await tx.scalar(_COUNT) == 1


@pytest.mark.parametrize("refused", [False, True])
async def test_continuing_after_a_failed_statement_raises_transaction_aborted(
    database: Database, tenant: Tenant, clock: MovableClock, *, refused: bool
) -> None:
    with pytest.raises(TransactionAborted):
        async with database.transaction(tenant.namespace) as tx:
            await _add(tx, "twice", clock)
            with pytest.raises(DBAPIError):
                await _add(tx, "twice", clock)
            if refused:
                tx.commit_on_refusal()
                raise Refused
    assert not await _has(database, tenant, "twice")


async def test_a_statement_timeout_raises_unavailable_and_frees_the_connection(
    single_connection: Database, tenant: Tenant
) -> None:
    with pytest.raises(Unavailable, match="statement timeout"):
        async with single_connection.transaction(tenant.namespace) as tx:
            await tx.driver.execute("SET LOCAL statement_timeout = '20ms'; SELECT pg_sleep(5)")
    async with single_connection.transaction(tenant.namespace) as tx:
        assert await tx.scalar(_COUNT) == 1


async def test_waiting_for_a_connection_ends_with_pool_exhausted(
    single_connection: Database, two_tenants: tuple[Tenant, Tenant]
) -> None:
    first, second = two_tenants
    async with single_connection.transaction(first.namespace):
        with pytest.raises(PoolExhausted):
            async with single_connection.transaction(second.namespace):
                pytest.fail("there is no second connection")
        for purpose in ("public", "long"):
            async with single_connection.transaction(second.namespace, purpose) as tx:
                assert await tx.scalar(_COUNT) == 1


async def test_terminated_connections_in_the_pool_are_not_used(
    deployment: Deployment, superuser_url: str, tenant: Tenant
) -> None:
    database = Database.open(deployment.settings.database_urls, connections=3)
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(3):
                group.create_task(_use(database, tenant))
        await _terminate(superuser_url, deployment.settings.role_prefix)
        async with database.transaction(tenant.namespace) as tx:
            assert await tx.scalar(_COUNT) == 1
    finally:
        await database.close()


@pytest.mark.parametrize("through_driver", [False, True])
async def test_a_connection_lost_during_a_transaction_raises_unavailable(
    single_connection: Database, deployment: Deployment, superuser_url: str, tenant: Tenant, *, through_driver: bool
) -> None:
    with pytest.raises(Unavailable):
        async with single_connection.transaction(tenant.namespace) as tx:
            await tx.scalar(_COUNT)
            await _terminate(superuser_url, deployment.settings.role_prefix)
            await (tx.scalar(_COUNT) if through_driver else tx.execute(select(data_key.c.id)))
    async with single_connection.transaction(tenant.namespace) as tx:
        assert await tx.scalar(_COUNT) == 1


async def test_a_connection_lost_before_the_commit_raises_unavailable(
    single_connection: Database, deployment: Deployment, superuser_url: str, tenant: Tenant, clock: MovableClock
) -> None:
    with pytest.raises(Unavailable):
        async with single_connection.transaction(tenant.namespace) as tx:
            await _add(tx, "lost", clock)
            await _terminate(superuser_url, deployment.settings.role_prefix)
    assert not await _has(single_connection, tenant, "lost")


async def test_a_refusal_is_raised_even_if_the_connection_is_lost(
    single_connection: Database, deployment: Deployment, superuser_url: str, tenant: Tenant
) -> None:
    with pytest.raises(Refused):
        async with single_connection.transaction(tenant.namespace):
            await _terminate(superuser_url, deployment.settings.role_prefix)
            raise Refused


async def test_a_missing_database_role_raises_unavailable(database: Database) -> None:
    with pytest.raises(Unavailable, match="cannot be taken"):
        async with database.transaction(Namespace("tenant_nobody", "nobody_at_all")):
            pytest.fail("there is no such role")


async def test_an_unreachable_database_server_raises_unavailable(tenant: Tenant) -> None:
    database = Database.open({MAIN_NODE: "postgresql://nobody:wrong@127.0.0.1:1/nothing"})
    with pytest.raises(Unavailable, match="does not answer"):
        async with database.transaction(tenant.namespace):
            pytest.fail("there is no such server")
    await database.close()


async def _use(database: Database, tenant: Tenant) -> None:
    async with database.transaction(tenant.namespace) as tx:
        await tx.driver.execute("SELECT pg_sleep(0.05)")


async def _terminate(superuser_url: str, role_prefix: str) -> None:
    connection = await asyncpg.connect(superuser_url)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE usename = $1", f"{role_prefix}_app"
        )
    finally:
        await connection.close()


async def test_only_long_transactions_plan_a_statement_for_its_values(database: Database, tenant: Tenant) -> None:
    mode = Statement(select(literal_column("current_setting('plan_cache_mode')")))
    async with database.transaction(tenant.namespace) as tx:
        assert await tx.scalar(mode) == "force_generic_plan"
    async with database.transaction(tenant.namespace, "long") as tx:
        assert await tx.scalar(mode) == "auto"


@pytest.mark.parametrize(("factor", "limits"), [(1, ("1250ms", "1s")), (8, ("10s", "8s"))])
async def test_the_time_limits_of_requests_are_multiplied(
    deployment: Deployment, tenant: Tenant, factor: int, limits: tuple[str, str]
) -> None:
    database = Database.open(deployment.settings.database_urls, connections=1, time_factor=factor)
    try:
        async with database.transaction(tenant.namespace) as tx:
            found = [
                await tx.scalar(Statement(select(literal_column(f"current_setting('{name}_timeout')"))))
                for name in ("statement", "lock")
            ]
            assert tuple(found) == limits
    finally:
        await database.close()
