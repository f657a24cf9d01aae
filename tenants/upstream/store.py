"""The SQL of the retailer's own server: the retailer's references of objects, and recorded refusals."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, func, select

from haas.database import Statement, Transaction
from tenants.accounts.models import DisclosureRefusal
from tenants.accounts.tables import account, refusal
from tenants.arrangements.tables import arrangement
from tenants.clients.tables import client
from tenants.parties.tables import customer
from tenants.upstream.models import ConsentParties

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
