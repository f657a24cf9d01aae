"""The SQL of complaints, corrections, requests for copies, and of what a pack and a report are made of."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import Row, Table, and_, func, insert, or_, select, update

from haas.database import Transaction
from tenants.accounts.tables import account, holding, refusal
from tenants.calls.tables import disclosure_day
from tenants.notices.tables import outbox
from tenants.parties.tables import customer as customer_table
from tenants.records.tables import complaint, correction_request, record_request

Stored = TypeVar("Stored", bound=msgspec.Struct)
ComplaintRow = Row[Any]
DisclosureRow = Row[Any]
NoticeRow = Row[Any]
MAXIMUM_LISTED: Final = 1_000


class _Kind(NamedTuple):
    table: Table
    completed: str
    first: str


_KINDS: Final = {
    "complaint": _Kind(complaint, "resolved_at", "received_at"),
    "correction_request": _Kind(correction_request, "decided_at", "due_on"),
    "record_request": _Kind(record_request, "delivered_at", "due_on"),
}


async def add(tx: Transaction, kind: str, record: msgspec.Struct) -> None:
    """Add a record. `kind` is the name of its table."""
    await tx.execute(insert(_KINDS[kind].table).values(msgspec.structs.asdict(record)))


async def load(tx: Transaction, kind: str, as_type: type[Stored], record_id: UUID) -> Stored | None:
    """Return a record and lock it until the transaction ends. Return None if there is none."""
    table = _KINDS[kind].table
    row = (await tx.execute(select(table).where(table.c.id == record_id).with_for_update())).mappings().one_or_none()
    return None if row is None else as_type(**row)


async def unfinished(tx: Transaction, kind: str, as_type: type[Stored]) -> list[Stored]:
    """Return at most MAXIMUM_LISTED records that are not completed, the most urgent first."""
    table, completed, first = _KINDS[kind]
    query = select(table).where(table.c[completed].is_(None)).order_by(table.c[first], table.c.id).limit(MAXIMUM_LISTED)
    return [as_type(**row) for row in (await tx.execute(query)).mappings()]


async def of_customer(tx: Transaction, kind: str, as_type: type[Stored], customer_id: UUID) -> list[Stored]:
    """Return the records of a customer, the oldest first, with the columns that `as_type` has."""
    table = _KINDS[kind].table
    query = (
        select(*(table.c[name] for name in as_type.__struct_fields__))
        .where(table.c.customer_id == customer_id)
        .order_by(table.c.received_at, table.c.id)
    )
    return [as_type(**row) for row in (await tx.execute(query)).mappings()]


async def change_complaint(tx: Transaction, complaint_id: UUID, *, only_if_null: str, **values: object) -> bool:
    """Change a complaint in which a column is still null. Return whether there is one."""
    open_ = and_(complaint.c.id == complaint_id, complaint.c[only_if_null].is_(None))
    return bool((await tx.execute(update(complaint).where(open_).values(**values))).rowcount)


async def acknowledge_correction(tx: Transaction, request_id: UUID, now: datetime) -> bool:
    """Record that a request was acknowledged. Return whether there is one that was not."""
    table = correction_request.c
    open_ = and_(table.id == request_id, table.acknowledged_at.is_(None))
    return bool((await tx.execute(update(correction_request).where(open_).values(acknowledged_at=now))).rowcount)


async def decide_correction(tx: Transaction, request_id: UUID, **values: object) -> None:
    """Store the decision about a request."""
    await tx.execute(update(correction_request).where(correction_request.c.id == request_id).values(**values))


async def deliver_records(tx: Transaction, request_id: UUID, *, channel: str, by: str, now: datetime) -> bool:
    """Record that a request was answered. Return whether there is one that was not."""
    open_ = and_(record_request.c.id == request_id, record_request.c.delivered_at.is_(None))
    values = {"delivered_at": now, "delivery_channel": channel, "delivered_by": by}
    return bool((await tx.execute(update(record_request).where(open_).values(values))).rowcount)


async def customer(tx: Transaction, customer_id: UUID) -> Row[Any] | None:
    """Return the kind, the name and the retailer's reference of a customer, or None."""
    table = customer_table.c
    return (await tx.execute(select(table.kind, table.name, table.reference).where(table.id == customer_id))).first()


async def customer_by_reference(tx: Transaction, reference: str) -> UUID | None:
    """Return the id of the customer with the retailer's reference, or None."""
    query = select(customer_table.c.id).where(customer_table.c.reference == reference)
    return (await tx.execute(query)).scalar_one_or_none()


async def account_by_reference(tx: Transaction, reference: str) -> UUID | None:
    """Return the id of the account with the retailer's reference, or None."""
    return (await tx.execute(select(account.c.id).where(account.c.reference == reference))).scalar_one_or_none()


async def holds(tx: Transaction, customer_id: UUID, account_id: UUID) -> bool:
    """Return whether a customer holds or held an account."""
    held = and_(holding.c.customer_id == customer_id, holding.c.account_id == account_id)
    return (await tx.execute(select(holding.c.account_id).where(held).limit(1))).first() is not None


async def disclosures(tx: Transaction, arrangement_ids: Sequence[UUID]) -> list[DisclosureRow]:
    """Return the ledger of arrangements, summed up by arrangement, account and cluster."""
    if not arrangement_ids:
        return []
    day = disclosure_day.c
    query = (
        select(
            day.arrangement_id,
            day.account_id,
            day.cluster,
            func.min(day.day).label("first_on"),
            func.max(day.last_at).label("last_at"),
            func.sum(day.calls).label("times"),
            func.max(day.corrected_at).label("corrected_at"),
        )
        .where(day.arrangement_id.in_(arrangement_ids))
        .group_by(day.arrangement_id, day.account_id, day.cluster)
        .order_by("first_on", day.cluster, day.account_id)
    )
    return list((await tx.execute(query)).all())


async def notices(tx: Transaction, arrangement_ids: Sequence[UUID]) -> list[NoticeRow]:
    """Return the notices about arrangements, the oldest first, with the customer who was told.

    Those that a harm flag held back are left out: they would tell of it (CDR Rules 4A.15).
    """
    if not arrangement_ids:
        return []
    names = ("arrangement_id", "customer_id", "about", "kind", "created_at", "done_at", "handled_at")
    query = select(*(outbox.c[name] for name in names))
    sent = outbox.c.held_back_at.is_(None)
    query = query.where(outbox.c.arrangement_id.in_(arrangement_ids), sent).order_by(outbox.c.created_at, outbox.c.id)
    return list((await tx.execute(query)).all())


async def refusals(tx: Transaction, customer_id: UUID) -> list[Any]:
    """Return the rule and the period of each decision not to disclose data of this customer."""
    query = select(refusal.c.rule, refusal.c.since, refusal.c.until).where(refusal.c.customer_id == customer_id)
    return list((await tx.execute(query.order_by(refusal.c.since, refusal.c.id))).mappings())


async def refusals_between(tx: Transaction, begins: datetime, ends: datetime) -> dict[str, int]:
    """Return the number of decisions to refuse that were made in a period, by the rule relied on."""
    query = select(refusal.c.rule, func.count().label("decisions")).where(
        refusal.c.since >= begins, refusal.c.since < ends
    )
    found = await tx.execute(query.group_by(refusal.c.rule).order_by(refusal.c.rule))
    return {row.rule: row.decisions for row in found}


async def complaints_between(tx: Transaction, begins: datetime, ends: datetime) -> list[ComplaintRow]:
    """Return the complaints that were received, resolved or referred in a period, without their customers."""
    moments = (complaint.c.received_at, complaint.c.resolved_at, complaint.c.ombudsman_at)
    query = select(complaint.c.kind, complaint.c.type, *moments, complaint.c.ombudsman_resolved_at).where(
        or_(*(and_(moment >= begins, moment < ends) for moment in moments))
    )
    return list((await tx.execute(query)).all())
