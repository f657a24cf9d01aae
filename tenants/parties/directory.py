"""The directory of a tenant's people: who may sign in, their contacts, and the customers they may act for.

`tenants.services` passes a directory to the code that needs one, so that a tenant's directory can also be stored
outside its schema.
"""

from datetime import date
from typing import Protocol
from uuid import UUID

from haas.database import Database
from tenants.parties import store
from tenants.parties.models import Login, Person
from tenants.registry.models import Tenant


class Directory(Protocol):
    """Finds logins and customers. It never returns a disabled login.

    It is asked while no transaction is open, so that no database connection waits for another server. A method does the
    same work, and takes the same time, whether or not there is such a login: the time of a response must not disclose
    who is a customer (CDS, One Time Password Credential Requirements).
    """

    def is_copy(self, tenant: Tenant) -> bool:
        """Return whether the directory of a tenant is a copy of what another server knows, which `refresh` renews."""
        ...

    async def login_by_identifier(self, tenant: Tenant, identifier: str) -> Login | None:
        """Return the login with this identifier (in canonical form) and its contacts, or None."""
        ...

    async def refresh(self, tenant: Tenant, login_id: UUID) -> None:
        """Renew the copy of what belongs to a login: the customers, their accounts, and who holds them.

        Call this only for a person who has given the right one-time password: it takes longer than for other logins.
        Raises Unavailable if the other server does not answer.
        """
        ...

    async def person(self, tenant: Tenant, login_id: UUID, today: date) -> Person:
        """Return a login with the customers for whom it may act on `today`, a date in the market's time zone."""
        ...


class StoredDirectory:
    """The directory in the tenant's schema, which is filled by import."""

    def __init__(self, database: Database) -> None:
        """Read with connections of `database`."""
        self._database = database

    def is_copy(self, _: Tenant) -> bool:
        """Return False: the tenant's schema is the only place of this directory."""
        return False

    async def refresh(self, tenant: Tenant, login_id: UUID) -> None:
        """Do nothing, because the directory is not a copy."""

    async def login_by_identifier(self, tenant: Tenant, identifier: str) -> Login | None:
        """Return the login with this identifier, or None."""
        async with self._database.transaction(tenant.namespace) as tx:
            return await store.login_by_identifier(tx, identifier)

    async def person(self, tenant: Tenant, login_id: UUID, today: date) -> Person:
        """Return a login with the customers for whom it may act on `today`."""
        async with self._database.transaction(tenant.namespace) as tx:
            login = await store.login_by_id(tx, login_id)
            customers = await store.customers_of(tx, login_id, today)
        return Person(login_id=login_id, login=login, customers=tuple(customers))
