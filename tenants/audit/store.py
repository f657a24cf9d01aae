"""The SQL of the audit trail."""

from typing import NamedTuple

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from haas.database import Transaction
from tenants.audit.models import Entry
from tenants.audit.tables import audit, audit_head


class Head(NamedTuple):
    """The last entry's number and hash."""

    seq: int
    hash: bytes


async def lock_head(tx: Transaction, first: Head) -> Head:
    """Return the head of the chain, locked until the transaction ends; `first` is that of an empty one."""
    await tx.execute(upsert(audit_head).values(id=1, **first._asdict()).on_conflict_do_nothing())
    row = (await tx.execute(select(audit_head.c.seq, audit_head.c.hash).with_for_update())).one()
    return Head(row.seq, row.hash)


async def head(tx: Transaction) -> Head | None:
    """Return the head of the chain, or None where nothing was ever recorded."""
    row = (await tx.execute(select(audit_head.c.seq, audit_head.c.hash))).one_or_none()
    return None if row is None else Head(row.seq, row.hash)


async def append(tx: Transaction, entry: Entry) -> None:
    """Add an entry and make it the head. The caller holds the head's lock."""
    await tx.execute(insert(audit).values({name: getattr(entry, name) for name in entry.__struct_fields__}))
    await tx.execute(update(audit_head).values(seq=entry.seq, hash=entry.hash))


async def entries_after(tx: Transaction, seq: int, limit: int) -> list[Entry]:
    """Return at most `limit` entries whose number is greater than `seq`, in their order."""
    result = await tx.execute(select(audit).where(audit.c.seq > seq).order_by(audit.c.seq).limit(limit))
    return [Entry(**row) for row in result.mappings()]
