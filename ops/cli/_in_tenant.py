"""What most commands about one tenant do: one transaction in its schema, as an operator."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from haas.database import Transaction
from ops.deployment_settings import command_settings
from ops.operator_access import OperatorAccess
from tenants.registry.models import Tenant

Result = TypeVar("Result")


def in_tenant(slug: str, work: Callable[[Transaction, Tenant, datetime], Awaitable[Result]]) -> Result:
    """Call `work` with a transaction of the tenant, the tenant and the time. Return what it returns.

    Raise UnknownTenant, TenantIncomplete.
    """

    async def run() -> Result:
        async with OperatorAccess.open(command_settings()) as access:
            tenant = await access.find(slug)
            async with access.database.transaction(tenant.namespace) as tx:
                return await work(tx, tenant, access.clock.now())

    return asyncio.run(run())
