"""The SQL of the audit trail."""

from typing import NamedTuple

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from haas.database import Transaction
from tenants.audit.models import AuditEntry
from tenants.audit.tables import audit, audit_head


class ChainHead(NamedTuple):
    """The number and hash of the last entry."""

    seq: int
    hash: bytes


async def lock_head(tx: Transaction, empty: ChainHead) -> ChainHead:
    """Return the head of the chain and lock it until the transaction ends. Add `empty` if there is no head yet."""
    await tx.execute(upsert(audit_head).values(id=1, **empty._asdict()).on_conflict_do_nothing())
    row = (await tx.execute(select(audit_head.c.seq, audit_head.c.hash).with_for_update())).one()
    return ChainHead(row.seq, row.hash)


async def head(tx: Transaction) -> ChainHead | None:
    """Return the head of the chain, or None if the trail has never had an entry."""
    row = (await tx.execute(select(audit_head.c.seq, audit_head.c.hash))).one_or_none()
    return None if row is None else ChainHead(row.seq, row.hash)


async def append(tx: Transaction, entry: AuditEntry) -> None:
    """Add an entry and make it the head. The caller holds the lock of the head."""
    await tx.execute(insert(audit).values({name: getattr(entry, name) for name in entry.__struct_fields__}))
    await tx.execute(update(audit_head).values(seq=entry.seq, hash=entry.hash))


async def entries_after(tx: Transaction, seq: int, limit: int) -> list[AuditEntry]:
    """Return at most `limit` entries whose number is greater than `seq`, ordered by number."""
    result = await tx.execute(select(audit).where(audit.c.seq > seq).order_by(audit.c.seq).limit(limit))
    return [AuditEntry(**row) for row in result.mappings()]
