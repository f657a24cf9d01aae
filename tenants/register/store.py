"""Statuses in the control schema, and in the client rows of a tenant."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from haas.database import Transaction
from tenants.clients.tables import client
from tenants.register.models import Statuses
from tenants.registry.tables import register_environment, register_status

_BATCH = 1_000
_NEW = insert(register_status)
_PUT = _NEW.on_conflict_do_update(
    index_elements=["register_environment_id", "kind", "id"],
    set_={"status": _NEW.excluded.status, "status_at": _NEW.excluded.status_at},
    where=register_status.c.status != _NEW.excluded.status,
)
_LIVE_PRODUCTS = and_(client.c.kind == "software-product", client.c.removed_at.is_(None))
_SET = (
    update(client)
    .where(client.c.client_id == bindparam("of_client"), _LIVE_PRODUCTS)
    .values(recipient_status=bindparam("recipient"), product_status=bindparam("product"))
)


class ClientStatus(NamedTuple):
    """The part of a client row that the Register decides."""

    client_id: str
    recipient_id: str
    software_id: str
    recipient_status: str
    product_status: str


async def put_statuses(tx: Transaction, environment_id: str, statuses: Statuses, now: datetime) -> None:
    """Keep what the Register said, and since when; in the control schema."""
    kinds: tuple[tuple[str, Mapping[str, str]], ...] = (
        ("recipient", statuses.recipients),
        ("product", statuses.products),
    )
    for kind, given in kinds:
        await _put(tx, environment_id, kind, given, now)
    polled = update(register_environment).where(register_environment.c.id == environment_id)
    await tx.execute(polled.values(polled_at=now))


async def put_accreditations(tx: Transaction, environment_id: str, numbers: Mapping[str, str], now: datetime) -> None:
    """Keep the accreditation numbers of data recipients by their legal entity id; in the control schema."""
    await _put(tx, environment_id, "accreditation", numbers, now)


async def accreditations(tx: Transaction, environment_id: str) -> dict[str, str]:
    """Return every accreditation number that the Register named, by legal entity id; from the control schema."""
    query = select(register_status.c.id, register_status.c.status).where(
        register_status.c.register_environment_id == environment_id, register_status.c.kind == "accreditation"
    )
    return {row.id: row.status for row in await tx.execute(query)}


async def kept_statuses(tx: Transaction, environment_id: str) -> dict[tuple[str, str], str]:
    """Return the last status of everything the Register ever named, by kind and id; from the control schema."""
    kept = select(register_status.c.kind, register_status.c.id, register_status.c.status)
    result = await tx.execute(kept.where(register_status.c.register_environment_id == environment_id))
    return {(row.kind, row.id): row.status for row in result}


async def statuses_since(
    tx: Transaction, environment_id: str, since: datetime, *, recipient_id: str, software_id: str
) -> dict[str, str]:
    """Return, by kind, the status of a recipient and of a product where it changed at `since` or later."""
    mine = or_(
        and_(register_status.c.kind == "recipient", register_status.c.id == recipient_id),
        and_(register_status.c.kind == "product", register_status.c.id == software_id),
    )
    query = select(register_status.c.kind, register_status.c.status).where(
        register_status.c.register_environment_id == environment_id, register_status.c.status_at >= since, mine
    )
    return {row.kind: row.status for row in await tx.execute(query)}


async def client_statuses(tx: Transaction) -> list[ClientStatus]:
    """Return the statuses of a tenant's live clients, the Register's own client left out."""
    chosen = select(
        client.c.client_id,
        client.c.recipient_id,
        client.c.software_id,
        client.c.recipient_status,
        client.c.product_status,
    )
    rows = await tx.execute(chosen.where(_LIVE_PRODUCTS).order_by(client.c.client_id))
    return [ClientStatus(**row) for row in rows.mappings()]


async def set_client_statuses(tx: Transaction, changed: list[ClientStatus]) -> None:
    """Write new statuses into a tenant's client rows, always in the order of their ids."""
    values = [
        {"of_client": row.client_id, "recipient": row.recipient_status, "product": row.product_status}
        for row in changed
    ]
    for start in range(0, len(values), _BATCH):
        await tx.execute(_SET, values[start : start + _BATCH])


async def clients_to_clean_up(tx: Transaction) -> list[str]:
    """Return the live clients whose consents are to be invalidated and whose registrations cleaned up."""
    over = or_(client.c.product_status == "REMOVED", client.c.recipient_status.in_(("REVOKED", "SURRENDERED")))
    result = await tx.execute(select(client.c.client_id).where(_LIVE_PRODUCTS, over).order_by(client.c.client_id))
    return [str(client_id) for client_id in result.scalars()]


async def _put(tx: Transaction, environment_id: str, kind: str, given: Mapping[str, str], now: datetime) -> None:
    rows = [
        {"register_environment_id": environment_id, "kind": kind, "id": subject, "status": status, "status_at": now}
        for subject, status in sorted(given.items())
    ]
    for start in range(0, len(rows), _BATCH):
        await tx.execute(_PUT, rows[start : start + _BATCH])
