"""The SQL of logins and customers."""

from datetime import date
from typing import Any, Final, get_args
from uuid import UUID

import msgspec
from asyncpg import Record
from sqlalchemy import ColumnElement, Date, Row, Select, and_, bindparam, func, literal_column, or_, select

from haas.database import Statement, Transaction
from tenants.parties.models import Customer, Login, RepresentationRole, RepresentationScope, Representative
from tenants.parties.tables import customer, login, representation


async def login_by_identifier(tx: Transaction, identifier: str) -> Login | None:
    """Return the login with this canonical identifier, or None where there is none or it is disabled."""
    return _login(await tx.row(_BY_IDENTIFIER, identifier=identifier))


async def login_by_id(tx: Transaction, login_id: UUID) -> Login | None:
    """Return the login with this id, or None where there is none or it is disabled."""
    return _login(await tx.row(_BY_ID, login_id=login_id))


async def login_names(tx: Transaction, login_id: UUID) -> Row[Any]:
    """Return the names of a login's person, and when the login was last changed."""
    query = select(login.c.name, login.c.given_name, login.c.family_name, login.c.updated_at)
    return (await tx.execute(query.where(login.c.id == login_id))).one()


async def customers_of(tx: Transaction, login_id: UUID, today: date) -> list[Customer]:
    """Return the customers that a login represents on `today`: first the person themselves, then others by name.

    They say what the login may do for each. If there are several representations, the widest applies.
    """
    return [Customer(**row) for row in await tx.rows(_CUSTOMERS, login_id=login_id, today=today)]


async def representatives(tx: Transaction, customer_id: UUID, today: date) -> list[Representative]:
    """Return who may act for a customer on `today` or later, by name. See `acting.representatives`."""
    query = (
        select(
            login.c.id.label("login_id"),
            login.c.name,
            representation.c.role,
            representation.c.scope,
            representation.c.valid_from,
            representation.c.valid_to,
            login.c.disabled_at.is_not(None).label("is_disabled"),
        )
        .join(login, login.c.id == representation.c.login_id)
        .where(
            representation.c.customer_id == customer_id,
            or_(representation.c.valid_to.is_(None), representation.c.valid_to >= today),
        )
        .order_by(login.c.name, login.c.id, representation.c.valid_from)
    )
    found = [Representative(**row) for row in (await tx.execute(query)).mappings()]
    return [msgspec.structs.replace(each, valid_from=None) if each.valid_from == date.min else each for each in found]


def is_representation_in_force(today: date | ColumnElement[date]) -> ColumnElement[bool]:
    """Return the SQL condition that a representation is in force on `today`, and that its scope permits to see."""
    return and_(_is_representation_of(today), _MAY_SEE)


def is_in_person(
    customer_id: ColumnElement[UUID], login_id: ColumnElement[UUID], on: date | ColumnElement[date]
) -> ColumnElement[bool]:
    """Return the SQL condition that a login was the customer in person on a day.

    For who reads or decides, the day is today. For who has authorised, it is the day of the authorisation: the consent
    continues when the login acts no more (decision 0022). The scope does not matter: it says what the person may do.
    """
    own: Select[Any] = select(literal_column("1")).where(
        representation.c.login_id == login_id,
        representation.c.customer_id == customer_id,
        _ROLE_IS_SELF,
        _is_representation_of(on),
    )
    return own.correlate_except(representation).exists()


def role_on(
    customer_id: ColumnElement[UUID], login_id: ColumnElement[UUID], on: date | ColumnElement[date]
) -> ColumnElement[RepresentationRole | None]:
    """Return by which authority a login acted for a customer on a day, or null if none is on record for it.

    In person comes before every other one, and one that permits to share before one that does not.
    """
    roles: Select[Any] = select(representation.c.role).where(
        representation.c.login_id == login_id, representation.c.customer_id == customer_id, _is_representation_of(on)
    )
    first = roles.order_by(_ROLE_IS_SELF.desc(), _MAY_SHARE.desc(), representation.c.role).limit(literal_column("1"))
    return first.correlate_except(representation).scalar_subquery()


def _is_representation_of(today: date | ColumnElement[date]) -> ColumnElement[bool]:
    return and_(
        representation.c.valid_from <= today,
        or_(representation.c.valid_to.is_(None), representation.c.valid_to >= today),
    )


def _login(row: Record | None) -> Login | None:
    return None if row is None else Login(**row)


_ROLE_IS_SELF: Final[ColumnElement[bool]] = representation.c.role == literal_column("'self'")
_LOGIN = select(login.c.id, login.c.email, login.c.mobile, login.c.channel).where(login.c.disabled_at.is_(None))
_BY_IDENTIFIER: Final = Statement(_LOGIN.where(login.c.identifier == bindparam("identifier")))
_BY_ID: Final = Statement(_LOGIN.where(login.c.id == bindparam("login_id")))
_SCOPES: Final[dict[RepresentationScope, ColumnElement[Any]]] = {
    each: literal_column(f"'{each}'") for each in get_args(RepresentationScope)
}
_MAY_SEE = or_(representation.c.scope.is_(None), representation.c.scope.in_(list(_SCOPES.values())))
_MAY_SHARE = or_(representation.c.scope.is_(None), representation.c.scope == _SCOPES["share"])
_IS_SELF = func.bool_or(_ROLE_IS_SELF)
_CUSTOMERS: Final = Statement(
    select(
        customer.c.id,
        customer.c.kind,
        customer.c.name,
        _IS_SELF.label("is_self"),
        func.bool_or(_MAY_SEE).label("may_see"),
        func.bool_or(_MAY_SHARE).label("may_share"),
    )
    .join(representation, representation.c.customer_id == customer.c.id)
    .where(representation.c.login_id == bindparam("login_id"), _is_representation_of(bindparam("today", type_=Date)))
    .group_by(customer.c.id)
    .order_by(_IS_SELF.desc(), customer.c.name, customer.c.id)
)
