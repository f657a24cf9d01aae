"""A notice is announced by NOTIFY when its transaction commits."""

import asyncio

import pytest

from haas.clock import MovableClock
from haas.database import Database
from haas.database.dedicated import dedicated_connection
from haas.errors import HaasError
from haas.settings import Settings
from tenants.notices.outbox import NOTIFY_CHANNEL, put
from tenants.registry.models import Tenant
from tests.support.rows import notice

PAYLOAD = {"to": "+61400000000", "text": "hello"}


async def test_a_notification_with_the_schema_of_the_tenant_is_sent_after_the_commit(
    database: Database, settings: Settings, two_tenants: tuple[Tenant, Tenant], clock: MovableClock
) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    first, second = two_tenants
    async with dedicated_connection(settings.database_url, "test") as connection:
        await connection.listen(NOTIFY_CHANNEL, heard.put_nowait)
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
