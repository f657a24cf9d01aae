"""Recording a change, and proving that what was recorded is still what is there.

The hash of an entry is SHA-256 over the hash of the entry before it and a JSON array of its number, time and contents;
the entry before the first has a hash of 32 zero bytes. Whoever changes or takes away a row would have to write every
later row and the head anew, which the tenant's role may not.
"""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import msgspec

from haas.database import Transaction
from tenants.audit import store
from tenants.audit.models import AuditedChange, Break, Entry

_EMPTY: Final = store.Head(0, bytes(32))
_PAGE: Final = 1_000
_encode = msgspec.json.Encoder(order="deterministic").encode


async def record(tx: Transaction, change: AuditedChange, *, now: datetime) -> int:
    """Add a change to the trail in the transaction that makes it; return its number.

    Transactions of one tenant that record something wait for each other from here to their end.
    """
    head = await store.lock_head(tx, _EMPTY)
    entry = Entry(
        seq=head.seq + 1,
        at=now,
        actor=change.actor,
        role=change.role,
        action=change.action,
        subject=change.subject,
        reason=change.reason,
        before=_json(change.before),
        after=_json(change.after),
        previous_hash=head.hash,
        hash=b"",
    )
    entry = msgspec.structs.replace(entry, hash=entry_hash(entry))
    await store.append(tx, entry)
    return entry.seq


async def verify(tx: Transaction) -> Break | None:
    """Read the whole trail; return where it is first not what was written, or None."""
    last = _EMPTY
    while page := await store.entries_after(tx, last.seq, _PAGE):
        for entry in page:
            if entry.seq != last.seq + 1:
                return Break(last.seq + 1, "missing")
            if entry.previous_hash != last.hash or entry.hash != entry_hash(entry):
                return Break(entry.seq, "changed")
            last = store.Head(entry.seq, entry.hash)
    head = await store.head(tx) or _EMPTY
    return None if head == last else Break(last.seq + 1, "missing" if head.seq > last.seq else "head")


def entry_hash(entry: Entry) -> bytes:
    """Return the hash that an entry must have: of everything in it but the hash itself."""
    contents = (
        entry.seq,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.actor,
        entry.role,
        entry.action,
        entry.subject,
        entry.reason,
        entry.before,
        entry.after,
    )
    return sha256(entry.previous_hash + _encode(contents)).digest()


def _json(value: object) -> str | None:
    return None if value is None else _encode(value).decode()
