"""The SQL of the retailer's own server: its credentials, the retailer's references of objects, recorded refusals."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record
from sqlalchemy import ARRAY, Uuid, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from haas.database import Statement, Transaction
from tenants.accounts.models import DisclosureRefusal
from tenants.accounts.tables import account, refusal
from tenants.arrangements.tables import arrangement
from tenants.clients.tables import client
from tenants.parties.tables import customer
from tenants.upstream.models import ConsentParties
from tenants.upstream.tables import upstream_credential

_CREDENTIAL = Statement(
    select(upstream_credential.c.presented, upstream_credential.c.sealed, upstream_credential.c.changed_at).where(
        upstream_credential.c.kind == bindparam("kind")
    )
)
_ACCOUNTS = Statement(
    select(account.c.id, account.c.reference).where(account.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid))))
)
_PARTIES = Statement(
    select(customer.c.id.label("customer_id"), customer.c.reference.label("customer"), client.c.recipient_id)
    .select_from(arrangement.join(customer).join(client, client.c.client_id == arrangement.c.client_id))
    .where(arrangement.c.id == bindparam("arrangement_id"))
)


async def account_references(tx: Transaction, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the retailer's reference of each account, by its internal id."""
    return {row["id"]: row["reference"] for row in await tx.rows(_ACCOUNTS, ids=ids)}


async def parties_of(tx: Transaction, arrangement_id: UUID) -> ConsentParties | None:
    """Return the customer and the recipient of an arrangement, or None if there is no such arrangement."""
    row = await tx.row(_PARTIES, arrangement_id=arrangement_id)
    return None if row is None else ConsentParties(**row)


async def was_refused_since(tx: Transaction, made: DisclosureRefusal, since: datetime) -> bool:
    """Return whether the same refusal was recorded since a time."""
    same = [
        refusal.c[name].is_not_distinct_from(getattr(made, name))
        for name in ("customer_id", "account_id", "recipient_id", "reason", "refused_by")
    ]
    found = await tx.execute(select(refusal.c.id).where(*same, refusal.c.since >= since).limit(1))
    return found.first() is not None


async def save_credential(tx: Transaction, kind: str, presented: str, sealed: bytes, now: datetime) -> None:
    """Store an encrypted credential, replacing a stored one of the same kind."""
    values = {"presented": presented, "sealed": sealed, "changed_at": now}
    new = insert(upstream_credential).values(kind=kind, **values)
    await tx.execute(new.on_conflict_do_update(index_elements=[upstream_credential.c.kind], set_=values))


async def load_credential(tx: Transaction, kind: str) -> Record | None:
    """Return the row of a credential, or None."""
    return await tx.row(_CREDENTIAL, kind=kind)


async def delete_credential(tx: Transaction, kind: str) -> None:
    """Delete a credential."""
    await tx.execute(delete(upstream_credential).where(upstream_credential.c.kind == kind))
