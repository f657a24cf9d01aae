"""The SQL of requests to the provisioner.

The console adds requests with its own role. The provisioner works as the owner. A lease expires, so that another
provisioner can start the request again if the first one was killed. `progress` tells it that work had begun.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import Update, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import RowMapping

from haas.database import Transaction
from tenants.provisioning.errors import LeaseLost, NotAwaitingApproval, OpenRequestExists
from tenants.provisioning.models import REQUEST_CHANNEL, Lease, NewProvisionRequest, ProvisionRequest
from tenants.provisioning.tables import provision_request

_COLUMNS = tuple(provision_request.c[field.name] for field in msgspec.structs.fields(ProvisionRequest))


async def add_request(tx: Transaction, new: NewProvisionRequest, now: datetime) -> UUID:
    """Add a request, announce it, and return its id.

    Raise OpenRequestExists while another request for its subject is open.
    """
    values = {"id": uuid4(), "asked_at": now, **msgspec.structs.asdict(new)}
    added = insert(provision_request).values(values).on_conflict_do_nothing().returning(provision_request.c.id)
    request_id: UUID | None = (await tx.execute(added)).scalar_one_or_none()
    if request_id is None:
        raise OpenRequestExists(f"a request for {new.subject} is not finished: try again later")
    await tx.execute(select(func.pg_notify(REQUEST_CHANNEL, "")))
    return request_id


async def open_request(tx: Transaction, subject: str) -> ProvisionRequest | None:
    """Return the request for a subject that is not finished yet, or None."""
    of_subject = select(*_COLUMNS).where(provision_request.c.subject == subject, provision_request.c.done_at.is_(None))
    row = (await tx.execute(of_subject)).mappings().one_or_none()
    return None if row is None else _request(row)


async def approve(tx: Transaction, request_id: UUID, by: str) -> None:
    """Store who approved a request; from then on a provisioner can lease it. Raise NotAwaitingApproval."""
    waiting = update(provision_request).where(
        provision_request.c.id == request_id, provision_request.c.approved_by.is_(None)
    )
    if not (await tx.execute(waiting.values(approved_by=by))).rowcount:
        raise NotAwaitingApproval(f"the request {request_id} is unknown or was approved already")


async def load_request(tx: Transaction, request_id: UUID) -> ProvisionRequest | None:
    """Return the request with the id, or None."""
    row = (await tx.execute(select(*_COLUMNS).where(provision_request.c.id == request_id))).mappings().one_or_none()
    return None if row is None else _request(row)


async def lease_next_request(tx: Transaction, now: datetime, duration: timedelta) -> Lease | None:
    """Lease the oldest open, approved request that nobody leases now, for `duration`. Return None if there is none."""
    free = (
        select(provision_request.c.id)
        .where(
            provision_request.c.done_at.is_(None),
            provision_request.c.approved_by.is_not(None),
            or_(provision_request.c.leased_until.is_(None), provision_request.c.leased_until <= now),
        )
        .order_by(provision_request.c.asked_at, provision_request.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    lease_id = uuid4()
    taken = update(provision_request).where(provision_request.c.id == free)
    taken = taken.values(lease=lease_id, leased_until=now + duration)
    row = (await tx.execute(taken.returning(*_COLUMNS))).mappings().one_or_none()
    return None if row is None else Lease(lease_id, _request(row))


async def record_progress(tx: Transaction, lease: Lease, message: str, until: datetime) -> None:
    """Store the newest message about the work, and extend the lease until `until`. Raise LeaseLost."""
    await _write(tx, _update_of(lease).values(progress=message, leased_until=until), lease)


async def mark_done(tx: Transaction, lease: Lease, now: datetime, summary: str | None = None) -> None:
    """Mark the request as completed; `summary` says what was done, and is stored as its progress. Raise LeaseLost."""
    values: dict[str, object] = {"done_at": now}
    if summary is not None:
        values["progress"] = summary
    await _write(tx, _update_of(lease).values(values), lease)


async def mark_failed(tx: Transaction, lease: Lease, error: str, now: datetime) -> None:
    """Mark the request as failed, with the reason. It is not started again. Raise LeaseLost."""
    await _write(tx, _update_of(lease).values(done_at=now, error=error), lease)


def _update_of(lease: Lease) -> Update:
    return update(provision_request).where(
        provision_request.c.id == lease.request.id,
        provision_request.c.lease == lease.id,
        provision_request.c.done_at.is_(None),
    )


async def _write(tx: Transaction, statement: Update, lease: Lease) -> None:
    if not (await tx.execute(statement)).rowcount:
        raise LeaseLost(f"the request {lease.request.id} is leased by another provisioner, or finished")


def _request(row: RowMapping | dict[str, Any]) -> ProvisionRequest:
    return ProvisionRequest(**row)
