"""Transactions: what commits, what rolls back, and what happens when the server or the connection fails."""

import asyncio
from collections.abc import AsyncIterator
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
async def narrow(deployment: Deployment) -> AsyncIterator[Database]:
    """One connection for everything."""
    database = Database.open(deployment.settings.database_urls, pools=1, connections=1)
    yield database
    await database.close()


async def _add(tx: Transaction, key_id: str, clock: MovableClock) -> None:
    await tx.execute(data_key.insert(), {"id": key_id, "sealed": b"", "created_at": clock.now()})


async def _has(database: Database, tenant: Tenant, key_id: str) -> bool:
    async with database.transaction(tenant.namespace) as tx:
        return await tx.scalar(_BY_ID, id=key_id) == key_id


async def test_a_clean_exit_commits(database: Database, tenant: Tenant, clock: MovableClock) -> None:
    async with database.transaction(tenant.namespace) as tx:
        await _add(tx, "kept", clock)
    assert await _has(database, tenant, "kept")


@pytest.mark.parametrize("error", [Refused, ValueError, asyncio.CancelledError])
async def test_an_error_rolls_back(
    database: Database, tenant: Tenant, clock: MovableClock, error: type[BaseException]
) -> None:
    with pytest.raises(error):
        async with database.transaction(tenant.namespace) as tx:
            await _add(tx, "lost", clock)
            raise error
    assert not await _has(database, tenant, "lost")


async def test_commit_on_refusal_commits_on_a_refusal_and_not_on_a_fault(
    database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    for error, key_id in ((Refused, "committed"), (ValueError, "lost")):
        with pytest.raises(error):
            async with database.transaction(tenant.namespace) as tx:
                await _add(tx, key_id, clock)
                tx.commit_on_refusal()
                raise error
        assert await _has(database, tenant, key_id) == (key_id == "committed")


async def test_what_is_to_be_repeated_remains_after_a_fault(
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

    async def raise_a_fault(_: Transaction) -> None:
        raise OverflowError

    for fault in (fail_in_postgres, go_on_after_a_failure, refuse_after_a_failure, raise_a_fault):
        kept, lost = f"kept-{fault.__name__}"[:20], f"lost-{fault.__name__}"[:20]
        with pytest.raises((PostgresError, TransactionAborted, OverflowError)):
            async with database.transaction(tenant.namespace) as tx:
                await _add(tx, kept, clock)
                tx.commit_on_refusal(partial(_add, tx, kept, clock))
                await _add(tx, lost, clock)
                await fault(tx)
        assert await _has(database, tenant, kept)
        assert not await _has(database, tenant, lost)


async def test_a_repetition_that_fails_does_not_hide_the_fault(
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
async def test_a_block_that_goes_on_after_a_failed_statement_is_told_that_nothing_was_committed(
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


async def test_a_slow_statement_ends_as_unavailable_and_frees_its_connection(narrow: Database, tenant: Tenant) -> None:
    with pytest.raises(Unavailable, match="statement timeout"):
        async with narrow.transaction(tenant.namespace) as tx:
            await tx.driver.execute("SET LOCAL statement_timeout = '20ms'; SELECT pg_sleep(5)")
    async with narrow.transaction(tenant.namespace) as tx:
        assert await tx.scalar(_COUNT) == 1


async def test_waiting_for_a_connection_ends_after_a_second(
    narrow: Database, two_tenants: tuple[Tenant, Tenant]
) -> None:
    first, second = two_tenants
    async with narrow.transaction(first.namespace):
        with pytest.raises(PoolExhausted):
            async with narrow.transaction(second.namespace):
                pytest.fail("there is no second connection")
        async with narrow.transaction(second.namespace, long=True) as tx:
            assert await tx.scalar(_COUNT) == 1


async def test_connections_that_died_in_the_pool_are_skipped(
    deployment: Deployment, superuser_url: str, tenant: Tenant
) -> None:
    database = Database.open(deployment.settings.database_urls, pools=1, connections=3)
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(3):
                group.create_task(_use(database, tenant))
        await _terminate(superuser_url, deployment.settings.role_prefix)
        async with database.transaction(tenant.namespace) as tx:
            assert await tx.scalar(_COUNT) == 1
    finally:
        await database.close()


@pytest.mark.parametrize("hot", [False, True])
async def test_a_connection_lost_in_the_middle_is_unavailable(
    narrow: Database, deployment: Deployment, superuser_url: str, tenant: Tenant, *, hot: bool
) -> None:
    with pytest.raises(Unavailable):
        async with narrow.transaction(tenant.namespace) as tx:
            await tx.scalar(_COUNT)
            await _terminate(superuser_url, deployment.settings.role_prefix)
            await (tx.scalar(_COUNT) if hot else tx.execute(select(data_key.c.id)))
    async with narrow.transaction(tenant.namespace) as tx:
        assert await tx.scalar(_COUNT) == 1


async def test_a_connection_lost_before_the_commit_is_unavailable(
    narrow: Database, deployment: Deployment, superuser_url: str, tenant: Tenant, clock: MovableClock
) -> None:
    with pytest.raises(Unavailable):
        async with narrow.transaction(tenant.namespace) as tx:
            await _add(tx, "lost", clock)
            await _terminate(superuser_url, deployment.settings.role_prefix)
    assert not await _has(narrow, tenant, "lost")


async def test_a_refusal_is_not_hidden_by_a_connection_lost_with_it(
    narrow: Database, deployment: Deployment, superuser_url: str, tenant: Tenant
) -> None:
    with pytest.raises(Refused):
        async with narrow.transaction(tenant.namespace):
            await _terminate(superuser_url, deployment.settings.role_prefix)
            raise Refused


async def test_a_role_that_is_not_there_is_unavailable(database: Database) -> None:
    with pytest.raises(Unavailable, match="cannot be taken"):
        async with database.transaction(Namespace("tenant_nobody", "nobody_at_all")):
            pytest.fail("there is no such role")


async def test_a_server_that_is_not_there_is_unavailable(tenant: Tenant) -> None:
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
    async with database.transaction(tenant.namespace, long=True) as tx:
        assert await tx.scalar(mode) == "auto"
