"""`haas obligations`: what is owed, what is coming, and which tenants it touches."""

import asyncio
from datetime import UTC, date, datetime

import click
import msgspec

from haas.settings import CommandSettings
from ops.deployment_settings import command_settings
from ops.operator import columns
from ops.operator_access import OperatorAccess
from tenants.obligations.service import Standing, standings
from tenants.registry.models import Tenant

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("obligations")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--tenant", "slug", help="Only what touches this tenant.")
@click.option(
    "--without-tenants", is_flag=True, help="Do not ask the deployment for its tenants, for example in a build."
)
@click.option("--on", "day", type=_DAY, help="The day.  [default: today]")
@click.option(
    "--check", is_flag=True, help="End with the status 1 if something is owed or due within 90 days, and not met."
)
def command(*, as_json: bool, slug: str | None, without_tenants: bool, day: datetime | None, check: bool) -> None:
    """List the obligations of the standards, and the tenants that each one touches.

    The state is owed, due-soon (within 90 days), coming or no-date. docs/obligations.md has the same table.
    """
    if slug is not None and without_tenants:
        raise click.UsageError("--tenant and --without-tenants exclude each other")
    if without_tenants:
        found = standings(_today(day, datetime.now(UTC)))
    else:
        now, tenants = asyncio.run(_tenants(command_settings(), slug))
        found = standings(_today(day, now), tenants)
    if slug is not None:
        found = [each for each in found if each.tenants]
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found)))
    else:
        _show(found)
    # Without the tenants, everything counts: it is not known whom it touches.
    if check and any(each.needs_work and each.tenants != [] for each in found):
        raise SystemExit(1)


def _today(day: datetime | None, now: datetime) -> date:
    return (day or now).date()


def _show(found: list[Standing]) -> None:
    rows = [
        (
            each.state,
            str(each.day or "-"),
            "-" if each.days_left is None else str(each.days_left),
            "yes" if each.met_by else "no",
            "-" if each.tenants is None else str(len(each.tenants)),
            each.id,
            each.what if each.is_announced else f"{each.what} (draft)",
        )
        for each in found
    ]
    for line in columns(("STATE", "FROM", "DAYS", "MET", "TENANTS", "ID", "WHAT"), rows):
        click.echo(line)


async def _tenants(settings: CommandSettings, slug: str | None) -> tuple[datetime, list[Tenant]]:
    async with OperatorAccess.open(settings) as access:
        if slug is not None:
            return access.clock.now(), [await access.find(slug)]
        return access.clock.now(), [tenant for tenant in await access.tenants() if tenant.complete]
