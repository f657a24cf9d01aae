"""Transactions of the provisioning login."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from haas.database import Database, RoleRefused, Transaction
from haas.settings import Settings
from tenants.registry.errors import NotBootstrapped
from tenants.registry.names import owner_namespace
from tenants.schema import CONTROL_SCHEMA


@asynccontextmanager
async def owner_transaction(
    owner: Database, settings: Settings, schema: str = CONTROL_SCHEMA, *, long: bool = False
) -> AsyncIterator[Transaction]:
    """Work in `schema` as the role that owns everything. Raises NotBootstrapped before the first `haas migrate`."""
    try:
        async with owner.transaction(owner_namespace(settings, schema), long=long) as tx:
            yield tx
    except RoleRefused as error:
        raise NotBootstrapped(
            f"the database is not set up for a deployment with the role prefix {settings.role_prefix!r}:"
            f" run `haas migrate` ({error})"
        ) from error
