"""`haas tenant set`: changes a tenant."""

import asyncio
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final, get_args

import click

from haas.settings import CommandSettings
from ops.cli._tenant_parts import provide_certificates, read_theme
from ops.deployment_settings import command_settings
from ops.operator_access import OperatorAccess
from tenants.provisioning.tenant_changes import (
    CONTACTS,
    GATEWAY_VALUES,
    UPSTREAM_VALUES,
    ChangedTenant,
    TenantChange,
)
from tenants.registry.models import (
    MARKET_CHOICES,
    SWITCHES,
    CustomerKey,
    CustomerSource,
    RegisterAuthentication,
)
from tenants.registry.names import checked_slug
from tenants.registry.surfaces import TenantSurface

_SWITCHED: Final = {"on": True, "off": False}
_UPSTREAM: Final = tuple(name.replace("_", "-") for name in UPSTREAM_VALUES)


@click.command("set")
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
    "--market",
    "market",
    multiple=True,
    metavar="NAME=VALUE",
    help=(
        "A setting of the market source: "
        + ", ".join(f"{choice}={'|'.join(values)}" for choice, values in MARKET_CHOICES.items())
        + ". Can be repeated."
    ),
)
@click.option(
    "--market-calls-per-second",
    type=click.IntRange(0, 1000),
    help="How many requests a second AEMO has agreed for the participants of the tenant; 0 if nothing was agreed.",
)
@click.option(
    "--private-host",
    "private_hosts",
    multiple=True,
    metavar="HOST=on|off",
    help="A host of a data source that may have an address in a private network, such as a VPN. Can be repeated.",
)
@click.option(
    "--dashboard-link-page",
    "dashboard_link_pages",
    multiple=True,
    metavar="URL=on|off",
    help="A page of the retailer's own site that must link to the dashboard; it is looked at daily. Can be repeated.",
)
@click.option(
    "--count-customer-calls-by",
    type=click.Choice(get_args(CustomerKey)),
    help='For whom the traffic threshold of 10 calls in a second "per customer" is counted.',
)
@click.option(
    "--low-velocity-limit",
    type=click.IntRange(0, 1000),
    help="Refuse further calls for the same low velocity data within 24 hours: from 10; 0 to answer them.",
)
@click.option(
    "--receipt-days-before-end",
    type=click.IntRange(0, 90),
    help="Send who has authorised a receipt so many days before an authorisation ends; 0 to send none.",
)
@click.option(
    "--customer-source",
    type=click.Choice(get_args(CustomerSource)),
    help="Where customers and accounts are read: in the tenant's schema, or on the retailer's own server.",
)
@click.option(
    "--register-authentication",
    type=click.Choice(get_args(RegisterAuthentication)),
    help="How the CDR Register authenticates at Get Metrics and Metadata Update, as agreed at onboarding.",
)
@click.option(
    "--upstream",
    "upstream",
    multiple=True,
    metavar="NAME=TEXT",
    help=(
        f"A value of the retailer's own server: {', '.join(_UPSTREAM)}. Without TEXT it is removed. Can be repeated."
        " `haas source credential` stores its credentials."
    ),
)
@click.option(
    "--text-messages",
    "text_messages",
    multiple=True,
    metavar="NAME=TEXT",
    help=(
        f"A value of the brand's own gateway for text messages: {', '.join(GATEWAY_VALUES)}. Without TEXT it is"
        " removed. Can be repeated. `haas sms credential` stores its credential."
    ),
)
@click.option(
    "--dkim-selector",
    metavar="NAME",
    help="The selector of the DKIM key with which the mail server signs. Without NAME (=) it is removed.",
)
@click.option(
    "--generic-plans-uri",
    metavar="URI",
    help=(
        "Where the regulator publishes the brand's plans, up to /cds-au/v1: Get Generic Plans is redirected to it."
        " Without URI (=) it is removed."
    ),
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
def command(
    slug: str,
    *,
    name: str | None,
    theme: Path | None,
    contacts: tuple[str, ...],
    switches: tuple[str, ...],
    market: tuple[str, ...],
    market_calls_per_second: int | None,
    private_hosts: tuple[str, ...],
    dashboard_link_pages: tuple[str, ...],
    count_customer_calls_by: CustomerKey | None,
    low_velocity_limit: int | None,
    receipt_days_before_end: int | None,
    customer_source: CustomerSource | None,
    register_authentication: RegisterAuthentication | None,
    upstream: tuple[str, ...],
    text_messages: tuple[str, ...],
    dkim_selector: str | None,
    generic_plans_uri: str | None,
    hosts: tuple[str, ...],
    move_endpoints: bool,
) -> None:
    """Change the tenant SLUG. What is not named stays as it is. It takes effect within two seconds."""
    settings = command_settings()
    change = TenantChange(
        name=name,
        theme=None if theme is None else read_theme(theme),
        contacts=dict(_pair(each, "--contact", "KIND=TEXT") for each in contacts),
        switches=dict(_switched(each, "--switch", "NAME") for each in switches),
        market=dict(_pair(each, "--market", "NAME=VALUE") for each in market),
        market_calls_per_second=market_calls_per_second,
        private_hosts=dict(_switched(each, "--private-host", "HOST") for each in private_hosts),
        dashboard_link_pages=dict(_switched(each, "--dashboard-link-page", "URL") for each in dashboard_link_pages),
        customer_calls_counted_by=count_customer_calls_by,
        low_velocity_limit=low_velocity_limit,
        receipt_days_before_end=receipt_days_before_end,
        customer_source=customer_source,
        register_authentication=register_authentication,
        upstream=dict(_upstream(each) for each in upstream),
        text_messages=dict(_pair(each, "--text-messages", "NAME=TEXT") for each in text_messages),
        dkim_selector=dkim_selector,
        generic_plans_uri=generic_plans_uri,
        hosts=dict(_host(each) for each in hosts),
        move_endpoints=move_endpoints,
    )
    if change in (TenantChange(), TenantChange(move_endpoints=True)):
        raise click.UsageError("there is nothing to change: name at least one option; `haas tenant set --help`")
    changed = asyncio.run(_change(settings, slug, change))
    if changed.before == changed.after:
        click.echo(f"{changed.after.name} has these values already: nothing was changed.")
        return
    click.echo(f"{changed.after.name} is changed.")
    moved = [host for host in changed.after.surfaces() if host not in changed.before.surfaces()]
    provide_certificates(settings, [host for _, host in moved])
    for note in _notes(changed, {surface for surface, _ in moved}):
        click.echo(note)


async def _change(settings: CommandSettings, slug: str, change: TenantChange) -> ChangedTenant:
    async with OperatorAccess.open(settings) as access:
        before = await access.find(slug)
        await access.ask("change", checked_slug(slug), change)
        return ChangedTenant(before=before, after=await access.find(slug))


def _pair(text: str, option: str, form: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise click.BadParameter(f"{text!r} does not have the form {form}", param_hint=option)
    return name, value


def _switched(text: str, option: str, what: str) -> tuple[str, bool]:
    name, separator, value = text.rpartition("=")  # an address can contain the sign too
    if not separator:
        raise click.BadParameter(f"{text!r} does not have the form {what}=on|off", param_hint=option)
    if value not in _SWITCHED:
        raise click.BadParameter(f"write {name}=on or {name}=off", param_hint=option)
    return name, _SWITCHED[value]


def _upstream(text: str) -> tuple[str, str]:
    name, value = _pair(text, "--upstream", "NAME=TEXT")
    return name.replace("-", "_"), value


def _host(text: str) -> tuple[TenantSurface, str]:
    name, host = _pair(text, "--host", "SURFACE=HOST")
    for surface in get_args(TenantSurface):
        if name == surface:
            return surface, host
    surfaces = ", ".join(get_args(TenantSurface))
    raise click.BadParameter(f"there is no surface {name!r}; the surfaces are {surfaces}", param_hint="--host")


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
