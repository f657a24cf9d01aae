"""The stored data is checked once in each night of the tenant; the result has numbers, and no values."""

import logging
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert, select

from haas.clock import MovableClock
from haas.database import Database
from tenants.accounts.tables import service_point
from tenants.housekeeping.data_check import DataChecks
from tenants.housekeeping.tables import data_check
from tenants.registry.models import Tenant
from tests.support.rows import execute


async def test_the_data_is_checked_once_a_night_and_invalid_items_are_counted(
    database: Database, tenant: Tenant, clock: MovableClock, caplog: pytest.LogCaptureFixture
) -> None:
    checks = DataChecks(database, clock)
    local = clock.now().astimezone(tenant.time_zone)
    clock.move(local.replace(hour=23, minute=0) - local)
    assert not await checks.is_due(tenant)
    clock.move(timedelta(hours=3))
    assert await checks.is_due(tenant)
    for number in range(2):
        row = {"national_metering_id": "4103000001", "detail": {"secret": "value"}, "updated_at": clock.now()}
        await execute(database, tenant, insert(service_point).values(id=uuid4(), reference=f"SP-{number}", **row))
    caplog.set_level(logging.INFO, "tenants.housekeeping.data_check")
    assert await checks.run(tenant) == {"service points": 2, "service point detail": 2}
    assert not await checks.is_due(tenant)
    (stored,) = await execute(database, tenant, select(data_check))
    assert stored.invalid == {"service points": 2, "service point detail": 2}
    assert [record.message for record in caplog.records] == ["data.invalid_items"]
    assert "SP-" not in repr(caplog.records[0].__dict__)
    clock.move(timedelta(days=1))
    assert await checks.is_due(tenant)
    await execute(database, tenant, service_point.delete())
    assert await checks.run(tenant) == {}
