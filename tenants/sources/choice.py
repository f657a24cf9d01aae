"""Which source the data of a tenant is read from."""

from haas.database import Database, Transaction
from tenants.registry.models import Tenant
from tenants.sources.contract import CustomerDataSource
from tenants.sources.store import StoreSource


class DataSources:
    """Makes the source for each call."""

    def __init__(self, database: Database) -> None:
        """Take the connections for sources that read from the tenant's schema."""
        self._database = database

    def of_customers(self, _tenant: Tenant, tx: Transaction) -> CustomerDataSource:
        """Return the source of customers and accounts of a tenant. `tx` is the transaction of the call.

        This is the tenant's schema, whatever the tenant's settings say: no other source exists yet.
        """
        return StoreSource(tx, self._database)
