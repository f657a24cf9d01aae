"""The directory of a tenant's people: who may sign in, how they are reached, and for which customers they act.

`tenants.services` hands one in, so that a tenant's directory can be somewhere else than in its own schema.
"""

from datetime import date
from typing import Protocol
from uuid import UUID

from haas.database import Transaction
from tenants.parties import store
from tenants.parties.models import Customer, Login


class Directory(Protocol):
    """Finds logins and customers. A disabled login is never found."""

    async def login_by_identifier(self, tx: Transaction, identifier: str) -> Login | None:
        """Return the login of an identifier (canonical form), with the contacts that codes are sent to; or None."""
        ...

    async def login_by_id(self, tx: Transaction, login_id: UUID) -> Login | None:
        """Return a login with its contacts, or None."""
        ...

    async def customers_of(self, tx: Transaction, login_id: UUID, today: date) -> list[Customer]:
        """Return the customers for whom a login may act on the market's day `today`.

        First the person themselves, then the others by name.
        """
        ...


class StoredDirectory:
    """The directory in the tenant's own schema, which import fills."""

    async def login_by_identifier(self, tx: Transaction, identifier: str) -> Login | None:
        """Return the login of an identifier, or None."""
        return await store.login_by_identifier(tx, identifier)

    async def login_by_id(self, tx: Transaction, login_id: UUID) -> Login | None:
        """Return a login, or None."""
        return await store.login_by_id(tx, login_id)

    async def customers_of(self, tx: Transaction, login_id: UUID, today: date) -> list[Customer]:
        """Return the customers for whom a login may act on a day."""
        return await store.customers_of(tx, login_id, today)
