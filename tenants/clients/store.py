"""The SQL of clients and spent assertions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import LargeBinary, Text, and_, bindparam, delete, func, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert as upsert

from haas.database import Statement, Transaction
from tenants.clients.models import Client, ClientKind, Registration
from tenants.clients.tables import client, spent_assertion
from tenants.schema import Moment

_LIVE = client.c.removed_at.is_(None)
_CLIENT = (
    client.c.client_id,
    client.c.kind,
    client.c.registration,
    client.c.recipient_id,
    client.c.recipient_status,
    client.c.product_status,
    client.c.created_at,
)
_LIVE_PRODUCTS = and_(client.c.kind == "software-product", _LIVE)
_SET_STATUSES = (
    update(client)
    .where(client.c.client_id == bindparam("of_client"), _LIVE_PRODUCTS)
    .values(recipient_status=bindparam("recipient"), product_status=bindparam("product"))
)
_BATCH: Final = 1_000
_LOAD: Final = Statement(select(*_CLIENT).where(client.c.client_id == bindparam("client_id", type_=Text), _LIVE))

# The client and its assertion's jti in one round trip; `fresh` is false for a jti that was spent before.
_SPENT = (
    upsert(spent_assertion)
    .from_select(
        ["client_id", "jti_hash", "expires_at"],
        select(
            client.c.client_id, bindparam("jti_hash", type_=LargeBinary), bindparam("expires_at", type_=Moment)
        ).where(client.c.client_id == bindparam("client_id", type_=Text), _LIVE),
    )
    .on_conflict_do_nothing()
    .returning(spent_assertion.c.jti_hash)
    .cte("spent")
)
_SPEND: Final = Statement(
    select(*_CLIENT, select(true()).select_from(_SPENT).exists().label("fresh")).where(
        client.c.client_id == bindparam("client_id", type_=Text), _LIVE
    )
)


class ClientStatus(NamedTuple):
    """The part of a client row that the Register decides."""

    client_id: str
    recipient_id: str
    software_id: str
    recipient_status: str
    product_status: str


async def load(tx: Transaction, client_id: str) -> Client | None:
    """Return a live client, or None."""
    if "\0" in client_id:  # comes from outside, and Postgres would not take it
        return None
    row = await tx.row(_LOAD, client_id=client_id)
    return None if row is None else client_of(row)


async def recipient_base_uri(tx: Transaction, client_id: str) -> str | None:
    """Return the registered recipient_base_uri of a client, also of one that was removed."""
    query = select(client.c.registration["recipient_base_uri"].astext).where(client.c.client_id == client_id)
    found: str | None = (await tx.execute(query)).scalar_one_or_none()
    return found


async def spend(tx: Transaction, client_id: str, jti_hash: bytes, expires_at: datetime) -> tuple[Client, bool] | None:
    """Spend a `jti` of a live client; return the client and whether the `jti` was fresh, or None without a client."""
    row = await tx.row(_SPEND, client_id=client_id, jti_hash=jti_hash, expires_at=expires_at)
    return None if row is None else (client_of(row), row["fresh"])


async def spend_for_software(
    tx: Transaction, client_id: str, software_id: str, jti_hash: bytes, expires_at: datetime
) -> bool:
    """Spend a registration request's `jti`; false when any registration of that software product has spent it."""
    spent = (
        select(true())
        .select_from(spent_assertion.join(client, client.c.client_id == spent_assertion.c.client_id))
        .where(client.c.software_id == software_id, spent_assertion.c.jti_hash == jti_hash)
    )
    if (await tx.execute(select(spent.exists()))).scalar_one():
        return False
    result = await tx.execute(
        upsert(spent_assertion)
        .values(client_id=client_id, jti_hash=jti_hash, expires_at=expires_at)
        .on_conflict_do_nothing()
        .returning(spent_assertion.c.jti_hash)
    )
    return result.scalar_one_or_none() is not None  # None where it was spent in between


async def forget_spent(tx: Transaction, now: datetime) -> int:
    """Delete the `jti` of assertions that have expired; return how many."""
    result = await tx.execute(delete(spent_assertion).where(spent_assertion.c.expires_at <= now))
    return result.rowcount


async def add(
    tx: Transaction, client_id: str, kind: ClientKind, registration: Registration, *, recipient_id: str, now: datetime
) -> bool:
    """Add a client, active until the Register says otherwise; false when its software product has a live one."""
    result = await tx.execute(
        upsert(client)
        .values(
            client_id=client_id,
            kind=kind,
            software_id=registration.software_id,
            recipient_id=recipient_id,
            registration=msgspec.to_builtins(registration),
            recipient_status="ACTIVE",
            product_status="ACTIVE",
            created_at=now,
            updated_at=now,
        )
        .on_conflict_do_nothing()
        .returning(client.c.client_id)
    )
    return result.scalar_one_or_none() is not None


async def replace(
    tx: Transaction, client_id: str, registration: Registration, *, recipient_id: str, now: datetime
) -> bool:
    """Replace a live client's metadata; false when it is gone."""
    result = await tx.execute(
        update(client)
        .where(client.c.client_id == client_id, _LIVE)
        .values(registration=msgspec.to_builtins(registration), recipient_id=recipient_id, updated_at=now)
    )
    return result.rowcount > 0


async def remove(tx: Transaction, client_id: str, now: datetime) -> None:
    """Mark a client as removed; what it did stays on record."""
    await tx.execute(
        update(client)
        .where(client.c.client_id == client_id)
        .values(removed_at=func.coalesce(client.c.removed_at, now), updated_at=now)
    )


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
        await tx.execute(_SET_STATUSES, values[start : start + _BATCH])


async def clients_to_clean_up(tx: Transaction) -> list[str]:
    """Return the live clients whose consents are to be invalidated and whose registrations cleaned up."""
    over = or_(client.c.product_status == "REMOVED", client.c.recipient_status.in_(("REVOKED", "SURRENDERED")))
    result = await tx.execute(select(client.c.client_id).where(_LIVE_PRODUCTS, over).order_by(client.c.client_id))
    return [str(client_id) for client_id in result.scalars()]


def client_of(row: Mapping[str, Any]) -> Client:
    """Return the client that a row of the columns of `client` describes."""
    return Client(
        client_id=row["client_id"],
        kind=row["kind"],
        registration=msgspec.convert(row["registration"], Registration),
        recipient_id=row["recipient_id"],
        recipient_status=row["recipient_status"],
        product_status=row["product_status"],
        created_at=row["created_at"],
    )
