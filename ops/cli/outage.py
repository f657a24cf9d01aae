"""`haas outage`: announce, list and end the outages of a tenant, which Get Status and Get Outages show."""

import asyncio
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

import click

from haas.settings import CommandSettings
from ops.deployment_settings import command_settings
from ops.operator import actor, columns
from ops.operator_access import OperatorAccess
from tenants.availability import service, store
from tenants.availability.models import EndpointClass, NewOutage, Outage
from tenants.registry.models import Tenant


@click.group("outage")
def command() -> None:
    """Manage the outages of a tenant."""


@command.command("open")
@click.argument("slug")
@click.option("--explanation", required=True, help="Text for end customers, on one line.")
@click.option("--planned", is_flag=True, help="Announce a planned outage, which has a beginning and an end.")
@click.option("--starts", help="When it begins, in ISO 8601 form.  [default: now]")
@click.option("--ends", help="When a planned outage ends, or when an unplanned one is expected to end.")
@click.option("--partial", is_flag=True, help="Only some endpoints are affected. Calls are still answered.")
@click.option(
    "--class",
    "endpoint_class",
    type=click.Choice(get_args(EndpointClass)),
    default="all",
    show_default=True,
    help="The endpoints that are affected, as Get Metrics distinguishes them.",
)
def open_(slug: str, *, starts: str | None, ends: str | None, **stated: Any) -> None:
    """Announce an outage of the tenant SLUG.

    Times without an offset from UTC are in the time zone of the tenant. While an outage of all or of the authenticated
    endpoints is on and is not partial, calls for data are answered with 503. Consents can still be withdrawn.
    """
    outage = asyncio.run(_open(command_settings(), slug, starts, ends, stated))
    click.echo(f"Opened {outage.id}. Get Status and Get Outages show it within a second.")
    for warning in service.warnings(outage):
        click.echo(f"Warning: {warning}", err=True)


@command.command("close")
@click.argument("slug")
@click.argument("outage_id", type=click.UUID)
def close(slug: str, outage_id: UUID) -> None:
    """End the outage OUTAGE_ID of the tenant SLUG now. A planned one that has not begun is withdrawn."""
    asyncio.run(_close(command_settings(), slug, outage_id))
    click.echo(f"Closed {outage_id}.")


@command.command("list")
@click.argument("slug")
def list_(slug: str) -> None:
    """List the outages of the tenant SLUG that have not ended, and the one that ended last."""
    tenant, outages = asyncio.run(_list(command_settings(), slug))
    if not outages:
        click.echo(f"{tenant.name} has no outages.")
        return
    rows = [
        (
            str(each.id),
            "planned" if each.planned else "unplanned",
            each.endpoint_class,
            "yes" if each.partial else "no",
            _local(each.starts_at, tenant),
            _local(each.ends_at, tenant),
            _local(each.announced_at, tenant),
            each.explanation,
        )
        for each in outages
    ]
    header = ("ID", "KIND", "CLASS", "PARTIAL", "STARTS", "ENDS", "ANNOUNCED", "EXPLANATION")
    for line in columns(header, rows):
        click.echo(line)


async def _open(
    settings: CommandSettings, slug: str, starts: str | None, ends: str | None, stated: dict[str, Any]
) -> Outage:
    async with OperatorAccess.open(settings) as access:
        tenant, now = await access.find(slug), access.clock.now()
        new = NewOutage(
            starts_at=now if starts is None else _moment(starts, tenant, "--starts"),
            ends_at=None if ends is None else _moment(ends, tenant, "--ends"),
            **stated,
        )
        async with access.database.transaction(tenant.namespace) as tx:
            return await service.open_outage(tx, new, actor=actor(), now=now)


async def _close(settings: CommandSettings, slug: str, outage_id: UUID) -> None:
    async with OperatorAccess.open(settings) as access:
        tenant = await access.find(slug)
        async with access.database.transaction(tenant.namespace) as tx:
            await service.close_outage(tx, outage_id, actor=actor(), now=access.clock.now())


async def _list(settings: CommandSettings, slug: str) -> tuple[Tenant, list[Outage]]:
    async with OperatorAccess.open(settings) as access:
        tenant = await access.find(slug)
        async with access.database.transaction(tenant.namespace) as tx:
            return tenant, await store.relevant(tx, access.clock.now())


def _moment(text: str, tenant: Tenant, option: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is not a time in ISO 8601 form", param_hint=option) from error
    return moment.replace(tzinfo=tenant.time_zone) if moment.tzinfo is None else moment


def _local(moment: datetime | None, tenant: Tenant) -> str:
    return "-" if moment is None else f"{moment.astimezone(tenant.time_zone):%Y-%m-%d %H:%M %Z}"
