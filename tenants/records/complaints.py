"""CDR complaint data: what was received, resolved and referred to the ombudsman (CDR Rules 9.3(1)(f), K-39)."""

from datetime import datetime
from uuid import UUID, uuid4

from haas.database import Transaction
from haas.one_line import checked_line
from tenants.records import store
from tenants.records.errors import RecordRefused, UnknownRecord
from tenants.records.models import Complaint, NewComplaint

MAXIMUM_TYPE = 100


async def receive(tx: Transaction, new: NewComplaint, *, actor: str, now: datetime) -> Complaint:
    """Record a complaint. Raise RecordRefused if it was received in the future, InvalidLine."""
    if new.received_at > now:
        raise RecordRefused("a complaint cannot be received in the future")
    stored = Complaint(
        id=uuid4(),
        recorded_by=actor,
        kind=new.kind,
        type=checked_line(new.type, "the type", MAXIMUM_TYPE),
        customer_id=new.customer_id,
        reference=None if new.reference is None else checked_line(new.reference, "the reference", MAXIMUM_TYPE),
        received_at=new.received_at,
    )
    await store.add(tx, "complaint", stored)
    return stored


async def refer(tx: Transaction, complaint_id: UUID, *, now: datetime) -> None:
    """Record that a complaint was referred to the ombudsman. Raise UnknownRecord if it was before."""
    if not await store.change_complaint(tx, complaint_id, only_if_null="ombudsman_at", ombudsman_at=now):
        raise UnknownRecord(f"there is no complaint {complaint_id} that was not referred to the ombudsman")


async def resolve(tx: Transaction, complaint_id: UUID, outcome: str, *, by_ombudsman: bool, now: datetime) -> None:
    """Record that a complaint was resolved, and how. Raise UnknownRecord, RecordRefused, InvalidLine."""
    values: dict[str, object] = {"resolved_at": now, "outcome": checked_line(outcome, "the outcome")}
    if by_ombudsman:
        found = await store.load(tx, "complaint", Complaint, complaint_id)
        if found is not None and found.ombudsman_at is None:
            raise RecordRefused("the ombudsman can only resolve a complaint that was referred to it")
        values["ombudsman_resolved_at"] = now
    if not await store.change_complaint(tx, complaint_id, only_if_null="resolved_at", **values):
        raise UnknownRecord(f"there is no unresolved complaint {complaint_id}")


async def open_complaints(tx: Transaction) -> list[Complaint]:
    """Return the complaints that are not resolved, the oldest first."""
    return await store.unfinished(tx, "complaint", Complaint)
