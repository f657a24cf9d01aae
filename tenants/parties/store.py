"""The SQL of logins and customers."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, or_, select

from haas.database import Transaction
from tenants.parties.models import Customer, Login
from tenants.parties.tables import customer, login, representation


async def login_by_identifier(tx: Transaction, identifier: str) -> Login | None:
    """Return the login with this canonical identifier, or None where there is none or it is disabled."""
    query = select(login.c.id, login.c.email, login.c.mobile).where(
        login.c.identifier == identifier, login.c.disabled_at.is_(None)
    )
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else Login(id=row.id, email=row.email, mobile=row.mobile)


async def login_by_id(tx: Transaction, login_id: UUID) -> Login | None:
    """Return the login with this id, or None where there is none or it is disabled."""
    query = select(login.c.id, login.c.email, login.c.mobile).where(
        login.c.id == login_id, login.c.disabled_at.is_(None)
    )
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else Login(id=row.id, email=row.email, mobile=row.mobile)


async def login_names(tx: Transaction, login_id: UUID) -> Row[Any]:
    """Return the names of a login's person, and when the login was last changed."""
    query = select(login.c.name, login.c.given_name, login.c.family_name, login.c.updated_at)
    return (await tx.execute(query.where(login.c.id == login_id))).one()


async def customers_of(tx: Transaction, login_id: UUID, today: date) -> list[Customer]:
    """Return the customers for whom a login may act on `today`: first the person themselves, then others by name."""
    is_self = func.bool_or(representation.c.role == "self")
    query = (
        select(customer.c.id, customer.c.kind, customer.c.name, is_self.label("is_self"))
        .join(representation, representation.c.customer_id == customer.c.id)
        .where(representation.c.login_id == login_id, is_representation_in_force(today))
        .group_by(customer.c.id)
        .order_by(is_self.desc(), customer.c.name, customer.c.id)
    )
    return [Customer(id=row.id, kind=row.kind, name=row.name, is_self=row.is_self) for row in await tx.execute(query)]


def is_representation_in_force(today: date) -> ColumnElement[bool]:
    """Return the SQL condition that a representation is in force on `today`."""
    return and_(
        representation.c.valid_from <= today,
        or_(representation.c.valid_to.is_(None), representation.c.valid_to >= today),
    )
