"""The SQL of logins and customers."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, case, select

from haas.database import Transaction
from tenants.parties.models import Customer, Login
from tenants.parties.tables import customer, login, representation


async def login_by_identifier(tx: Transaction, identifier: str) -> Login | None:
    """Return the login with this canonical identifier that is not disabled."""
    query = select(login.c.id, login.c.email, login.c.mobile).where(
        login.c.identifier == identifier, login.c.disabled_at.is_(None)
    )
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else Login(id=row.id, email=row.email, mobile=row.mobile)


async def login_by_id(tx: Transaction, login_id: UUID) -> Login | None:
    """Return a login that is not disabled."""
    query = select(login.c.id, login.c.email, login.c.mobile).where(
        login.c.id == login_id, login.c.disabled_at.is_(None)
    )
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else Login(id=row.id, email=row.email, mobile=row.mobile)


async def names_of(tx: Transaction, login_id: UUID) -> Row[Any]:
    """Return the names of the person behind a login, and when they last changed."""
    query = select(login.c.name, login.c.given_name, login.c.family_name, login.c.updated_at)
    return (await tx.execute(query.where(login.c.id == login_id))).one()


async def customers_of(tx: Transaction, login_id: UUID) -> list[Customer]:
    """Return the customers that a login acts for: first itself, then others by name."""
    query = (
        select(customer.c.id, customer.c.kind, customer.c.name, representation.c.role)
        .join(representation, representation.c.customer_id == customer.c.id)
        .where(representation.c.login_id == login_id)
        .order_by(case((representation.c.role == "self", 0), else_=1), customer.c.name, customer.c.id)
    )
    return [
        Customer(id=row.id, kind=row.kind, name=row.name, own=row.role == "self") for row in await tx.execute(query)
    ]
