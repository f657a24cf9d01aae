"""For which customers a login acts."""

from datetime import date
from uuid import UUID

from haas.database import Transaction
from tenants.parties import store
from tenants.parties.models import Customer


async def is_enabled(tx: Transaction, login_id: UUID) -> bool:
    """Whether there is such a login, and it has not been disabled."""
    return await store.login_by_id(tx, login_id) is not None


async def customers_of(tx: Transaction, login_id: UUID, today: date) -> list[Customer]:
    """Return the customers that a login acts for on the market's day `today`, itself first."""
    return await store.customers_of(tx, login_id, today)
