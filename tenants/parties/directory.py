"""The directory of a tenant's people: who may sign in, their contacts, and the customers they may act for.

`tenants.services` passes a directory to the code that needs one, so that a tenant's directory can also be stored
outside its schema.
"""

from datetime import date
from typing import Protocol
from uuid import UUID

from haas.database import Transaction
from tenants.parties import store
from tenants.parties.models import Customer, Login


class Directory(Protocol):
    """Finds logins and customers. It never returns a disabled login."""

    async def login_by_identifier(self, tx: Transaction, identifier: str) -> Login | None:
        """Return the login with this identifier (in canonical form) and its contacts, or None."""
        ...

    async def login_by_id(self, tx: Transaction, login_id: UUID) -> Login | None:
        """Return the login with this id and its contacts, or None."""
        ...

    async def customers_of(self, tx: Transaction, login_id: UUID, today: date) -> list[Customer]:
        """Return the customers for whom a login may act on `today`, a date in the market's time zone.

        The person themselves is first, the others are sorted by name.
        """
        ...


class StoredDirectory:
    """The directory in the tenant's schema, which is filled by import."""

    async def login_by_identifier(self, tx: Transaction, identifier: str) -> Login | None:
        """Return the login with this identifier, or None."""
        return await store.login_by_identifier(tx, identifier)

    async def login_by_id(self, tx: Transaction, login_id: UUID) -> Login | None:
        """Return the login with this id, or None."""
        return await store.login_by_id(tx, login_id)

    async def customers_of(self, tx: Transaction, login_id: UUID, today: date) -> list[Customer]:
        """Return the customers for whom a login may act on `today`."""
        return await store.customers_of(tx, login_id, today)
