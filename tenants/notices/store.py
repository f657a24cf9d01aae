"""The SQL of the outbox: adding notices, leasing those that are due, and recording the result of a delivery.

Only the holder of a row's last lease may record a result. A process that was stopped and continues after its lease has
ended therefore cannot overwrite the result of another process.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    and_,
    any_,
    bindparam,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from haas.database import Statement, Transaction
from tenants.accounts.store import was_concealed
from tenants.notices.models import (
    HELD_BACK,
    RECEIPTS,
    About,
    DeadLetter,
    DecidedFor,
    Letter,
    LetterPayload,
    Notice,
    ReportCounts,
    SmsReport,
)
from tenants.notices.tables import outbox
from tenants.schema_metadata import Json, Uuid

NoticeCondition = ColumnElement[bool]
"""An SQL condition that selects notices: the result of `is_concealed`, for example."""
_IS_OPEN = and_(outbox.c.done_at.is_(None), outbox.c.given_up_at.is_(None))
_IS_GIVEN_UP = and_(outbox.c.given_up_at.is_not(None), outbox.c.handled_at.is_(None))
_HAS_PAYLOAD = outbox.c.payload != literal({}, Json)
_NOTICE_COLUMNS = (
    outbox.c.id,
    outbox.c.lease,
    outbox.c.kind,
    outbox.c.payload,
    outbox.c.created_at,
    outbox.c.expires_at,
    outbox.c.tries,
    outbox.c.decided_for,
    outbox.c.replayed_at,
)


# One statement needs one round trip. PostgreSQL sends the notification when the transaction commits. Its payload is the
# schema in which a notice was added.
_INSERT = Statement(
    select(func.pg_notify(bindparam("channel", type_=Text), bindparam("schema", type_=Text))).add_cte(
        insert(outbox)
        .values(
            id=bindparam("id"),
            kind=bindparam("kind"),
            payload=bindparam("payload"),
            created_at=bindparam("now"),
            due_at=bindparam("due_at"),
            expires_at=bindparam("expires_at"),
            tries=bindparam("tries"),
            arrangement_id=bindparam("arrangement_id"),
            customer_id=bindparam("customer_id"),
            about=bindparam("about"),
            decided_for=bindparam("decided_for"),
            account_ids=bindparam("account_ids", type_=ARRAY(Uuid)),
        )
        .on_conflict_do_nothing()
        .cte("put")
    )
)


LONGEST_LEASE: Final = timedelta(minutes=1)
"""A lease that ends later than this time from now was given before the clock was moved back, and is ignored.

It is longer than a lease of this release: another process may read the clock a little later, and workers of the release
before, which run at the same time during a deployment, lease for 30 seconds.
"""


def _is_available(now: ColumnElement[datetime], longest: ColumnElement[datetime]) -> ColumnElement[bool]:
    return and_(
        _IS_OPEN,
        or_(outbox.c.leased_until.is_(None), outbox.c.leased_until <= now, outbox.c.leased_until > longest),
    )


_DUE = Statement(
    select(outbox.c.id)
    .where(_is_available(bindparam("now"), bindparam("longest")), outbox.c.due_at <= bindparam("now"))
    .order_by(outbox.c.due_at)
    .limit(bindparam("limit"))
)


async def insert_notice(
    tx: Transaction,
    notice_id: UUID,
    kind: str,
    payload: str,
    *,
    channel: str,
    now: datetime,
    due_at: datetime,
    expires_at: datetime | None,
    arrangement_id: UUID | None = None,
    customer_id: UUID | None = None,
    about: About | None = None,
    decided_for: DecidedFor | None = None,
) -> None:
    """Add a notice, unless there is one with this id. `payload` is JSON text.

    Listeners of `channel` are notified when the transaction commits.
    """
    await tx.rows(
        _INSERT,
        channel=channel,
        schema=tx.namespace.schema,
        id=notice_id,
        kind=kind,
        payload=payload,
        now=now,
        due_at=due_at,
        expires_at=expires_at,
        tries=0,
        arrangement_id=arrangement_id,
        customer_id=customer_id,
        about=about,
        decided_for=None if decided_for is None else decided_for.customer_id,
        account_ids=None if decided_for is None else list(decided_for.account_ids),
    )


async def has_due(tx: Transaction, now: datetime) -> bool:
    """Return whether a notice is due and not leased. The regular sweep calls this for every tenant."""
    return await tx.row(_DUE, now=now, longest=now + LONGEST_LEASE, limit=1) is not None


async def longest_overdue(tx: Transaction, now: datetime) -> timedelta:
    """Return for how long the notice that has waited longest is due, or zero if none is due."""
    query = select(func.min(outbox.c.due_at)).where(_IS_OPEN, outbox.c.due_at <= now)
    oldest = (await tx.execute(query)).scalar_one()
    return timedelta() if oldest is None else now - oldest


async def has_leased(tx: Transaction, now: datetime) -> bool:
    """Return whether a notice is leased now, which means that a process is delivering it."""
    leased = and_(_IS_OPEN, outbox.c.leased_until > now, outbox.c.leased_until <= now + LONGEST_LEASE)
    return (await tx.execute(select(outbox.c.id).where(leased).limit(1))).first() is not None


async def lease_due(tx: Transaction, holder: UUID, now: datetime, lease: timedelta, *, limit: int) -> list[Notice]:
    """Lease up to `limit` due notices to `holder`. Skip rows that another transaction has locked."""
    chosen = (
        select(outbox.c.id)
        .where(_is_available(literal(now), literal(now + LONGEST_LEASE)), outbox.c.due_at <= now)
        .order_by(outbox.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("chosen")
    )
    result = await tx.execute(
        update(outbox)
        .where(outbox.c.id == chosen.c.id)
        .values(lease=holder, leased_until=now + lease, tries=outbox.c.tries + 1)
        .returning(*_NOTICE_COLUMNS)
    )
    return [Notice(**row) for row in result.mappings()]


async def extend_leases(tx: Transaction, notices: Sequence[Notice], now: datetime, lease: timedelta) -> None:
    """Let the leases of these notices end `lease` after now, where they are still the last ones and were not ended."""
    own = and_(
        outbox.c.id == any_(literal([notice.id for notice in notices], ARRAY(Uuid))),
        outbox.c.lease == any_(literal([notice.lease for notice in notices], ARRAY(Uuid))),
        outbox.c.leased_until.is_not(None),
    )
    await tx.execute(update(outbox).where(own, _IS_OPEN).values(leased_until=now + lease))


async def make_retries_due(tx: Transaction, now: datetime) -> None:
    """Make every notice that waits for another try due now."""
    waiting = and_(_IS_OPEN, outbox.c.tries > 0, outbox.c.due_at > now)
    await tx.execute(update(outbox).where(waiting).values(due_at=now))


async def hold_back(tx: Transaction, which: NoticeCondition, now: datetime) -> list[UUID]:
    """Mark those of these notices as held back that were not delivered or posted. Return their ids.

    Their payload is deleted, and nobody has to do anything about them. A notice that is being delivered at this moment
    may still reach its receiver: then it is delivered (`mark_done`).
    """
    waiting = and_(outbox.c.done_at.is_(None), outbox.c.handled_at.is_(None))
    values = {
        "held_back_at": now,
        "given_up_at": func.coalesce(outbox.c.given_up_at, now),
        "leased_until": None,
        "payload": {},
        "last_error": HELD_BACK,
        "handled_at": now,
        "handled_by": "haas",
        "handling": HELD_BACK,
    }
    result = await tx.execute(update(outbox).where(which, waiting).values(values).returning(outbox.c.id))
    return list(result.scalars())


def is_concealed(notices: Sequence[Notice]) -> NoticeCondition:
    """Return the condition that selects those of these notices that a harm flag conceals, or has concealed since then.

    A notice can be written by a transaction that has not seen the flag. What a flag has concealed stays so when it ends
    (CDR Rules 4A.15).
    """
    concealed = was_concealed(outbox.c.decided_for, any_(outbox.c.account_ids), outbox.c.created_at)
    return and_(outbox.c.id == any_(literal([notice.id for notice in notices], ARRAY(Uuid))), concealed)


def is_decided_for(customer_id: UUID, account_id: UUID, arrangement_ids: Collection[UUID]) -> NoticeCondition:
    """Return the condition that selects what others are told of a customer and an account, and receipts about it.

    Releases before revision 0017 did not store what a notice concerns: of those, all that are about `arrangement_ids`
    and go to another customer or are receipts.
    """
    to_others = or_(outbox.c.customer_id != customer_id, outbox.c.about.in_(RECEIPTS))
    about = outbox.c.arrangement_id == any_(literal(list(arrangement_ids), ARRAY(Uuid)))
    return or_(
        and_(outbox.c.decided_for == customer_id, literal(account_id, Uuid) == any_(outbox.c.account_ids)),
        and_(outbox.c.decided_for.is_(None), about, to_others),
    )


async def mark_done(tx: Transaction, notice: Notice, now: datetime) -> bool:
    """Mark a notice as delivered and delete its payload. Return whether the lease was still the last one.

    One that was held back while it was delivered was not held back.
    """
    kept = ("held_back_at", "given_up_at", "last_error", "handled_at", "handled_by", "handling")
    not_held_back = {name: case((outbox.c.held_back_at.is_(None), outbox.c[name])) for name in kept}
    is_own_lease = and_(outbox.c.id == notice.id, outbox.c.lease == notice.lease)
    can_be_done = or_(_IS_OPEN, outbox.c.held_back_at.is_not(None))
    result = await tx.execute(
        update(outbox).where(is_own_lease, can_be_done).values(done_at=now, payload={}, **not_held_back)
    )
    return bool(result.rowcount)


async def mark_received(tx: Transaction, notice_id: UUID, now: datetime) -> None:
    """Mark a notice as delivered and delete its payload, whoever has leased it, unless it was delivered or given up."""
    received = update(outbox).where(outbox.c.id == notice_id, _IS_OPEN)
    await tx.execute(received.values(done_at=now, payload={}))


async def mark_failed(tx: Transaction, notice: Notice, due_at: datetime, reason: str) -> bool:
    """End the lease and try the notice again at `due_at`. Return whether the lease was still the last one."""
    return await _mark(tx, notice, due_at=due_at, leased_until=None, last_error=reason)


async def mark_given_up(tx: Transaction, notice: Notice, now: datetime, reason: str, *, delete_payload: bool) -> bool:
    """Stop trying. The row stays in the table for operators. Return whether the lease was still the last one."""
    values: dict[str, object] = {"payload": {}} if delete_payload else {}
    return await _mark(tx, notice, given_up_at=now, leased_until=None, last_error=reason, **values)


async def given_up(tx: Transaction, *, also_handled: bool, limit: int) -> list[DeadLetter]:
    """Return the notices that were given up, the oldest first. See `tenants.notices.dead_letters`."""
    conditions = [outbox.c.given_up_at.is_not(None)]
    if not also_handled:
        conditions.append(outbox.c.handled_at.is_(None))
    same = [outbox.c[name] for name in DeadLetter.__struct_fields__ if name in outbox.c and name != "arrangement_id"]
    in_payload = outbox.c.payload["arrangement_id"].astext.cast(Uuid)  # where the release before has added the notice
    query = select(
        *same,
        _HAS_PAYLOAD.label("can_be_replayed"),
        func.coalesce(outbox.c.arrangement_id, in_payload).label("arrangement_id"),
        outbox.c.payload["client_id"].astext.label("client_id"),
    )
    result = await tx.execute(query.where(*conditions).order_by(outbox.c.given_up_at, outbox.c.id).limit(limit))
    return [DeadLetter(**row) for row in result.mappings()]


async def replay(tx: Transaction, ids: Collection[UUID], *, channel: str, now: datetime) -> list[UUID]:
    """Make notices due that were given up, are not handled and have a payload. Return their ids.

    Listeners of `channel` are notified when the transaction commits.
    """
    chosen = and_(_IS_GIVEN_UP, _HAS_PAYLOAD, outbox.c.id == any_(literal(list(ids), ARRAY(Uuid))))
    changes = {"given_up_at": None, "replayed_at": now, "due_at": now, "tries": 0, "report": None, "reported_at": None}
    result = await tx.execute(update(outbox).where(chosen).values(changes).returning(outbox.c.id))
    replayed = [row.id for row in result]
    if replayed:
        await tx.execute(select(func.pg_notify(channel, tx.namespace.schema)))
    return replayed


async def update_given_up(tx: Transaction, notice_id: UUID, **values: object) -> bool:
    """Change a notice that was given up and is not handled. Return whether there is one."""
    result = await tx.execute(update(outbox).where(outbox.c.id == notice_id, _IS_GIVEN_UP).values(**values))
    return bool(result.rowcount)


async def letters(tx: Transaction, kind: str, *, limit: int) -> list[Letter]:
    """Return the letters that are not handled, the oldest first. `kind` is the kind of letters."""
    members = [outbox.c.payload[name].astext.label(name) for name in LetterPayload.__struct_fields__]
    query = select(outbox.c.id, *members).where(_IS_GIVEN_UP, _HAS_PAYLOAD, outbox.c.kind == kind)
    result = await tx.execute(query.order_by(outbox.c.given_up_at, outbox.c.id).limit(limit))
    return [Letter(**row) for row in result.mappings()]


async def unassigned_given_up(tx: Transaction, kinds: Sequence[str]) -> int:
    """Return the number of notices that were given up and are neither handled nor assigned.

    Only those of these kinds, and those that tell a customer about an arrangement and are no receipts.
    """
    is_owed = or_(outbox.c.kind.in_(kinds), outbox.c.about.not_in(RECEIPTS))
    chosen = and_(_IS_GIVEN_UP, outbox.c.assigned_to.is_(None), is_owed)
    return int((await tx.execute(select(func.count()).select_from(outbox).where(chosen))).scalar_one())


async def record_report(tx: Transaction, report: SmsReport, reason: str, now: datetime) -> datetime | None:
    """Record what a gateway reports of a text message, unless it has reported it already.

    A message that was delivered is done, also if it waits for another try. One that was not delivered was given up,
    unless it has an end: nobody can use its one-time password later. Return when it was given up by this, or None.
    """
    is_new = and_(outbox.c.id == report.reference, outbox.c.kind == "sms", outbox.c.report.is_(None))
    recorded = await tx.execute(update(outbox).where(is_new).values(report=report.status, reported_at=now))
    if not recorded.rowcount:
        return None
    own = and_(outbox.c.id == report.reference, outbox.c.handled_at.is_(None))
    if report.status == "delivered":
        done: dict[str, object] = {"done_at": func.coalesce(outbox.c.done_at, now), "given_up_at": None, "payload": {}}
        await tx.execute(update(outbox).where(own).values(done))
        return None
    failed = and_(own, outbox.c.expires_at.is_(None), outbox.c.given_up_at.is_(None))
    given_up = {"done_at": None, "given_up_at": now, "leased_until": None, "last_error": reason}
    result = await tx.execute(update(outbox).where(failed).values(given_up).returning(outbox.c.given_up_at))
    given_up_at: datetime | None = result.scalar_one_or_none()
    return given_up_at


async def give_up_delivered(tx: Transaction, notice_id: UUID, kind: str, reason: str, now: datetime) -> bool:
    """Give up a notice that was delivered. Return False if no notice of this kind was, or if it has an end.

    One that was handled, or held back because of a harm flag, is left as it is.
    """
    delivered = and_(
        outbox.c.id == notice_id, outbox.c.kind == kind, outbox.c.done_at.is_not(None), outbox.c.handled_at.is_(None)
    )
    values = {"done_at": None, "given_up_at": now, "last_error": reason}
    result = await tx.execute(update(outbox).where(delivered, outbox.c.expires_at.is_(None)).values(values))
    return bool(result.rowcount)


async def is_text_message(tx: Transaction, notice_id: UUID) -> bool:
    """Return whether there is a text message with this id."""
    query = select(outbox.c.id).where(outbox.c.id == notice_id, outbox.c.kind == "sms")
    return (await tx.execute(query)).first() is not None


async def reports_since(tx: Transaction, since: datetime) -> ReportCounts:
    """Return how many text messages were reported as delivered, and as failed, since a time."""
    query = select(
        func.count().filter(outbox.c.report == "delivered").label("delivered"),
        func.count().filter(outbox.c.report == "failed").label("failed"),
    ).where(outbox.c.reported_at >= since)
    found = (await tx.execute(query)).one()
    return ReportCounts(found.delivered, found.failed)


async def delete_notice_if(tx: Transaction, notice_id: UUID, *, condition: bool) -> None:
    """Delete a notice where `condition` is true, in the transaction that added it.

    The same statement is executed where `condition` is false, so that the response time does not reveal it.
    """
    await tx.execute(
        delete(outbox).where(outbox.c.id == notice_id, literal(condition) == bindparam("true", value=True))
    )


async def _mark(tx: Transaction, notice: Notice, **values: object) -> bool:
    is_own_lease = and_(outbox.c.id == notice.id, outbox.c.lease == notice.lease, _IS_OPEN)
    result = await tx.execute(update(outbox).where(is_own_lease).values(**values))
    return bool(result.rowcount)
