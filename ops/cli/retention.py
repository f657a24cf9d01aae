"""`haas retention`: how long each kind of record is kept, and legal holds, which keep records for longer."""

from datetime import datetime
from uuid import UUID

import click

from haas.database import Transaction
from ops.cli._in_tenant import in_tenant
from ops.operator import actor, columns
from tenants.records import service as records
from tenants.registry.models import Tenant
from tenants.retention import service
from tenants.retention.kinds import page
from tenants.retention.models import LegalHold

_HEADER = ("ID", "ABOUT", "SINCE", "UNTIL", "SET BY", "REASON")


@click.group("retention", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Print how long each kind of record is kept, as docs/retention.md has it. Manage legal holds."""
    if context.invoked_subcommand is None:
        click.echo(page(), nl=False)


@command.command("hold")
@click.argument("slug")
@click.option("--customer", help="The retailer's reference of a customer.")
@click.option("--arrangement", type=click.UUID, help="The id of an arrangement.")
@click.option("--reason", required=True, help="Why the records must be kept, such as the number of a proceeding.")
def hold(slug: str, *, customer: str | None, arrangement: UUID | None, reason: str) -> None:
    """Keep records of the tenant SLUG until the hold is released: all, or those of a customer or an arrangement."""

    async def change(tx: Transaction, _tenant: Tenant, now: datetime) -> LegalHold:
        customer_id = None if customer is None else await records.customer_id_of(tx, customer)
        return await service.hold(
            tx, reason=reason, customer_id=customer_id, arrangement_id=arrangement, actor=actor(), now=now
        )

    click.echo(f"Held: {in_tenant(slug, change).id}.")


@command.command("release")
@click.argument("slug")
@click.argument("hold_id", type=click.UUID)
@click.option("--reason", required=True, help="Why the records need not be kept any longer.")
def release(slug: str, hold_id: UUID, reason: str) -> None:
    """End the legal hold HOLD_ID of the tenant SLUG."""

    async def change(tx: Transaction, _tenant: Tenant, now: datetime) -> None:
        await service.release(tx, hold_id, reason=reason, actor=actor(), now=now)

    in_tenant(slug, change)
    click.echo(f"Released {hold_id}.")


@command.command("holds")
@click.argument("slug")
def holds(slug: str) -> None:
    """List the legal holds of the tenant SLUG, also those that have ended."""

    async def read(tx: Transaction, _tenant: Tenant, _now: datetime) -> list[LegalHold]:
        return await service.holds(tx)

    found = in_tenant(slug, read)
    if not found:
        click.echo("There are no legal holds.")
        return
    for line in columns(_HEADER, [_row(each) for each in found]):
        click.echo(line)


def _row(each: LegalHold) -> tuple[str, ...]:
    about = "all records"
    if each.customer_id is not None:
        about = f"customer {each.customer_id}"
    elif each.arrangement_id is not None:
        about = f"arrangement {each.arrangement_id}"
    until = "-" if each.until is None else f"{each.until:%Y-%m-%d}"
    return (str(each.id), about, f"{each.since:%Y-%m-%d}", until, each.set_by, each.reason)
