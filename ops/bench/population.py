"""The tenants of a benchmark. Each one has customers, a client and a consent."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from haas.progress import Progress
from ops.demonstration import create_many
from ops.deployment import Deployment
from ops.migrations.connection import as_owner, owner_connection
from ops.pki.keys import new_key
from ops.stack.embedded import Stack
from tenants.registry.models import Tenant
from tenants.registry.names import Hosts, Roles
from tenants.tables import tenant as tenant_metadata

PREFIX: Final = "many"
# Tables with keys, which must differ between tenants, and tables that no measured request reads.
_NOT_COPIED: Final = frozenset({"data_key", "derivation_key", "signing_key", "outbox", "used_assertion", "session"})
_HISTORY: Final = frozenset({"invoice", "billing_transaction", "usage_read", "usage_month"})
"""The tables with most of the rows. Only operations for this data read them."""


async def populate(stack: Stack, number: int, progress: Progress) -> list[Tenant]:
    """Create tenants until there are `number`, and return them. Only the demonstration brands have data."""
    async with Deployment.open(stack.settings) as deployment:
        brands = list(await deployment.administration.all())
        missing = number - len(brands)
        if missing > 0:
            key = new_key()  # one key for all, because generating a key takes as long as signing fifty certificates
            with progress.bar("certificates of the tenants' hosts", missing) as advance:
                for position in range(1, missing + 1):
                    hosts = Hosts.from_public_host(f"{PREFIX}-{position}.{stack.settings.domain}")
                    for host in (hosts.public, hosts.secure, hosts.admin, hosts.management):
                        stack.pki.ensure_server(host, stack.folder.certificates, key)
                    advance()
            brands += await create_many(deployment, missing, prefix=PREFIX, progress=progress)
        return brands[:number]


async def copy_data(
    stack: Stack, source: Tenant, targets: Sequence[Tenant], progress: Progress, *, with_history: bool = False
) -> None:
    """Replace the customers, clients, consents and tokens of `targets` by copies of those of `source`.

    The stored digest of a token does not depend on the tenant, so the tokens of the source's recipient are valid at
    every target. Resource ids and pairwise subjects are derived from each tenant's own keys. Bills and meter reads are
    copied only `with_history`.
    """
    left_out = _NOT_COPIED if with_history else _NOT_COPIED | _HISTORY
    names = [
        table.name
        for table in tenant_metadata.sorted_tables
        if table.name not in left_out and not table.name.startswith("call_")
    ]
    async with owner_connection(stack.settings) as connection:
        filled = await _filled(connection, source, names)
        driver = (await connection.get_raw_connection()).driver_connection
        if driver is None:
            raise TypeError("the connection is closed")
        with progress.bar("data", len(targets)) as advance:
            for target in targets:
                to, of = target.namespace.schema, source.namespace.schema
                statements = [f"DELETE FROM {to}.{name}" for name in reversed(names)]  # noqa: S608 - our own tables
                statements += [f"INSERT INTO {to}.{name} SELECT * FROM {of}.{name}" for name in filled]  # noqa: S608
                statements += [f"ANALYZE {', '.join(f'{to}.{name}' for name in filled)}"]
                async with connection.begin():
                    await as_owner(connection, Roles(stack.settings.role_prefix))
                    await connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
                    await driver.execute(";".join(statements))  # one round trip
                advance()


async def _filled(connection: AsyncConnection, tenant: Tenant, names: Sequence[str]) -> list[str]:
    """Return the tables of a tenant that have rows."""
    schema = tenant.namespace.schema
    parts = (f"SELECT '{name}' WHERE EXISTS (SELECT FROM {schema}.{name})" for name in names)  # noqa: S608 - our tables
    found = await connection.exec_driver_sql(" UNION ALL ".join(parts))
    filled = {row[0] for row in found}
    await connection.rollback()
    return [name for name in names if name in filled]
