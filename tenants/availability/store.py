"""The SQL of a tenant's outages."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import DateTime, and_, bindparam, insert, or_, select, true, update

from haas.database import Statement, Transaction
from tenants.availability.models import Outage
from tenants.availability.tables import outage

_now = bindparam("now", type_=DateTime(timezone=True))
_is_open = and_(outage.c.starts_at <= _now, or_(outage.c.ends_at.is_(None), outage.c.ends_at > _now))
# Among several open outages, unplanned ones come before planned ones, and complete ones before partial ones. If none is
# open, the unplanned outage that ended last is chosen. Boolean columns sort false before true.
_CURRENT_OR_LAST = Statement(
    select(outage)
    .where(outage.c.starts_at <= _now, or_(_is_open, ~outage.c.planned))
    .order_by(
        _is_open.desc(),
        outage.c.planned,
        and_(_is_open, outage.c.partial),
        outage.c.ends_at.desc().nulls_first(),
        outage.c.updated_at.desc(),
        outage.c.id,
    )
)
_PLANNED = Statement(
    select(outage).where(outage.c.planned, outage.c.ends_at > _now).order_by(outage.c.starts_at, outage.c.id)
)


async def current_or_last(tx: Transaction, now: datetime) -> Outage | None:
    """Return the outage that Get Status reports: an open one, or the unplanned one that ended last, or None."""
    row = await tx.row(_CURRENT_OR_LAST, now=now)
    return None if row is None else Outage(**row)


async def planned(tx: Transaction, now: datetime) -> list[Outage]:
    """Return the planned outages that have not ended, ordered by their start."""
    return [Outage(**row) for row in await tx.rows(_PLANNED, now=now)]


async def between(tx: Transaction, start: datetime, end: datetime) -> list[Outage]:
    """Return the outages that overlap a period, ordered by their start."""
    query = (
        select(outage)
        .where(outage.c.starts_at < end, or_(outage.c.ends_at.is_(None), outage.c.ends_at > start))
        .order_by(outage.c.starts_at, outage.c.id)
    )
    return [Outage(**row) for row in (await tx.execute(query)).mappings()]


async def add(tx: Transaction, new: Outage) -> None:
    """Add an outage."""
    await tx.execute(insert(outage).values(msgspec.structs.asdict(new)))


async def change(tx: Transaction, outage_id: UUID, *, now: datetime, **values: Any) -> None:
    """Change attributes of an outage, such as its explanation or its expected end."""
    await tx.execute(update(outage).where(outage.c.id == outage_id).values(updated_at=now, **values))


async def close(tx: Transaction, outage_id: UUID, *, closed_by: str, now: datetime) -> bool:
    """End an open outage; return whether it was open."""
    is_open = and_(outage.c.starts_at < now, or_(outage.c.ends_at.is_(None), outage.c.ends_at > now))
    result = await tx.execute(
        update(outage)
        .where(outage.c.id == outage_id, is_open)
        .values(ends_at=now, closed_by=closed_by, updated_at=now)
        .returning(true())
    )
    return result.one_or_none() is not None
