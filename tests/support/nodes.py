"""A second database node: a PostgreSQL server of its own, because roles are shared by the databases of one server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import msgspec

from ops.deployment import Deployment
from ops.migrations.bootstrap import bootstrap
from ops.migrations.cluster import create_deployment, with_database
from tenants.registry.names import Roles, tenant_schema

SECOND = "second"


@asynccontextmanager
async def with_second_node(deployment: Deployment, superuser_url: str) -> AsyncIterator[Deployment]:
    """Open a deployment once more, with the server at `superuser_url` as the database node SECOND."""
    databases = await create_deployment(superuser_url, deployment.settings.role_prefix)
    settings = msgspec.structs.replace(
        deployment.settings,
        nodes={SECOND: databases.app_url},
        owner_nodes={SECOND: databases.owner_url},
        operator_nodes={SECOND: databases.operator_url},
    )
    await bootstrap(settings)
    async with Deployment.open(settings) as opened:
        yield opened


async def traces(superuser_url: str, role_prefix: str, slug: str) -> set[str]:
    """Return which of the schema and the role of a tenant exist on a server."""
    connection = await asyncpg.connect(with_database(superuser_url, role_prefix))
    try:
        found = {
            "schema": await connection.fetchval("SELECT to_regnamespace($1)::oid", tenant_schema(slug)),
            "role": await connection.fetchval(
                "SELECT 1 FROM pg_roles WHERE rolname = $1", Roles(role_prefix).tenant(slug)
            ),
        }
    finally:
        await connection.close()
    return {name for name, trace in found.items() if trace is not None}


@asynccontextmanager
async def shut_out(superuser_url: str, login: str) -> AsyncIterator[None]:
    """Close the connections of a login to a server, and refuse new ones until the block ends."""
    connection = await asyncpg.connect(superuser_url)
    try:
        await connection.execute(f"ALTER ROLE {login} NOLOGIN")
        await terminate(superuser_url, login)
        yield
    finally:
        await connection.execute(f"ALTER ROLE {login} LOGIN")
        await connection.close()


async def terminate(superuser_url: str, login: str) -> None:
    """End every session of a login on a server."""
    connection = await asyncpg.connect(superuser_url)
    try:
        end = "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE usename = $1"
        await connection.execute(end, login)
    finally:
        await connection.close()
