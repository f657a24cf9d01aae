"""Sets up a sandbox deployment and its demonstration brands. Parts that exist already are not changed."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from haas.progress import Progress
from ops.demonstration.brands import BRANDS, REGISTER_ENVIRONMENT, DemonstrationBrand
from ops.demonstration.customers import DemonstrationCustomer, load_demonstration
from ops.deployment import Deployment
from ops.deployment_settings import DeploymentSettings
from ops.migrations.bootstrap import bootstrap
from ops.migrations.run import migrate_tenants
from tenants.registry.errors import UnknownTenant
from tenants.registry.models import RegisterEnvironment, Tenant

SANDBOX_DOMAIN: Final = "cdr-sandbox.localhost"
ACTOR: Final = "demonstration"
DATA_VARIABLE: Final = "HAAS_DEMONSTRATION_DATA"
# The Data Standards Body's test data, if it was stored beside the checkout.
_DATA_BESIDE_CHECKOUT: Final = Path(__file__).parents[3] / "shared" / "data" / "dsb-energy-testdata.json.gz"

IssueCertificate = Callable[[str], None]


async def set_up_demonstration(
    settings: DeploymentSettings, progress: Progress, issue_certificate: IssueCertificate
) -> Mapping[str, list[DemonstrationCustomer]]:
    """Migrate the databases and create the demonstration brands. Return who can sign in at each brand.

    It can be repeated, also after an interruption: each step checks what exists. Raises HaasError.
    """
    await bootstrap(settings, progress)
    await migrate_tenants(settings, progress)
    customers = {}
    async with Deployment.open(settings) as deployment:
        await deployment.administration.put_register_environment(sandbox_register(settings), actor=ACTOR)
        for brand in BRANDS:
            tenant = await _tenant(deployment, brand, progress)
            for _, host in tenant.surfaces():
                issue_certificate(host)
            customers[brand.slug] = await _customers(deployment, tenant, brand, progress)
    return customers


def sandbox_register(settings: DeploymentSettings) -> RegisterEnvironment:
    """Return the sandbox's Register as a register environment."""
    public = settings.origin(f"register.{SANDBOX_DOMAIN}")
    return RegisterEnvironment(
        id=REGISTER_ENVIRONMENT,
        public_base_uri=public,
        secure_base_uri=settings.origin(f"mtls.register.{SANDBOX_DOMAIN}"),
        jwks_uri=f"{public}/cdr-register/v1/jwks",
    )


async def _tenant(deployment: Deployment, brand: DemonstrationBrand, progress: Progress) -> Tenant:
    try:
        return await deployment.administration.find(brand.slug)
    except UnknownTenant:
        tenant = await deployment.provisioner.create(brand.new_tenant(), actor=ACTOR)
    progress.line(f"created {tenant.name}")
    return tenant


async def _customers(
    deployment: Deployment, tenant: Tenant, brand: DemonstrationBrand, progress: Progress
) -> list[DemonstrationCustomer]:
    loaded = await load_demonstration(
        deployment.database, tenant.namespace, brand.holder, file=data_file(), now=deployment.clock.now()
    )
    progress.line(f"{tenant.name}: {len(loaded.customers)} people can sign in")
    return loaded.customers


def data_file() -> Path | None:
    """Return the Data Standards Body's file: HAAS_DEMONSTRATION_DATA, or the file beside the checkout.

    Return None if there is no file. The data is then generated.
    """
    path = os.environ.get(DATA_VARIABLE)
    if path:
        return Path(path)
    return _DATA_BESIDE_CHECKOUT if _DATA_BESIDE_CHECKOUT.exists() else None
