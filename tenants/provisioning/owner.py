"""Transactions of the provisioning login.

The control schema is on the main node, a tenant's schema on the node of its namespace. What changes both is one
transaction where both are on the main node, and two otherwise: then the tenant's transaction commits first, while the
other still holds its row locks.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from haas.database import Database, Namespace, RoleRefused, Transaction
from haas.settings import MAIN_NODE, Settings
from tenants.registry.errors import NotBootstrapped
from tenants.registry.names import owner_namespace


@asynccontextmanager
async def owner_transaction(
    owner: Database, settings: Settings, tenant: Namespace | None = None, *, long: bool = False
) -> AsyncIterator[Transaction]:
    """Work in a tenant's schema, or without one in the control schema, as the role that owns everything.

    Raises NotBootstrapped before the first `haas migrate`.
    """
    try:
        async with owner.transaction(owner_namespace(settings, tenant), long=long) as tx:
            yield tx
    except RoleRefused as error:
        raise NotBootstrapped(
            f"the database is not set up for a deployment with the role prefix {settings.role_prefix!r}:"
            f" run `haas migrate` ({error})"
        ) from error


@asynccontextmanager
async def registry_and_tenant(
    owner: Database, settings: Settings, tenant: Namespace, *, long: bool = False
) -> AsyncIterator[tuple[Transaction, Transaction]]:
    """Work in the control schema and in a tenant's, with the first and the second transaction that are returned.

    They are the same transaction where the tenant is on the main node. Raises NotBootstrapped.
    """
    if tenant.node == MAIN_NODE:
        async with owner_transaction(owner, settings, tenant, long=long) as tx:
            yield tx, tx
    else:
        async with (
            owner_transaction(owner, settings, long=long) as registry,
            owner_transaction(owner, settings, tenant, long=long) as tx,
        ):
            yield registry, tx
