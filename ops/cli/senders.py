"""`haas senders`: whether receivers can verify that mail is from a brand."""

import asyncio
import ipaddress

import click

from haas.dns_records import DNS_PORT, DnsTextRecords
from haas.settings import CommandSettings
from ops.deployment_settings import command_settings
from ops.operator_access import OperatorAccess
from tenants.notices.senders import check_sender
from tenants.registry.models import Tenant

_RECORDS = ("SPF", "DKIM", "DMARC")


@click.group("senders")
def command() -> None:
    """Check the domains in whose name mail is sent."""


@command.command("check")
@click.argument("slug", required=False)
@click.option("--name-server", help="The IP address of the name server to ask, if not those of this machine.")
@click.option("--port", type=click.IntRange(1, 65535), default=DNS_PORT, show_default=True, help="Its port.")
def check(slug: str | None, *, name_server: str | None, port: int) -> None:
    """Check the records SPF, DKIM and DMARC of the sender domain of the tenant SLUG, or of every tenant.

    Each problem is printed with what to do. The exit status is 1 if there is one.
    """
    if name_server is not None:
        try:
            ipaddress.ip_address(name_server)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--name-server") from error
    problems = asyncio.run(_check(command_settings(), slug, DnsTextRecords(name_server, port)))
    if problems:
        click.echo(f"Problems: {problems}", err=True)
        raise SystemExit(1)


async def _check(settings: CommandSettings, slug: str | None, records: DnsTextRecords) -> int:
    async with OperatorAccess.open(settings) as access:
        tenants = await access.tenants() if slug is None else [await access.find(slug)]
    return sum([await _print(tenant, records) for tenant in tenants])


async def _print(tenant: Tenant, records: DnsTextRecords) -> int:
    """Print what was found of one tenant. Return the number of problems."""
    domain = tenant.hosts.public
    found = await check_sender(records, domain, tenant.settings.dkim_selector)
    click.echo(f"{tenant.slug}: no-reply@{domain}")
    for record in _RECORDS:
        problems = [each for each in found if each.record == record]
        for each in problems:
            click.echo(f"  {record}: {each.problem}\n    {each.advice}")
        if not problems:
            click.echo(f"  {record}: right")
    return len(found)
