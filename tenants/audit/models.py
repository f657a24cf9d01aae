"""Changes, their entries in the audit trail, and errors in the chain of entries."""

from datetime import datetime
from typing import Literal

import msgspec


class AuditedChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change that a person or process made."""

    actor: str
    """The id of a staff member, the id of a login, or the name of a process."""
    role: str
    """The role in which the actor made the change, such as `consumer` or `customer-care`."""
    action: str
    """Noun and verb, such as `disclosure-option.set`."""
    subject: str
    """The id of the changed account, arrangement or customer."""
    reason: str | None = None
    before: object = None
    """The value before the change, as a JSON-compatible object; None if there was no value."""
    after: object = None
    """The value after the change, in the same form."""


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the audit trail, as stored."""

    seq: int
    at: datetime
    actor: str
    role: str
    action: str
    subject: str
    reason: str | None
    before: str | None
    """JSON."""
    after: str | None
    previous_hash: bytes
    hash: bytes


class ChainBreak(msgspec.Struct, frozen=True):
    """The first place at which the stored trail was changed after it was written."""

    seq: int
    """The number of the first wrong or missing entry."""
    what: Literal["missing", "changed", "head"]
    """An entry is missing, an entry does not match its hash, or the head is not the last entry."""
