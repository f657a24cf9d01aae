"""The SQL of a tenant's outages."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import DateTime, bindparam, delete, func, insert, or_, select, true, update

from haas.database import Statement, Transaction
from tenants.availability.models import Outage
from tenants.availability.tables import outage

_now = bindparam("now", type_=DateTime(timezone=True))
_has_not_ended = or_(outage.c.ends_at.is_(None), outage.c.ends_at > _now)
_last_end = select(func.max(outage.c.ends_at)).where(outage.c.ends_at <= _now).scalar_subquery()
_RELEVANT = Statement(
    select(outage).where(or_(_has_not_ended, outage.c.ends_at == _last_end)).order_by(outage.c.starts_at, outage.c.id)
)


async def relevant(tx: Transaction, now: datetime) -> list[Outage]:
    """Return the outages that have not ended, and the one that ended last, ordered by their start."""
    return [Outage(**row) for row in await tx.rows(_RELEVANT, now=now)]


async def number_of_open(tx: Transaction, now: datetime) -> int:
    """Return how many outages have not ended."""
    not_ended = or_(outage.c.ends_at.is_(None), outage.c.ends_at > now)
    return int((await tx.execute(select(func.count()).select_from(outage).where(not_ended))).scalar_one())


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
    not_ended = or_(outage.c.ends_at.is_(None), outage.c.ends_at > now)
    result = await tx.execute(
        update(outage)
        .where(outage.c.id == outage_id, outage.c.starts_at < now, not_ended)
        .values(ends_at=now, closed_by=closed_by, updated_at=now)
        .returning(true())
    )
    return result.one_or_none() is not None


async def withdraw(tx: Transaction, outage_id: UUID, now: datetime) -> bool:
    """Delete a planned outage that has not begun; return whether there was one."""
    result = await tx.execute(
        delete(outage).where(outage.c.id == outage_id, outage.c.planned, outage.c.starts_at >= now).returning(true())
    )
    return result.one_or_none() is not None
