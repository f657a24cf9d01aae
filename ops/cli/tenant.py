"""`haas tenant`: create, list, show, change, suspend, resume and remove tenants."""

import asyncio
import uuid
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, get_args

import click
import msgspec

from haas.settings import MAIN_NODE, CommandSettings
from ops.deployment_settings import command_settings
from ops.operator import columns
from ops.operator_access import OperatorAccess
from ops.plugins import certificate_issuer
from tenants.provisioning.models import DeploymentChange, Resume, Suspend
from tenants.provisioning.tenant_changes import CONTACTS, ChangedTenant, TenantChange
from tenants.registry.models import SWITCHES, NewTenant, Tenant, TenantSettings
from tenants.registry.names import Hosts, checked_slug
from tenants.registry.surfaces import TenantSurface
from tenants.sources.store import STORED
from themes.tokens import check_theme

_SWITCHED: Final = {"on": True, "off": False}


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
        theme={} if theme is None else _theme_file(theme),
        node=node,
        settings=_settings(time_zone),
        hosts=None if public_host is None else Hosts.from_public_host(public_host),
    )
    if theme is not None:
        check_theme(name, new.theme)
    tenant = asyncio.run(_create(settings, new))
    click.echo(f"Created {tenant.name}: {tenant.issuer}")
    _certificates(settings, [host for _, host in tenant.surfaces()])


@command.command("set")
@click.argument("slug")
@click.option("--name", help="The brand's name as customers know it.")
@click.option(
    "--theme",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Theme tokens as JSON, in place of all that there are. Contacts that the file does not state are kept.",
)
@click.option(
    "--contact",
    "contacts",
    multiple=True,
    metavar="KIND=TEXT",
    help=f"A contact that pages show: {' or '.join(CONTACTS)}. Without TEXT it is removed. Can be repeated.",
)
@click.option(
    "--switch",
    "switches",
    multiple=True,
    metavar="NAME=on|off",
    help=f"An optional feature: {', '.join(SWITCHES)}. Can be repeated.",
)
@click.option(
    "--private-host",
    "private_hosts",
    multiple=True,
    metavar="HOST=on|off",
    help="A host of a data source that may have an address in a private network, such as a VPN. Can be repeated.",
)
@click.option(
    "--host",
    "hosts",
    multiple=True,
    metavar="SURFACE=HOST",
    help=(
        "The host of a surface: public=…, secure=mtls.…, admin=admin.… or management=api.…. The public host is the"
        " issuer: it can be changed only while no software product is registered. Can be repeated."
    ),
)
@click.option(
    "--move-endpoints",
    is_flag=True,
    help="Change the secure host although software products are registered, whose requests then fail for a while.",
)
def set_(
    slug: str,
    *,
    name: str | None,
    theme: Path | None,
    contacts: tuple[str, ...],
    switches: tuple[str, ...],
    private_hosts: tuple[str, ...],
    hosts: tuple[str, ...],
    move_endpoints: bool,
) -> None:
    """Change the tenant SLUG. What is not named stays as it is. It takes effect within two seconds."""
    settings = command_settings()
    change = TenantChange(
        name=name,
        theme=None if theme is None else _theme_file(theme),
        contacts=dict(_pair(each, "--contact", "KIND=TEXT") for each in contacts),
        switches=dict(_switched(each, "--switch", "NAME") for each in switches),
        private_hosts=dict(_switched(each, "--private-host", "HOST") for each in private_hosts),
        hosts=dict(_host(each) for each in hosts),
        move_endpoints=move_endpoints,
    )
    if change in (TenantChange(), TenantChange(move_endpoints=True)):
        raise click.UsageError("there is nothing to change: name at least one option; `haas tenant set --help`")
    changed = asyncio.run(_set(settings, slug, change))
    if changed.before == changed.after:
        click.echo(f"{changed.after.name} has these values already: nothing was changed.")
        return
    click.echo(f"{changed.after.name} is changed.")
    moved = [host for host in changed.after.surfaces() if host not in changed.before.surfaces()]
    _certificates(settings, [host for _, host in moved])
    for note in _notes(changed, {surface for surface, _ in moved}):
        click.echo(note)


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
        "private hosts": ", ".join(sorted(tenant.settings.private_hosts)) or "none",
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


async def _set(settings: CommandSettings, slug: str, change: TenantChange) -> ChangedTenant:
    async with OperatorAccess.open(settings) as access:
        before = await access.find(slug)
        await access.ask("change", checked_slug(slug), change)
        return ChangedTenant(before=before, after=await access.find(slug))


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


def _theme_file(path: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
        raise click.BadParameter(f"{path} cannot be read as a JSON object: {error}") from error


def _pair(text: str, option: str, form: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise click.BadParameter(f"{text!r} does not have the form {form}", param_hint=option)
    return name, value


def _switched(text: str, option: str, what: str) -> tuple[str, bool]:
    name, value = _pair(text, option, f"{what}=on|off")
    if value not in _SWITCHED:
        raise click.BadParameter(f"write {name}=on or {name}=off", param_hint=option)
    return name, _SWITCHED[value]


def _host(text: str) -> tuple[TenantSurface, str]:
    name, host = _pair(text, "--host", "SURFACE=HOST")
    for surface in get_args(TenantSurface):
        if name == surface:
            return surface, host
    surfaces = ", ".join(get_args(TenantSurface))
    raise click.BadParameter(f"there is no surface {name!r}; the surfaces are {surfaces}", param_hint="--host")


def _certificates(settings: CommandSettings, hosts: Sequence[str]) -> None:
    """Issue the certificates of hosts in a sandbox. Otherwise say which certificates the operator must provide."""
    issue = certificate_issuer(settings)
    if issue is not None:
        for host in hosts:
            issue(host)
    elif hosts:
        click.echo(f"It is served as soon as {settings.certificates} contains a certificate for each of these hosts:")
        for host in hosts:
            click.echo(f"  {host}")


def _notes(changed: ChangedTenant, moved: Collection[TenantSurface]) -> Iterator[str]:
    """Yield what an operator must do outside this deployment after a change."""
    before, after = changed.before, changed.after
    if after.name != before.name:
        yield "Publish the new name at the Register, where data recipients read it."
    if "public" in moved:
        yield f"Publish at the Register: PublicBaseUri and InfoSecBaseUri {after.issuer}"
    if "secure" in moved:
        yield f"Publish at the Register: ResourceBaseUri and AdminBaseUri {after.secure_base}"
    if "admin" in moved:
        yield "Staff must sign in again. The retailer's OpenID provider must allow the new host as a redirect URI."
    if "management" in moved:
        yield f"Tell the retailer's systems the new address: {after.management_base}"
    if moved:
        yield "The old hosts are not served any more, and another brand can take their names."
