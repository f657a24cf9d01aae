"""The outbox table: leasing what is due, and marking what became of it.

Only the holder of a row's last lease may mark it, so that a deliverer that came back from the dead undoes nothing.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Text, and_, bindparam, delete, func, insert, literal, or_, select, update

from haas.database import Statement, Transaction
from tenants.notices.models import Notice
from tenants.notices.tables import outbox

_IS_OPEN = and_(outbox.c.done_at.is_(None), outbox.c.given_up_at.is_(None))
_NOTICE_COLUMNS = (
    outbox.c.id,
    outbox.c.lease,
    outbox.c.kind,
    outbox.c.payload,
    outbox.c.created_at,
    outbox.c.expires_at,
    outbox.c.tries,
)


# One round trip. The notification goes out when the transaction commits, and names the schema that has work.
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
        )
        .cte("put")
    )
)


def _is_available(now: ColumnElement[datetime], longest: ColumnElement[datetime]) -> ColumnElement[bool]:
    # A lease that ends further ahead than any lease can was given before the clock was moved back. Those of others end
    # a little later than ours would, for they read the clock a little later: hence twice a lease's length.
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
) -> None:
    """Add a notice, its payload as JSON text; listeners of `channel` are notified when the transaction commits."""
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
    )


async def has_due(tx: Transaction, now: datetime, lease: timedelta) -> bool:
    """Tell whether there is something to deliver. What the sweep asks of every tenant."""
    return await tx.row(_DUE, now=now, longest=now + 2 * lease, limit=1) is not None


async def has_leased(tx: Transaction, now: datetime, lease: timedelta) -> bool:
    """Tell whether somebody is delivering something at this moment."""
    leased = and_(_IS_OPEN, outbox.c.leased_until > now, outbox.c.leased_until <= now + 2 * lease)
    return (await tx.execute(select(outbox.c.id).where(leased).limit(1))).first() is not None


async def lease_due(tx: Transaction, holder: UUID, now: datetime, lease: timedelta, *, limit: int) -> list[Notice]:
    """Lease up to `limit` due notices to `holder`, passing over what another leases at this moment."""
    chosen = (
        select(outbox.c.id)
        .where(_is_available(literal(now), literal(now + 2 * lease)), outbox.c.due_at <= now)
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


async def make_retries_due(tx: Transaction, now: datetime) -> None:
    """Let everything that waits to be tried again be due."""
    waiting = and_(_IS_OPEN, outbox.c.tries > 0, outbox.c.due_at > now)
    await tx.execute(update(outbox).where(waiting).values(due_at=now))


async def mark_done(tx: Transaction, notice: Notice, now: datetime) -> bool:
    """Mark a notice delivered and forget its payload; tell whether the lease still held."""
    return await _mark(tx, notice, done_at=now, payload={})


async def mark_failed(tx: Transaction, notice: Notice, due_at: datetime, reason: str) -> bool:
    """Give the lease back and let the notice be tried again from `due_at` on; tell whether the lease still held."""
    return await _mark(tx, notice, due_at=due_at, leased_until=None, last_error=reason)


async def mark_given_up(tx: Transaction, notice: Notice, now: datetime, reason: str, *, delete_payload: bool) -> bool:
    """Stop trying. The row stays where operators see it, without its payload where `delete_payload` says so."""
    values: dict[str, object] = {"payload": {}} if delete_payload else {}
    return await _mark(tx, notice, given_up_at=now, leased_until=None, last_error=reason, **values)


async def delete_notice_if(tx: Transaction, notice_id: UUID, *, condition: bool) -> None:
    """Take a notice out of the outbox again, in the transaction that put it there.

    Run for every challenge, so that one without a person behind it costs the same statements as one with.
    """
    await tx.execute(delete(outbox).where(outbox.c.id == notice_id, literal(condition) == bindparam("yes", value=True)))


async def _mark(tx: Transaction, notice: Notice, **values: object) -> bool:
    mine = and_(outbox.c.id == notice.id, outbox.c.lease == notice.lease, _IS_OPEN)
    result = await tx.execute(update(outbox).where(mine).values(**values))
    return bool(result.rowcount)
