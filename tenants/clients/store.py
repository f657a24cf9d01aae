"""The SQL of clients and of the `jti` values of used assertions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import LargeBinary, Text, and_, bindparam, delete, func, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert

from haas.database import Statement, Transaction
from tenants.clients.models import Client, ClientKind, Registration
from tenants.clients.tables import client, used_assertion
from tenants.register.duties import STATUSES_TO_CLEAN_UP
from tenants.schema_metadata import Moment

_NOT_REMOVED = client.c.removed_at.is_(None)
_CLIENT = (
    client.c.client_id,
    client.c.kind,
    client.c.registration,
    client.c.recipient_id,
    client.c.recipient_status,
    client.c.product_status,
    client.c.created_at,
)
_PRODUCTS_NOT_REMOVED = and_(client.c.kind == "software-product", _NOT_REMOVED)
_SET_STATUSES = (
    update(client)
    .where(client.c.client_id == bindparam("of_client"), _PRODUCTS_NOT_REMOVED)
    .values(recipient_status=bindparam("recipient"), product_status=bindparam("product"))
)
_BATCH: Final = 1_000
_LOAD: Final = Statement(select(*_CLIENT).where(client.c.client_id == bindparam("client_id", type_=Text), _NOT_REMOVED))

# One round trip loads the client and inserts the jti. `unused` is false if the jti was used before.
_INSERTED = (
    upsert(used_assertion)
    .from_select(
        ["client_id", "jti_hash", "expires_at"],
        select(
            client.c.client_id, bindparam("jti_hash", type_=LargeBinary), bindparam("expires_at", type_=Moment)
        ).where(client.c.client_id == bindparam("client_id", type_=Text), _NOT_REMOVED),
    )
    .on_conflict_do_nothing()
    .returning(used_assertion.c.jti_hash)
    .cte("inserted")
)
_LOAD_AND_USE_JTI: Final = Statement(
    select(*_CLIENT, select(true()).select_from(_INSERTED).exists().label("unused")).where(
        client.c.client_id == bindparam("client_id", type_=Text), _NOT_REMOVED
    )
)


class ClientStatus(NamedTuple):
    """The statuses of a client, and the ids by which the CDR Register knows them."""

    client_id: str
    recipient_id: str
    software_id: str
    recipient_status: str
    product_status: str


async def load(tx: Transaction, client_id: str) -> Client | None:
    """Return the client with the id, or None if it is unknown or was removed."""
    if "\0" in client_id:  # the id comes from a request, and PostgreSQL refuses NUL in text
        return None
    row = await tx.row(_LOAD, client_id=client_id)
    return None if row is None else client_from_row(row)


async def recipient_base_uri(tx: Transaction, client_id: str) -> str | None:
    """Return the registered recipient_base_uri of a client, even if the client was removed."""
    query = select(client.c.registration["recipient_base_uri"].astext).where(client.c.client_id == client_id)
    found: str | None = (await tx.execute(query)).scalar_one_or_none()
    return found


async def mark_jti_used(
    tx: Transaction, client_id: str, jti_hash: bytes, expires_at: datetime
) -> tuple[Client, bool] | None:
    """Mark a `jti` of a client as used. Return the client and whether the `jti` was unused before.

    Return None if the client is unknown or was removed.
    """
    row = await tx.row(_LOAD_AND_USE_JTI, client_id=client_id, jti_hash=jti_hash, expires_at=expires_at)
    return None if row is None else (client_from_row(row), row["unused"])


async def mark_jti_used_for_software(
    tx: Transaction, client_id: str, software_id: str, jti_hash: bytes, expires_at: datetime
) -> bool:
    """Mark the `jti` of a registration request as used.

    Return False if any registration of the software product, removed or not, has used it before.
    """
    used = (
        select(true())
        .select_from(used_assertion.join(client, client.c.client_id == used_assertion.c.client_id))
        .where(client.c.software_id == software_id, used_assertion.c.jti_hash == jti_hash)
    )
    if (await tx.execute(select(used.exists()))).scalar_one():
        return False
    result = await tx.execute(
        upsert(used_assertion)
        .values(client_id=client_id, jti_hash=jti_hash, expires_at=expires_at)
        .on_conflict_do_nothing()
        .returning(used_assertion.c.jti_hash)
    )
    return result.scalar_one_or_none() is not None  # None if it was used since the query above


async def delete_expired_jtis(tx: Transaction, now: datetime) -> int:
    """Delete the `jti` values of expired assertions. Return their number."""
    result = await tx.execute(delete(used_assertion).where(used_assertion.c.expires_at <= now))
    return result.rowcount


async def add(
    tx: Transaction, client_id: str, kind: ClientKind, registration: Registration, *, recipient_id: str, now: datetime
) -> bool:
    """Add a client with the statuses ACTIVE. Return False if its software product already has a registered client."""
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
    """Replace the metadata of a client. Return False if the client was removed."""
    result = await tx.execute(
        update(client)
        .where(client.c.client_id == client_id, _NOT_REMOVED)
        .values(registration=msgspec.to_builtins(registration), recipient_id=recipient_id, updated_at=now)
    )
    return result.rowcount > 0


async def remove(tx: Transaction, client_id: str, now: datetime) -> None:
    """Mark a client as removed. Its row stays, because arrangements refer to it."""
    await tx.execute(
        update(client)
        .where(client.c.client_id == client_id)
        .values(removed_at=func.coalesce(client.c.removed_at, now), updated_at=now)
    )


async def client_statuses(tx: Transaction) -> list[ClientStatus]:
    """Return the statuses of the registered clients, without the client of the CDR Register."""
    chosen = select(
        client.c.client_id,
        client.c.recipient_id,
        client.c.software_id,
        client.c.recipient_status,
        client.c.product_status,
    )
    rows = await tx.execute(chosen.where(_PRODUCTS_NOT_REMOVED).order_by(client.c.client_id))
    return [ClientStatus(**row) for row in rows.mappings()]


async def set_client_statuses(tx: Transaction, changed: list[ClientStatus]) -> None:
    """Store new statuses of clients. Callers pass them ordered by client id, so that transactions do not deadlock."""
    values = [
        {"of_client": row.client_id, "recipient": row.recipient_status, "product": row.product_status}
        for row in changed
    ]
    for start in range(0, len(values), _BATCH):
        await tx.execute(_SET_STATUSES, values[start : start + _BATCH])


async def number_of_products(tx: Transaction) -> int:
    """Return how many software products are registered and not removed."""
    query = select(func.count()).select_from(client).where(_PRODUCTS_NOT_REMOVED)
    found: int = (await tx.execute(query)).scalar_one()
    return found


async def clients_to_end(tx: Transaction) -> list[str]:
    """Return the registered clients whose consents must be invalidated and whose registrations must be removed."""
    ended = tuple_(client.c.recipient_status, client.c.product_status).in_(STATUSES_TO_CLEAN_UP)
    result = await tx.execute(
        select(client.c.client_id).where(_PRODUCTS_NOT_REMOVED, ended).order_by(client.c.client_id)
    )
    return [str(client_id) for client_id in result.scalars()]


def client_from_row(row: Mapping[str, Any]) -> Client:
    """Return the client of a row with the columns of the table `client`."""
    return Client(
        client_id=row["client_id"],
        kind=row["kind"],
        registration=msgspec.convert(row["registration"], Registration),
        recipient_id=row["recipient_id"],
        recipient_status=row["recipient_status"],
        product_status=row["product_status"],
        created_at=row["created_at"],
    )
