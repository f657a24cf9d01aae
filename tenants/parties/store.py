"""The SQL of logins, customers and their accounts."""

from datetime import date
from uuid import UUID

from sqlalchemy import case, or_, select

from haas.database import Transaction
from tenants.energy.tables import account
from tenants.parties.models import Customer, Login, StoredAccount
from tenants.parties.tables import customer, holding, login, representation


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


async def accounts_of(tx: Transaction, customer_id: UUID, today: date) -> list[StoredAccount]:
    """Return the accounts that a customer holds or may use today, open ones first."""
    query = (
        select(
            account.c.id,
            account.c.display_name,
            account.c.account_number,
            account.c.open_status,
            account.c.creation_date,
            account.c.disclosure_option,
            holding.c.role,
        )
        .join(holding, holding.c.account_id == account.c.id)
        .where(
            holding.c.customer_id == customer_id,
            holding.c.valid_from <= today,
            or_(holding.c.valid_to.is_(None), holding.c.valid_to >= today),
        )
        .order_by(
            case((account.c.open_status == "OPEN", 0), else_=1),
            account.c.display_name,
            account.c.account_number,
            account.c.id,
        )
    )
    return [StoredAccount(**row._mapping) for row in await tx.execute(query)]  # noqa: SLF001 - SQLAlchemy's own spelling
