"""The SQL of accounts and their holders."""

from datetime import date
from uuid import UUID

from sqlalchemy import case, or_, select

from haas.database import Transaction
from tenants.accounts.models import StoredAccount
from tenants.accounts.tables import account, holding


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
