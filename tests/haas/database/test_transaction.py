"""Transactions run SQL through the driver or SQLAlchemy with the same results, and nothing after their end."""

import pytest
from sqlalchemy import select

from haas.clock import MovableClock
from haas.database import Database, Statement
from tenants.keys.tables import data_key
from tenants.notices.tables import outbox
from tenants.registry.models import Tenant

_IDS = Statement(select(data_key.c.id))


async def test_every_use_of_an_ended_transaction_raises_an_error(
    database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    async with database.transaction(tenant.namespace) as tx:
        assert len(await tx.rows(_IDS)) == 1
    row = {"id": "late", "sealed": b"", "created_at": clock.now()}
    for use in (tx.scalar(_IDS), tx.rows(_IDS), tx.row(_IDS), tx.execute(data_key.insert(), row)):
        with pytest.raises(RuntimeError, match="has ended"):
            await use
    with pytest.raises(RuntimeError, match="has ended"):
        tx.driver.is_closed()


async def test_json_is_decoded_through_the_driver_and_through_sqlalchemy(
    database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    payload = {"to": "émile@example.test", "n": [1, 2.5, None]}
    async with database.transaction(tenant.namespace) as tx:
        row = {
            "id": "00000000-0000-4000-8000-000000000001",
            "kind": "email",
            "payload": payload,
            "created_at": clock.now(),
            "due_at": clock.now(),
        }
        await tx.execute(outbox.insert(), row)
        hot = await tx.scalar(Statement(select(outbox.c.payload)))
        core = (await tx.execute(select(outbox.c.payload))).scalar_one()
    assert hot == core == payload
