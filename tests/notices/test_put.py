"""A notice is announced by NOTIFY when its transaction commits."""

import asyncio

import pytest

from haas.clock import MovableClock
from haas.database import Database
from haas.database.standing import standing_connection
from haas.errors import HaasError
from haas.settings import Settings
from tenants.notices.outbox import CHANNEL, put
from tenants.registry.models import Tenant
from tests.support.rows import notice

PAYLOAD = {"to": "+61400000000", "text": "hello"}


async def test_the_schema_of_the_tenant_is_notified_after_the_commit(
    database: Database, settings: Settings, two_tenants: tuple[Tenant, Tenant], clock: MovableClock
) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    first, second = two_tenants
    async with standing_connection(settings.database_url, "test") as connection:
        await connection.listen(CHANNEL, heard.put_nowait)
        with pytest.raises(HaasError):
            async with database.transaction(first.namespace) as tx:
                await put(tx, "sms", PAYLOAD, now=clock.now())
                raise HaasError("no")
        async with database.transaction(second.namespace) as tx:
            notice_id = await put(tx, "sms", PAYLOAD, now=clock.now())
            await connection.check()
            assert heard.empty()
        async with asyncio.timeout(5):
            assert await heard.get() == second.namespace.schema
    row = await notice(database, second, notice_id)
    assert (row.kind, row.payload, row.tries) == ("sms", PAYLOAD, 0)


async def test_a_standing_connection_signals_its_end(settings: Settings, superuser_url: str) -> None:
    async with (
        standing_connection(superuser_url, "test-ender") as ender,
        standing_connection(settings.database_url, "test-ended") as connection,
    ):
        assert await connection.try_lock(4711)
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test-ended'"
        await ender._fetch(end)
        async with asyncio.timeout(5):
            await connection.lost.wait()
    async with standing_connection(settings.database_url, "test") as another:
        assert await another.try_lock(4711)


async def test_a_lock_is_held_by_one_session(settings: Settings) -> None:
    async with standing_connection(settings.database_url, "one") as one:
        assert await one.try_lock(4712)
        async with standing_connection(settings.database_url, "other") as other:
            assert not await other.try_lock(4712)
    async with standing_connection(settings.database_url, "other") as other:
        assert await other.try_lock(4712)
