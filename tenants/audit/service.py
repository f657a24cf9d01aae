"""Adds changes to the audit trail, and verifies that the trail is unchanged.

The hash of an entry is SHA-256 of the hash of the previous entry, followed by a JSON array of the number, time and
contents of the entry. For the first entry, the previous hash is 32 zero bytes. To hide the change or deletion of a row,
an attacker must rewrite every later row and the head. The tenant's role may not update or delete rows of `audit`.
"""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import msgspec

from haas.database import Transaction
from tenants.audit import store
from tenants.audit.models import AuditedChange, AuditEntry, ChainBreak

_EMPTY: Final = store.ChainHead(0, bytes(32))
_PAGE: Final = 1_000
_encode = msgspec.json.Encoder(order="deterministic").encode


async def record(tx: Transaction, change: AuditedChange, *, now: datetime) -> int:
    """Add the entry of a change to the trail, in the transaction of the change. Return the number of the entry.

    This locks the head of the trail: another transaction of the tenant that calls `record` waits until this one ends.
    """
    head = await store.lock_head(tx, _EMPTY)
    entry = AuditEntry(
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


async def verify(tx: Transaction) -> ChainBreak | None:
    """Read the whole trail. Return the first place at which it was changed, or None."""
    last = _EMPTY
    while page := await store.entries_after(tx, last.seq, _PAGE):
        for entry in page:
            if entry.seq != last.seq + 1:
                return ChainBreak(last.seq + 1, "missing")
            if entry.previous_hash != last.hash or entry.hash != entry_hash(entry):
                return ChainBreak(entry.seq, "changed")
            last = store.ChainHead(entry.seq, entry.hash)
    head = await store.head(tx) or _EMPTY
    return None if head == last else ChainBreak(last.seq + 1, "missing" if head.seq > last.seq else "head")


def entry_hash(entry: AuditEntry) -> bytes:
    """Return the hash that the entry must have. It covers all members except `hash`."""
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
