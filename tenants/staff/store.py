"""The SQL of staff members."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert

from haas.database import Transaction
from tenants.staff.models import StaffMember
from tenants.staff.tables import staff


async def record_sign_in(
    tx: Transaction, *, issuer: str, subject: str, name: str, email: str | None, roles: Sequence[str], now: datetime
) -> StaffMember:
    """Add the person whom the OpenID provider authenticated, or update the stored person. Return the staff member.

    A disabled person stays disabled: the caller must check `disabled_at`.
    """
    claims = {"name": name, "email": email, "roles": list(roles), "seen_at": now}
    result = await tx.execute(
        insert(staff)
        .values(id=uuid4(), issuer=issuer, subject=subject, created_at=now, **claims)
        .on_conflict_do_update(index_elements=["issuer", "subject"], set_=claims)
        .returning(*staff.c)
    )
    return _member(result.one())


async def by_id(tx: Transaction, staff_id: UUID) -> StaffMember | None:
    """Return the staff member with the id, disabled or not, or None."""
    row = (await tx.execute(select(staff).where(staff.c.id == staff_id))).one_or_none()
    return None if row is None else _member(row)


async def disable(tx: Transaction, staff_id: UUID, now: datetime) -> None:
    """Disable a staff member. Do nothing if the staff member is disabled already."""
    await tx.execute(update(staff).where(staff.c.id == staff_id, staff.c.disabled_at.is_(None)).values(disabled_at=now))


def _member(row: Row[Any]) -> StaffMember:
    return StaffMember(
        id=row.id,
        issuer=row.issuer,
        subject=row.subject,
        name=row.name,
        email=row.email,
        roles=tuple(row.roles),
        created_at=row.created_at,
        seen_at=row.seen_at,
        disabled_at=row.disabled_at,
    )
