"""SQL of the requests to the provisioner.

Those who ask use the console's role; the provisioner works as the owner. A lease ends by itself, so that the request of
a provisioner that died is taken up by another one, at the step in `progress`.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import Update, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import RowMapping

from haas.database import Transaction
from tenants.provisioning.errors import LeaseLost, NotToBeApproved, RequestOpen
from tenants.provisioning.models import Lease, NewProvisionRequest, ProvisionRequest
from tenants.provisioning.tables import provision_request

_COLUMNS = tuple(provision_request.c[field.name] for field in msgspec.structs.fields(ProvisionRequest))


async def ask(tx: Transaction, new: NewProvisionRequest, now: datetime) -> UUID:
    """Add a request and return its id. Raises RequestOpen while another one for its subject is open."""
    values = {"id": uuid4(), "asked_at": now, **msgspec.structs.asdict(new)}
    added = insert(provision_request).values(values).on_conflict_do_nothing().returning(provision_request.c.id)
    request_id: UUID | None = (await tx.execute(added)).scalar_one_or_none()
    if request_id is None:
        raise RequestOpen(f"a request for {new.subject} is not done yet: wait until it is, and ask again")
    return request_id


async def approve(tx: Transaction, request_id: UUID, by: str) -> None:
    """Note who has approved a request, so that it is taken. Raises NotToBeApproved."""
    waiting = update(provision_request).where(
        provision_request.c.id == request_id, provision_request.c.approved_by.is_(None)
    )
    if not (await tx.execute(waiting.values(approved_by=by))).rowcount:
        raise NotToBeApproved(f"the request {request_id} is unknown or was approved already")


async def request(tx: Transaction, request_id: UUID) -> ProvisionRequest | None:
    """Return a request, or None."""
    row = (await tx.execute(select(*_COLUMNS).where(provision_request.c.id == request_id))).mappings().one_or_none()
    return None if row is None else _request(row)


async def lease(tx: Transaction, now: datetime, length: timedelta) -> Lease | None:
    """Take the oldest open, approved request that nobody works on, for `length`; None where there is none."""
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
    taken = taken.values(lease=lease_id, leased_until=now + length)
    row = (await tx.execute(taken.returning(*_COLUMNS))).mappings().one_or_none()
    return None if row is None else Lease(lease_id, _request(row))


async def progress(tx: Transaction, held: Lease, step: str, until: datetime) -> None:
    """Note that `step` is done, and keep the lease `until` then. Raises LeaseLost."""
    await _write(tx, _held(held).values(progress=step, leased_until=until), held)


async def done(tx: Transaction, held: Lease, now: datetime) -> None:
    """Note that the request was done. Raises LeaseLost."""
    await _write(tx, _held(held).values(done_at=now), held)


async def failed(tx: Transaction, held: Lease, error: str, now: datetime) -> None:
    """Note that the request failed for good, and why. Raises LeaseLost."""
    await _write(tx, _held(held).values(done_at=now, error=error), held)


def _held(held: Lease) -> Update:
    return update(provision_request).where(
        provision_request.c.id == held.request.id,
        provision_request.c.lease == held.id,
        provision_request.c.done_at.is_(None),
    )


async def _write(tx: Transaction, statement: Update, held: Lease) -> None:
    if not (await tx.execute(statement)).rowcount:
        raise LeaseLost(f"the request {held.request.id} is another provisioner's now, or done")


def _request(row: RowMapping | dict[str, Any]) -> ProvisionRequest:
    return ProvisionRequest(**row)
