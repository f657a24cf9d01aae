"""The SQL of a tenant's availability."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Interval, bindparam, cast, select

from haas.database import Statement, Transaction
from tenants.availability.tables import outage, service_status

_STATUS = Statement(
    select(
        service_status.c.status,
        service_status.c.explanation,
        service_status.c.detected_at,
        service_status.c.expected_resolution_at,
        service_status.c.updated_at,
    ).order_by(service_status.c.updated_at.desc(), service_status.c.id)
)
_OUTAGES = Statement(
    select(outage.c.starts_at, outage.c.duration, outage.c.partial, outage.c.explanation)
    .where(outage.c.starts_at + cast(outage.c.duration, Interval) > bindparam("now", type_=DateTime(timezone=True)))
    .order_by(outage.c.starts_at, outage.c.id)
)


async def latest_status(tx: Transaction) -> Any:
    """Return the latest row that says how the tenant does, or None."""
    return await tx.row(_STATUS)


async def outages_to_come(tx: Transaction, now: datetime) -> list[Any]:
    """Return the scheduled outages that are not over, the next one first."""
    return await tx.rows(_OUTAGES, now=now)
