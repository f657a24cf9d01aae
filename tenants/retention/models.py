"""Legal holds, and the rows of the retention table."""

from datetime import datetime
from uuid import UUID

import msgspec


class LegalHold(msgspec.Struct, frozen=True, kw_only=True):
    """Records that must not be deleted: all of the tenant, those of a customer, or those of one arrangement."""

    id: UUID
    customer_id: UUID | None = None
    arrangement_id: UUID | None = None
    reason: str
    set_by: str
    since: datetime
    until: datetime | None = None
    ended_by: str | None = None


class RecordKind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of record: where it is, how long it is kept, what is removed, and why."""

    name: str
    tables: tuple[str, ...]
    kept: str
    begins: str = ""
    """The event after which the time begins."""
    removed: str = "the rows"
    clause: str = ""
    holdable: bool = False
    """Whether a legal hold prevents the removal. Nothing that contains a secret can be held."""
