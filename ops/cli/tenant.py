"""`haas tenant`: create, list, show, suspend, resume and remove tenants."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

import click
import msgspec

from haas.settings import MAIN_NODE, Settings
from ops.deployment import Deployment
from ops.deployment_settings import deployment_settings
from ops.operator import actor, columns
from ops.plugins import certificate_issuer
from tenants.registry.models import NewTenant, Tenant, TenantSettings
from tenants.registry.names import Hosts
from themes.tokens import theme_from


@click.group("tenant")
def command() -> None:
    """Manage the tenants. Each is one data holder brand."""


@command.command("create")
@click.argument("slug")
@click.option("--name", required=True, help="The brand's name as customers know it.")
@click.option("--retailer", required=True, help="The legal entity that owns the brand.")
@click.option(
    "--register-environment",
    default="sandbox",
    show_default=True,
    help="The CDR Register of the tenant; see `haas register list`.",
)
@click.option("--register-brand-id", help="The brand's id at the Register.  [default: a new one, in the sandbox only]")
@click.option("--public-host", help="Public host name of the brand.  [default: SLUG.DOMAIN]")
@click.option("--node", default=MAIN_NODE, show_default=True, help="The database node for its data.")
@click.option(
    "--time-zone",
    default=TenantSettings().time_zone,
    show_default=True,
    help="IANA name. Pages show times in this zone, and the days of the metrics begin in it.",
)
@click.option("--theme", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Theme tokens as JSON.")
def create(
    slug: str,
    *,
    name: str,
    retailer: str,
    register_environment: str,
    register_brand_id: str | None,
    public_host: str | None,
    node: str,
    time_zone: str,
    theme: Path | None,
) -> None:
    """Create the tenant SLUG: schema, role, keys, hosts and theme. If an error occurs, nothing is created."""
    settings = deployment_settings()
    if register_brand_id is None:
        if settings.environment == "production":
            raise click.UsageError("--register-brand-id is required: it is the id that the Register gave to the brand")
        register_brand_id = str(uuid.uuid4())
    new = NewTenant(
        slug=slug,
        name=name,
        retailer=retailer,
        register_environment_id=register_environment,
        register_brand_id=register_brand_id,
        theme={} if theme is None else _theme(theme, name),
        node=node,
        settings=_settings(time_zone),
        hosts=None if public_host is None else Hosts.from_public_host(public_host),
    )
    tenant = asyncio.run(_create(settings, new))
    issue = certificate_issuer(settings)
    for _, host in tenant.surfaces():
        if issue is not None:
            issue(host)
    click.echo(f"Created {tenant.name}: {tenant.issuer}")
    if issue is None:
        click.echo(f"It is served as soon as {settings.certificates} contains a certificate for each of these hosts:")
        for _, host in tenant.surfaces():
            click.echo(f"  {host}")


@command.command("list")
def list_() -> None:
    """List every tenant."""
    tenants = asyncio.run(_all(deployment_settings()))
    if not tenants:
        click.echo("There are no tenants yet; `haas tenant create` creates one.")
        return
    rows = [
        (each.slug, each.name, each.state, each.retailer, each.register_environment.id, each.issuer) for each in tenants
    ]
    for line in columns(("SLUG", "NAME", "STATE", "RETAILER", "REGISTER", "ISSUER"), rows):
        click.echo(line)


@command.command("show")
@click.argument("slug")
def show(slug: str) -> None:
    """Show the tenant SLUG: its addresses, as the Register publishes them, and the location of its data."""
    tenant = asyncio.run(_find(deployment_settings(), slug))
    rows = {
        "slug": tenant.slug,
        "name": tenant.name,
        "state": tenant.state,
        "retailer": tenant.retailer,
        "issuer": tenant.issuer,
        "PublicBaseUri": tenant.issuer,
        "ResourceBaseUri": tenant.secure_base,
        "AdminBaseUri": tenant.secure_base,
        "admin": tenant.admin_base,
        "management": tenant.management_base,
        "time zone": tenant.settings.time_zone,
        "register": tenant.register_environment.id,
        "register brand id": tenant.register_brand_id,
        "id": str(tenant.id),
        "database node": tenant.namespace.node,
        "schema": tenant.namespace.schema,
        "role": tenant.namespace.role,
    }
    width = max(map(len, rows))
    for title, value in rows.items():
        click.echo(f"{title:<{width}}  {value}")


@command.command("suspend")
@click.argument("slug")
def suspend(slug: str) -> None:
    """Suspend the tenant SLUG. It takes effect within seconds.

    The tenant answers 503, except for discovery, the JWKS, Get Status, withdrawal on the dashboard, token revocation
    and arrangement revocation.
    """
    tenant = asyncio.run(_change(deployment_settings(), slug, "suspend"))
    click.echo(f"{tenant.name} is suspended; `haas tenant resume {slug}` ends the suspension.")


@command.command("resume")
@click.argument("slug")
def resume(slug: str) -> None:
    """End the suspension of the tenant SLUG."""
    tenant = asyncio.run(_change(deployment_settings(), slug, "resume"))
    click.echo(f"{tenant.name} is active.")


@command.command("remove")
@click.argument("slug")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def remove(slug: str, *, yes: bool) -> None:
    """Delete the tenant SLUG with its keys, customers, arrangements and tokens. This cannot be undone."""
    settings = deployment_settings()
    tenant = asyncio.run(_find(settings, slug))
    if not yes:
        click.echo(
            f"This deletes {tenant.name} with all its customers, arrangements, tokens and keys. This cannot be undone."
        )
        if click.prompt("Type its slug to continue", default="", show_default=False) != slug:
            raise click.ClickException(f"nothing was deleted: the answer was not {slug}")
    asyncio.run(_change(settings, slug, "remove"))
    click.echo(f"{tenant.name} was removed. Its certificates in {settings.certificates} can be deleted now.")


async def _create(settings: Settings, new: NewTenant) -> Tenant:
    async with Deployment.open(settings) as deployment:
        return await deployment.provisioner.create(new, actor=actor())


async def _all(settings: Settings) -> list[Tenant]:
    async with Deployment.open(settings) as deployment:
        return await deployment.administration.all()


async def _find(settings: Settings, slug: str) -> Tenant:
    async with Deployment.open(settings) as deployment:
        return await deployment.administration.find(slug, incomplete=True)


async def _change(settings: Settings, slug: str, change: str) -> Tenant:
    async with Deployment.open(settings) as deployment:
        tenant: Tenant = await getattr(deployment.administration, change)(slug, actor=actor())
        return tenant


def _settings(time_zone: str) -> TenantSettings:
    try:
        return TenantSettings(time_zone=time_zone)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _theme(path: Path, name: str) -> dict[str, Any]:
    try:
        tokens = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
        raise click.BadParameter(f"{path} cannot be read as a JSON object: {error}") from error
    theme_from({"brand_name": name, **tokens})
    return tokens
