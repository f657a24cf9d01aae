"""Sets up a sandbox deployment and its demonstration brands. Parts that exist already are not changed."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from haas.progress import Progress
from ops.demonstration.brands import BRANDS, REGISTER_ENVIRONMENT, DemonstrationBrand
from ops.demonstration.customers import DemonstrationCustomer, demonstration_people, load_demonstration
from ops.demonstration.other_servers import ACTOR, SANDBOX_DOMAIN, Certificates, connect
from ops.deployment import Deployment
from ops.deployment_settings import DeploymentSettings
from ops.migrations.bootstrap import bootstrap
from ops.migrations.run import migrate_tenants
from tenants.registry.errors import UnknownTenant
from tenants.registry.models import RegisterEnvironment, Tenant
from themes.files import with_files
from themes.tokens import check_theme, theme_to_json

DATA_VARIABLE: Final = "HAAS_DEMONSTRATION_DATA"
"""The environment variable with the path of a file of the Data Standards Body's test data generator."""


async def set_up_demonstration(
    settings: DeploymentSettings, progress: Progress, certificates: Certificates
) -> Mapping[str, list[DemonstrationCustomer]]:
    """Migrate the databases and create the demonstration brands. Return who can sign in at each brand.

    One brand has its data in its schema. The other one reads it from its retailer's own server and from AEMO, unless
    the data is that of a file: the e-Hub does not have the service points of the file. It can be repeated, also after
    an interruption: each step checks what exists. Raises HaasError.
    """
    return await _set_up(settings, progress, certificates, BRANDS, use_other_servers=data_file() is None)


async def set_up_from_store(
    settings: DeploymentSettings, progress: Progress, certificates: Certificates
) -> Mapping[str, list[DemonstrationCustomer]]:
    """Do the same with the data of both brands in their schemas, for measurements of this program alone."""
    return await set_up_brands(settings, progress, certificates, BRANDS)


async def set_up_brands(
    settings: DeploymentSettings, progress: Progress, certificates: Certificates, brands: Sequence[DemonstrationBrand]
) -> Mapping[str, list[DemonstrationCustomer]]:
    """Do the same with other brands, whose data is in their schemas."""
    return await _set_up(settings, progress, certificates, brands, use_other_servers=False)


async def _set_up(
    settings: DeploymentSettings,
    progress: Progress,
    certificates: Certificates,
    brands: Sequence[DemonstrationBrand],
    *,
    use_other_servers: bool,
) -> Mapping[str, list[DemonstrationCustomer]]:
    await bootstrap(settings, progress)
    await migrate_tenants(settings, progress)
    customers = {}
    async with Deployment.open(settings) as deployment:
        await deployment.administration.put_register_environment(sandbox_register(settings), actor=ACTOR)
        for brand in brands:
            tenant = await create_brand(deployment, brand, progress)
            for _, host in tenant.surfaces():
                certificates.issue_certificate(host)
            if use_other_servers and brand.is_on_other_servers:
                # Who has connected the tenant with other sources later, or with none, keeps that.
                if tenant.settings.upstream is None:
                    await connect(deployment, tenant, certificates)
                customers[brand.slug] = demonstration_people(brand.holder, data_file(), deployment.clock.now().date())
            else:
                customers[brand.slug] = await _loaded(deployment, tenant, brand)
            progress.line(f"{tenant.name}: {len(customers[brand.slug])} people can sign in")
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


async def create_brand(deployment: Deployment, brand: DemonstrationBrand, progress: Progress) -> Tenant:
    """Create a brand and publish its theme with the fonts and the icon, unless this was done before."""
    try:
        tenant = await deployment.administration.find(brand.slug)
    except UnknownTenant:
        tenant = await deployment.provisioner.create(brand.new_tenant(), actor=ACTOR)
        progress.line(f"created {tenant.name}")
    created_with = msgspec.json.decode(msgspec.json.encode(theme_to_json(brand.theme)))
    if brand.files and tenant.theme == created_with:  # a theme that somebody published later stays
        tokens, files = with_files(tenant.theme, brand.files)
        checked: dict[str, Any] = {"actor": ACTOR, "check_theme": check_theme}
        number = await deployment.administration.save_theme(
            brand.slug, tokens, files=files, note="With fonts and an icon", **checked
        )
        await deployment.administration.publish_theme(brand.slug, number, **checked)
        tenant = await deployment.administration.find(brand.slug)
    return tenant


async def _loaded(deployment: Deployment, tenant: Tenant, brand: DemonstrationBrand) -> list[DemonstrationCustomer]:
    """Import the data of a brand. Return who can sign in."""
    loaded = await load_demonstration(
        deployment.database, tenant.namespace, brand.holder, file=data_file(), now=deployment.clock.now()
    )
    return loaded.customers


def data_file() -> Path | None:
    """Return the file that HAAS_DEMONSTRATION_DATA names, or None. Without a file the data is generated."""
    path = os.environ.get(DATA_VARIABLE)
    return Path(path) if path else None
