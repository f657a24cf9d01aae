"""`haas tenant`: create, list, show, change, suspend, resume and remove tenants."""

import asyncio
import uuid
from pathlib import Path

import click
import msgspec

from haas.settings import MAIN_NODE, CommandSettings
from ops.cli import _tenant_set
from ops.cli._tenant_parts import provide_certificates, read_theme
from ops.deployment_settings import command_settings
from ops.operator import columns
from ops.operator_access import OperatorAccess
from tenants.provisioning.models import DeploymentChange, Resume, Suspend
from tenants.provisioning.tenant_changes import CONTACTS
from tenants.registry.models import (
    MARKET_CHOICES,
    SWITCHES,
    NewTenant,
    Tenant,
    TenantSettings,
    TextMessageGateway,
    UpstreamServer,
)
from tenants.registry.names import Hosts, checked_slug
from tenants.sources.store import STORED
from themes.tokens import check_theme


@click.group("tenant")
def command() -> None:
    """Manage the tenants. Each is one data holder brand."""


command.add_command(_tenant_set.command)


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
    settings = command_settings()
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
        theme={} if theme is None else read_theme(theme),
        node=node,
        settings=_settings(time_zone),
        hosts=None if public_host is None else Hosts.from_public_host(public_host),
    )
    if theme is not None:
        check_theme(name, new.theme)
    tenant = asyncio.run(_create(settings, new))
    click.echo(f"Created {tenant.name}: {tenant.issuer}")
    provide_certificates(settings, [host for _, host in tenant.surfaces()])


@command.command("list")
def list_() -> None:
    """List every tenant."""
    tenants = asyncio.run(_all(command_settings()))
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
        "contacts": ", ".join(tenant.theme[token] for token in CONTACTS.values() if tenant.theme.get(token)) or "none",
        "switched on": ", ".join(switch for switch in SWITCHES if getattr(tenant.settings, switch)) or "nothing",
        "market": ", ".join(f"{choice}={getattr(tenant.settings, choice)}" for choice in MARKET_CHOICES),
        "market calls per second": str(tenant.settings.market_calls_per_second or "not agreed"),
        "private hosts": ", ".join(sorted(tenant.settings.private_hosts)) or "none",
        "dashboard link pages": ", ".join(sorted(tenant.settings.dashboard_link_pages)) or "none",
        "customer calls counted by": tenant.settings.customer_calls_counted_by,
        "low velocity limit": str(tenant.settings.low_velocity_limit or "none"),
        "receipt days before end": str(tenant.settings.receipt_days_before_end or "none"),
        "customer source": tenant.settings.customer_source,
        **_server("upstream", tenant.settings.upstream),
        "dkim selector": tenant.settings.dkim_selector or "none",
        "generic plans": tenant.settings.generic_plans_uri or "none",
        **_server("text messages", tenant.settings.text_messages),
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


@command.command("check-data")
@click.argument("slug")
def check_data(slug: str) -> None:
    """Check that the stored customers and accounts of the tenant SLUG follow the standards.

    Items that do not are not disclosed. They were stored by an earlier release, whose checks were less strict. Each is
    printed with the retailer's reference, and the exit status is 1. Correct them, and import them again.
    """
    count = asyncio.run(_check_data(command_settings(), slug))
    if count:
        click.echo(f"Items that do not follow the standards and are not disclosed: {count}", err=True)
        raise SystemExit(1)
    click.echo("All stored items follow the standards.")


@command.command("suspend")
@click.argument("slug")
def suspend(slug: str) -> None:
    """Suspend the tenant SLUG. It takes effect within seconds.

    The tenant answers 503, except for discovery, the JWKS, Get Status, withdrawal on the dashboard, token revocation
    and arrangement revocation.
    """
    tenant = asyncio.run(_change(command_settings(), slug, Suspend()))
    click.echo(f"{tenant.name} is suspended; `haas tenant resume {slug}` ends the suspension.")


@command.command("resume")
@click.argument("slug")
def resume(slug: str) -> None:
    """End the suspension of the tenant SLUG."""
    tenant = asyncio.run(_change(command_settings(), slug, Resume()))
    click.echo(f"{tenant.name} is active.")


@command.command("remove")
@click.argument("slug")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def remove(slug: str, *, yes: bool) -> None:
    """Delete the tenant SLUG with its keys, customers, arrangements and tokens. This cannot be undone."""
    settings = command_settings()
    tenant = asyncio.run(_find(settings, slug))
    if not yes:
        click.echo(
            f"This deletes {tenant.name} with all its customers, arrangements, tokens and keys. This cannot be undone."
        )
        if click.prompt("Type its slug to continue", default="", show_default=False) != slug:
            raise click.ClickException(f"nothing was deleted: the answer was not {slug}")
    asyncio.run(_remove(settings, slug))
    click.echo(f"{tenant.name} was removed. Its certificates in {settings.certificates} can be deleted now.")


def _server(what: str, server: UpstreamServer | TextMessageGateway | None) -> dict[str, str]:
    """Return the rows of `haas tenant show` about a server of the retailer."""
    values = {} if server is None else msgspec.structs.asdict(server)
    return {f"{what} {name.replace('_', '-')}": value for name, value in values.items() if value is not None}


async def _create(settings: CommandSettings, new: NewTenant) -> Tenant:
    async with OperatorAccess.open(settings) as access:
        await access.ask("create", checked_slug(new.slug), new)
        return await access.find(new.slug)


async def _all(settings: CommandSettings) -> list[Tenant]:
    async with OperatorAccess.open(settings) as access:
        return await access.tenants()


async def _check_data(settings: CommandSettings, slug: str) -> int:
    count = 0
    async with OperatorAccess.open(settings) as access:
        tenant = await access.find(slug)
        async with access.database.transaction(tenant.namespace, "long") as tx:
            for stored in STORED.values():
                async for resource, reference, problem in stored.invalid_items(tx):
                    click.echo(f"{resource.belongs_to} {reference}, {resource.name}: {problem}")
                    count += 1
    return count


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
