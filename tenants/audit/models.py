"""An entry of the audit trail."""

from datetime import datetime
from typing import Literal

import msgspec


class AuditedChange(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody did."""

    actor: str
    """Who: a staff member's id, a login's id, or the name of a process."""
    role: str
    """In which role they acted, such as `consumer` or `customer-care`."""
    action: str
    """What, as noun and verb, such as `disclosure-option.set`."""
    subject: str
    """To what: the id of an account, an arrangement, a customer."""
    reason: str | None = None
    before: object = None
    """What was there, as JSON can say it; None where nothing was."""
    after: object = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the audit trail."""

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


class Break(msgspec.Struct, frozen=True):
    """Where the trail is not what was written."""

    seq: int
    """The first number at which the chain does not hold."""
    what: Literal["missing", "changed", "head"]
    """A number that is not there, a row that its hash does not fit, or a head that is not the last row's."""
