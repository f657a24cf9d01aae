"""The SQL of statuses and accreditation numbers of the Register. They are in the control schema."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import and_, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from haas.database import Transaction
from tenants.register.models import Statuses
from tenants.register.tables import register_status
from tenants.registry.tables import register_environment

_BATCH = 1_000
_NEW = insert(register_status)
_PUT = _NEW.on_conflict_do_update(
    index_elements=["register_environment_id", "kind", "id"],
    set_={"status": _NEW.excluded.status, "status_at": _NEW.excluded.status_at},
    where=register_status.c.status != _NEW.excluded.status,
)


async def put_statuses(tx: Transaction, environment_id: str, statuses: Statuses, now: datetime) -> None:
    """Store the statuses. `status_at` of an unchanged status is not changed."""
    kinds: tuple[tuple[str, Mapping[str, str]], ...] = (
        ("recipient", statuses.recipients),
        ("product", statuses.products),
    )
    for kind, given in kinds:
        await _put(tx, environment_id, kind, given, now)
    polled = update(register_environment).where(register_environment.c.id == environment_id)
    await tx.execute(polled.values(polled_at=now))


async def polled_at(tx: Transaction, environment_id: str) -> datetime | None:
    """Return when the last reading of a Register began that succeeded, or None."""
    query = select(register_environment.c.polled_at).where(register_environment.c.id == environment_id)
    found: datetime | None = (await tx.execute(query)).scalar_one_or_none()
    return found


async def put_accreditations(tx: Transaction, environment_id: str, numbers: Mapping[str, str], now: datetime) -> None:
    """Store the accreditation numbers of data recipients by legal entity id."""
    await _put(tx, environment_id, "accreditation", numbers, now)


async def accreditations(tx: Transaction, environment_id: str) -> dict[str, str]:
    """Return the stored accreditation numbers by legal entity id."""
    query = select(register_status.c.id, register_status.c.status).where(
        register_status.c.register_environment_id == environment_id, register_status.c.kind == "accreditation"
    )
    return {row.id: row.status for row in await tx.execute(query)}


async def stored_statuses(tx: Transaction, environment_id: str) -> dict[tuple[str, str], str]:
    """Return the stored statuses by kind (recipient, product, accreditation) and id."""
    kept = select(register_status.c.kind, register_status.c.id, register_status.c.status)
    result = await tx.execute(kept.where(register_status.c.register_environment_id == environment_id))
    return {(row.kind, row.id): row.status for row in result}


async def statuses_since(
    tx: Transaction, environment_id: str, since: datetime, *, recipient_id: str, software_id: str
) -> dict[str, str]:
    """Return, by kind, the statuses of a recipient and of a product that changed at `since` or later."""
    either = or_(
        and_(register_status.c.kind == "recipient", register_status.c.id == recipient_id),
        and_(register_status.c.kind == "product", register_status.c.id == software_id),
    )
    query = select(register_status.c.kind, register_status.c.status).where(
        register_status.c.register_environment_id == environment_id, register_status.c.status_at >= since, either
    )
    return {row.kind: row.status for row in await tx.execute(query)}


async def poll_times(tx: Transaction) -> dict[str, datetime | None]:
    """Return when the statuses of each register environment were read last, by the id of the environment."""
    query = select(register_environment.c.id, register_environment.c.polled_at)
    return {row.id: row.polled_at for row in await tx.execute(query)}


async def _put(tx: Transaction, environment_id: str, kind: str, given: Mapping[str, str], now: datetime) -> None:
    rows = [
        {"register_environment_id": environment_id, "kind": kind, "id": subject, "status": status, "status_at": now}
        for subject, status in sorted(given.items())
    ]
    for start in range(0, len(rows), _BATCH):
        await tx.execute(_PUT, rows[start : start + _BATCH])
