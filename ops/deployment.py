"""The objects that administer one deployment with every secret, for the demonstration, benchmarks and tests.

Processes of a deployment do not use them: the command line asks the provisioner.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import Any
from uuid import uuid4

from haas.clock import Clock, clock_from
from haas.database import FEW_CONNECTIONS, Database
from haas.jose import KeySealer, Sealer
from haas.settings import MAIN_NODE
from ops.deployment_settings import DeploymentSettings
from ops.migrations.chains import TENANT
from tenants.keys.creation import NewSigningKey
from tenants.provisioning.administration import Administration
from tenants.provisioning.service import Provisioner
from tenants.registry.models import NewTenant, Tenant, TenantSettings


class Deployment:
    """Connections with the three logins, and the services that change tenants. The database must be bootstrapped."""

    def __init__(self, settings: DeploymentSettings) -> None:
        """Create the objects. No connection is opened yet. `open` also closes the connections."""
        self.settings = settings
        self.clock: Clock = clock_from(settings.clock_file)
        self.sealer: Sealer = KeySealer(settings.master_key)
        self.database = Database.open(settings.database_urls, time_factor=settings.database_time_factor)
        self.owner = Database.open(
            settings.owner_database_urls, connections=FEW_CONNECTIONS, time_factor=settings.database_time_factor
        )
        self.operator = Database.open(
            settings.operator_database_urls, connections=FEW_CONNECTIONS, time_factor=settings.database_time_factor
        )
        self.administration = Administration(self.owner, settings, self.clock)
        self.provisioner = Provisioner(self.owner, settings, self.sealer, self.clock, TENANT.script())
        self._numbers = count(1)

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: DeploymentSettings) -> AsyncIterator["Deployment"]:
        """Yield a deployment, and close its connections at the end of the block."""
        deployment = cls(settings)
        try:
            yield deployment
        finally:
            for database in (deployment.database, deployment.owner, deployment.operator):
                await database.close()

    async def new_tenant(
        self,
        slug: str | None = None,
        *,
        theme: dict[str, Any] | None = None,
        signing_keys: Sequence[NewSigningKey] | None = None,
        node: str = MAIN_NODE,
        settings: TenantSettings | None = None,
    ) -> Tenant:
        """Create an empty tenant with a made-up name in the sandbox's register environment."""
        slug = slug or f"brand-{next(self._numbers)}"
        name = slug.replace("-", " ").title()
        new = NewTenant(
            slug=slug,
            name=name,
            retailer=f"{name} Pty Ltd",
            register_environment_id="sandbox",
            register_brand_id=str(uuid4()),
            theme=theme or {},
            settings=settings or TenantSettings(),
            node=node,
        )
        return await self.provisioner.create(new, actor="operator", signing_keys=signing_keys)
