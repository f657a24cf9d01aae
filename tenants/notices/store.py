"""The SQL of the outbox: adding notices, leasing those that are due, and recording the result of a delivery.

Only the holder of a row's last lease may record a result. A process that was stopped and continues after its lease has
ended therefore cannot overwrite the result of another process.
"""

from collections.abc import Sequence
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
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from haas.database import Statement, Transaction
from tenants.notices.models import Notice
from tenants.notices.tables import outbox
from tenants.schema_metadata import Uuid

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
        )
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
) -> None:
    """Add a notice. `payload` is JSON text. Listeners of `channel` are notified when the transaction commits."""
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


async def has_due(tx: Transaction, now: datetime) -> bool:
    """Return whether a notice is due and not leased. The regular sweep calls this for every tenant."""
    return await tx.row(_DUE, now=now, longest=now + LONGEST_LEASE, limit=1) is not None


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


async def mark_done(tx: Transaction, notice: Notice, now: datetime) -> bool:
    """Mark a notice as delivered and delete its payload. Return whether the lease was still the last one."""
    return await _mark(tx, notice, done_at=now, payload={})


async def mark_failed(tx: Transaction, notice: Notice, due_at: datetime, reason: str) -> bool:
    """End the lease and try the notice again at `due_at`. Return whether the lease was still the last one."""
    return await _mark(tx, notice, due_at=due_at, leased_until=None, last_error=reason)


async def mark_given_up(tx: Transaction, notice: Notice, now: datetime, reason: str, *, delete_payload: bool) -> bool:
    """Stop trying. The row stays in the table for operators. Return whether the lease was still the last one."""
    values: dict[str, object] = {"payload": {}} if delete_payload else {}
    return await _mark(tx, notice, given_up_at=now, leased_until=None, last_error=reason, **values)


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
