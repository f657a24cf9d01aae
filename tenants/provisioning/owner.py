"""Transactions of the provisioner's login, whose URLs are the settings `owner_database_urls`.

The control schema is on the main node. A tenant's schema is on the node of its namespace. A change of both schemas is
one transaction if both are on the main node, and two transactions otherwise. Of these two, the transaction in the
tenant's schema is committed first, while the one in the control schema still holds its row locks.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from haas.database import Database, Namespace, Purpose, RoleRefused, Transaction
from haas.settings import MAIN_NODE, Settings
from tenants.registry.errors import NotBootstrapped
from tenants.registry.names import owner_namespace


@asynccontextmanager
async def owner_transaction(
    owner: Database, settings: Settings, tenant: Namespace | None = None, purpose: Purpose = "requests"
) -> AsyncIterator[Transaction]:
    """Open a transaction as the role that owns all objects, in the schema of `tenant`, or in the control schema.

    Raise NotBootstrapped before a provisioner has run for the first time.
    """
    try:
        async with owner.transaction(owner_namespace(settings, tenant), purpose) as tx:
            yield tx
    except RoleRefused as error:
        raise NotBootstrapped(
            f"the database is not set up for a deployment with the role prefix {settings.role_prefix!r}:"
            f" start `haas provisioner`, which sets it up ({error})"
        ) from error


@asynccontextmanager
async def registry_and_tenant(
    owner: Database, settings: Settings, tenant: Namespace, purpose: Purpose = "requests"
) -> AsyncIterator[tuple[Transaction, Transaction]]:
    """Open two transactions as the role that owns all objects: in the control schema, and in the schema of `tenant`.

    Both are the same transaction if the tenant is on the main node. Raise NotBootstrapped.
    """
    if tenant.node == MAIN_NODE:
        async with owner_transaction(owner, settings, tenant, purpose) as tx:
            yield tx, tx
    else:
        async with (
            owner_transaction(owner, settings, None, purpose) as registry,
            owner_transaction(owner, settings, tenant, purpose) as tx,
        ):
            yield registry, tx
