"""The deployments and tenants that tests run on."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import asyncpg

from haas.jose import new_key
from ops.deployment import Deployment
from ops.deployment_settings import DeploymentSettings
from ops.migrations.bootstrap import bootstrap
from ops.migrations.cluster import DeploymentDatabase, create_deployment
from tenants.registry.models import RegisterEnvironment

REGISTER = RegisterEnvironment(
    id="sandbox",
    public_base_uri="https://register.cdr-sandbox.localhost:8443",
    secure_base_uri="https://mtls.register.cdr-sandbox.localhost:8443",
    jwks_uri="https://register.cdr-sandbox.localhost:8443/cdr-register/v1/jwks",
)


class PostgresServer:
    """A real PostgreSQL. `deployment()` makes a fresh database with its three logins and a role prefix of its own."""

    def __init__(self, superuser_url: str) -> None:
        self.superuser_url = superuser_url
        self._numbers = count(1)

    async def deployment(self) -> DeploymentDatabase:
        """`.owner_url` (provisioner), `.app_url` (application), `.operator_url` (commands), `.role_prefix`."""
        return await create_deployment(self.superuser_url, f"t{os.getpid()}x{next(self._numbers)}")

    async def discard(self, databases: DeploymentDatabase) -> None:
        """Drop a deployment's database and all of its roles."""
        connection = await asyncpg.connect(self.superuser_url)
        try:
            await connection.execute(f"DROP DATABASE {databases.role_prefix} WITH (FORCE)")
            roles = await connection.fetchval(
                "SELECT string_agg(quote_ident(rolname), ', ') FROM pg_roles WHERE starts_with(rolname, $1)",
                f"{databases.role_prefix}_",
            )
            await connection.execute(f"DROP ROLE {roles}")
        finally:
            await connection.close()


@asynccontextmanager
async def open_deployment(
    postgres: PostgresServer, redis_url: str, folder: Path, *, time_factor: int = 8
) -> AsyncIterator[Deployment]:
    """Open a deployment in a database of its own, with roles, control schema and one register environment.

    The time limits of the database are multiplied by `time_factor`, so that a busy machine fails no test. Tests of
    these limits set it to 1, or open a `Database` of their own.
    """
    databases = await postgres.deployment()
    settings = DeploymentSettings(
        environment="sandbox",
        domain="haas.localhost",
        public_port=8443,
        database_url=databases.app_url,
        owner_database_url=databases.owner_url,
        operator_database_url=databases.operator_url,
        redis_url=redis_url,
        smtp_url="smtp://127.0.0.1:1",
        sms_url="https://sms.cdr-sandbox.localhost",
        master_key=new_key(),
        role_prefix=databases.role_prefix,
        database_time_factor=time_factor,
        traffic_factor=1_000_000,  # tests call faster than the thresholds allow; tests of thresholds set their own
        certificates=folder / "certificates",
        clock_file=folder / f"clock-{databases.role_prefix}",
    )
    await bootstrap(settings)
    try:
        async with Deployment.open(settings) as deployment:
            await deployment.administration.put_register_environment(REGISTER, actor="tests")
            yield deployment
    finally:
        await postgres.discard(databases)


async def real_servers(name: str = "stack") -> dict[str, str]:
    """Return a stack's options for the real servers that the environment names; empty if it names none."""
    options = {}
    if url := os.environ.get("HAAS_TEST_DATABASE_URL"):
        databases = await create_deployment(url, f"t{os.getpid()}{name}")
        options["database_url"] = databases.app_url
        options["owner_database_url"] = databases.owner_url
        options["operator_database_url"] = databases.operator_url
        options["role_prefix"] = databases.role_prefix
    if url := os.environ.get("HAAS_TEST_REDIS_URL"):
        options["redis_url"] = url
    return options
