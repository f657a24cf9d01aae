"""The SQL of what the directory has, which is compared with what the retailer's own server says; and of its feed."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert

from haas.database import Transaction
from tenants.accounts.tables import account, holding
from tenants.parties.tables import customer, login, representation
from tenants.upstream.tables import upstream_feed


async def login_reference(tx: Transaction, login_id: UUID) -> str | None:
    """Return the retailer's reference of a login that is not disabled, or None."""
    query = select(login.c.reference).where(login.c.id == login_id, login.c.disabled_at.is_(None))
    return (await tx.execute(query)).scalar_one_or_none()


async def represented_customers(tx: Transaction, login_id: UUID, today: date) -> set[str]:
    """Return the references of the customers for whom a login may act today or later."""
    query = (
        select(customer.c.reference)
        .join(representation, representation.c.customer_id == customer.c.id)
        .where(
            representation.c.login_id == login_id,
            or_(representation.c.valid_to.is_(None), representation.c.valid_to >= today),
        )
    )
    return set((await tx.execute(query)).scalars())


async def held_accounts(tx: Transaction, customer_reference: str, today: date) -> set[str]:
    """Return the references of the accounts that a customer holds today or later."""
    query = (
        select(account.c.reference)
        .join(holding, holding.c.account_id == account.c.id)
        .join(customer, customer.c.id == holding.c.customer_id)
        .where(
            customer.c.reference == customer_reference,
            or_(holding.c.valid_to.is_(None), holding.c.valid_to >= today),
        )
    )
    return set((await tx.execute(query)).scalars())


async def representatives(tx: Transaction, customer_reference: str, today: date) -> set[str]:
    """Return the references of the logins that may act for a customer today or later."""
    query = (
        select(login.c.reference)
        .join(representation, representation.c.login_id == login.c.id)
        .join(customer, customer.c.id == representation.c.customer_id)
        .where(
            customer.c.reference == customer_reference,
            or_(representation.c.valid_to.is_(None), representation.c.valid_to >= today),
        )
    )
    return set((await tx.execute(query)).scalars())


async def lease_feed(tx: Transaction, base_uri: str, now: datetime, until: datetime) -> tuple[bool, str | None]:
    """Lease the feed of a server. Return whether no other worker reads it, and the cursor after the last part."""
    await tx.execute(insert(upstream_feed).values(base_uri=base_uri).on_conflict_do_nothing())
    free = or_(upstream_feed.c.leased_until.is_(None), upstream_feed.c.leased_until <= now)
    leased = update(upstream_feed).where(upstream_feed.c.base_uri == base_uri, free).values(leased_until=until)
    row = (await tx.execute(leased.returning(upstream_feed.c.cursor))).one_or_none()
    return row is not None, None if row is None else row.cursor


async def save_cursor(
    tx: Transaction, base_uri: str, cursor: str, now: datetime, *, leased_until: datetime, until: datetime
) -> bool:
    """Store the position after a part of the feed, and extend the lease. Return False if the lease was lost."""
    own = (upstream_feed.c.base_uri == base_uri, upstream_feed.c.leased_until == leased_until)
    changed = update(upstream_feed).where(*own).values(cursor=cursor, read_at=now, leased_until=until)
    return (await tx.execute(changed.returning(upstream_feed.c.base_uri))).first() is not None


async def release_feed(tx: Transaction, base_uri: str, leased_until: datetime) -> None:
    """End a lease of the feed of a server. Do nothing if it was lost."""
    own = (upstream_feed.c.base_uri == base_uri, upstream_feed.c.leased_until == leased_until)
    await tx.execute(update(upstream_feed).where(*own).values(leased_until=None))
