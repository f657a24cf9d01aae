"""`haas links`: whether the retailer's own site links to the dashboard."""

import asyncio

import click

from haas.outbound import Outbound
from haas.settings import CommandSettings
from ops.deployment_settings import command_settings
from ops.operator_access import OperatorAccess
from tenants.obligations.dashboard_link import check_dashboard_link
from tenants.registry.models import Tenant


@click.group("links")
def command() -> None:
    """Check the links from the retailers' own sites to the dashboards."""


@command.command("check")
@click.argument("slug", required=False)
def check(slug: str | None) -> None:
    """Check the pages on which the site of the tenant SLUG, or of every tenant, must link to the dashboard.

    Each problem is printed with what to do. The exit status is 1 if there is one. `haas tenant set` names the pages.
    """
    problems = asyncio.run(_check(command_settings(), slug))
    if problems:
        click.echo(f"Problems: {problems}", err=True)
        raise SystemExit(1)


async def _check(settings: CommandSettings, slug: str | None) -> int:
    async with OperatorAccess.open(settings) as access:
        tenants = await access.tenants() if slug is None else [await access.find(slug)]
    async with Outbound(settings) as outbound:
        return sum([await _print(tenant, outbound) for tenant in tenants])


async def _print(tenant: Tenant, outbound: Outbound) -> int:
    """Print what was found of one tenant. Return the number of problems."""
    problems, pages = 0, sorted(tenant.settings.dashboard_link_pages)
    click.echo(f"{tenant.slug}: {len(pages)} pages must link to {tenant.issuer}/dashboard")
    for page in pages:
        found = await check_dashboard_link(outbound, tenant, page)
        if found is None:
            click.echo(f"  {page}: right")
        else:
            problems += 1
            click.echo(f"  {found.problem}\n    {found.advice}")
    return problems
