"""`haas tenant`: create, list, show, suspend, resume and remove tenants."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

import click
import msgspec

from haas.settings import MAIN_NODE, CommandSettings
from ops.deployment_settings import command_settings
from ops.operator import columns
from ops.operator_access import OperatorAccess
from ops.plugins import certificate_issuer
from tenants.provisioning.models import DeploymentChange, Resume, Suspend
from tenants.registry.models import NewTenant, Tenant, TenantSettings
from tenants.registry.names import Hosts, checked_slug
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
    help="The CDR Register it belongs to; `haas register list`.",
)
@click.option("--register-brand-id", help="The brand's id at the Register.  [default: a new one, in the sandbox only]")
@click.option("--public-host", help="A host name of the brand's own.  [default: SLUG.DOMAIN]")
@click.option("--node", default=MAIN_NODE, show_default=True, help="The database node that is to hold its data.")
@click.option(
    "--time-zone",
    default=TenantSettings().time_zone,
    show_default=True,
    help="IANA name: people are told times in it, and the days of the metrics begin in it.",
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
    """Create the tenant SLUG: schema, role, keys, hosts and theme, all of it or nothing."""
    settings = command_settings()
    if register_brand_id is None:
        if settings.environment == "production":
            raise click.UsageError("--register-brand-id is needed: the Register gave the brand one when it was added")
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
        click.echo(f"It is served once {settings.certificates} holds a certificate for each of its hosts:")
        for _, host in tenant.surfaces():
            click.echo(f"  {host}")


@command.command("list")
def list_() -> None:
    """List every tenant."""
    tenants = asyncio.run(_all(command_settings()))
    if not tenants:
        click.echo("There are no tenants yet; `haas tenant create` makes one.")
        return
    rows = [
        (each.slug, each.name, each.state, each.retailer, each.register_environment.id, each.issuer) for each in tenants
    ]
    for line in columns(("SLUG", "NAME", "STATE", "RETAILER", "REGISTER", "ISSUER"), rows):
        click.echo(line)


@command.command("show")
@click.argument("slug")
def show(slug: str) -> None:
    """Show the tenant SLUG: its addresses, as the Register publishes them, and where its data is."""
    tenant = asyncio.run(_find(command_settings(), slug))
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
    """Stop serving the tenant SLUG, within seconds.

    It answers 503, except that discovery, the keys, Get Status, withdrawal on the dashboard, token and arrangement
    revocation continue.
    """
    tenant = asyncio.run(_change(command_settings(), slug, Suspend()))
    click.echo(f"{tenant.name} is suspended; `haas tenant resume {slug}` makes it serve again.")


@command.command("resume")
@click.argument("slug")
def resume(slug: str) -> None:
    """Serve the suspended tenant SLUG again."""
    tenant = asyncio.run(_change(command_settings(), slug, Resume()))
    click.echo(f"{tenant.name} is active.")


@command.command("remove")
@click.argument("slug")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(slug: str, *, yes: bool) -> None:
    """Delete the tenant SLUG with its keys, customers, arrangements and tokens, for good."""
    settings = command_settings()
    tenant = asyncio.run(_find(settings, slug))
    if not yes:
        click.echo(
            f"This deletes {tenant.name} with all its customers, arrangements, tokens and keys. This cannot be undone."
        )
        if click.prompt("Type its slug to go on", default="", show_default=False) != slug:
            raise click.ClickException(f"nothing was deleted: that was not {slug}")
    asyncio.run(_remove(settings, slug))
    click.echo(f"{tenant.name} is gone. Its certificates in {settings.certificates} can be deleted now.")


async def _create(settings: CommandSettings, new: NewTenant) -> Tenant:
    async with OperatorAccess.open(settings) as access:
        await access.ask("create", checked_slug(new.slug), new)
        return await access.find(new.slug)


async def _all(settings: CommandSettings) -> list[Tenant]:
    async with OperatorAccess.open(settings) as access:
        return await access.tenants()


async def _find(settings: CommandSettings, slug: str) -> Tenant:
    async with OperatorAccess.open(settings) as access:
        return await access.find(slug, incomplete=True)


async def _change(settings: CommandSettings, slug: str, change: DeploymentChange) -> Tenant:
    async with OperatorAccess.open(settings) as access:
        await access.ask("change", checked_slug(slug), change)
        return await access.find(slug)


async def _remove(settings: CommandSettings, slug: str) -> None:
    async with OperatorAccess.open(settings) as access:
        await access.ask("remove", checked_slug(slug))


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
