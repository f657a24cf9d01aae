"""Sets and ends legal holds. While one is in force, housekeeping deletes none of its records."""

from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from haas.database import Transaction
from haas.one_line import checked_line
from tenants.audit import service as audit
from tenants.audit.models import AuditedChange
from tenants.retention import store
from tenants.retention.errors import HoldRefused, RecordsHeld
from tenants.retention.models import LegalHold

ROLE: Final = "operator"


async def hold(
    tx: Transaction,
    *,
    reason: str,
    customer_id: UUID | None = None,
    arrangement_id: UUID | None = None,
    actor: str,
    now: datetime,
) -> LegalHold:
    """Keep all records of the tenant, or those of one customer or one arrangement, until the hold is ended.

    A hold that is in force already is returned. Raise HoldRefused if there is no such customer or arrangement, or if
    both are named; InvalidLine.
    """
    if customer_id is not None and arrangement_id is not None:
        raise HoldRefused("name a customer or an arrangement, or neither for all records of the tenant")
    if not await store.exists(tx, customer_id, arrangement_id):
        raise HoldRefused("there is no such customer or arrangement")
    new = LegalHold(
        id=uuid4(),
        customer_id=customer_id,
        arrangement_id=arrangement_id,
        reason=checked_line(reason, "the reason"),
        set_by=actor,
        since=now,
    )
    stored = await store.add_hold(tx, new)
    if stored.id == new.id:
        await _record(tx, "legal-hold.set", stored, reason=new.reason, actor=actor, now=now)
    return stored


async def release(tx: Transaction, hold_id: UUID, *, reason: str, actor: str, now: datetime) -> None:
    """End a hold, with the reason. Its records are then deleted as all others are. Raise HoldRefused, InvalidLine."""
    line = checked_line(reason, "the reason")
    ended = await store.end_hold(tx, hold_id, actor=actor, now=now)
    if ended is None:
        raise HoldRefused(f"there is no legal hold {hold_id} in force")
    await _record(tx, "legal-hold.end", ended, reason=line, actor=actor, now=now)


async def holds(tx: Transaction) -> list[LegalHold]:
    """Return all holds, also ended ones, the oldest first."""
    return await store.holds(tx)


async def refuse_removal_during_hold(tx: Transaction, slug: str) -> None:
    """Raise RecordsHeld if a hold is in force. None is set until the transaction ends."""
    held = await store.locked_holds(tx)
    if held:
        listed = ", ".join(map(str, held))
        raise RecordsHeld(
            f"the tenant {slug!r} cannot be removed, because legal holds keep its records: {listed}. `haas retention"
            f" holds {slug}` says why. When the records need not be kept any longer, end each with `haas retention"
            f" release {slug} ID --reason …`, and remove the tenant then"
        )


async def _record(tx: Transaction, action: str, changed: LegalHold, *, reason: str, actor: str, now: datetime) -> None:
    after = {"customer": str(changed.customer_id), "arrangement": str(changed.arrangement_id)}
    change = AuditedChange(actor=actor, role=ROLE, action=action, subject=str(changed.id), reason=reason, after=after)
    await audit.record(tx, change, now=now)
