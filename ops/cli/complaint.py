"""`haas complaint`: the complaint data that the CDR Rules ask for. The complaints themselves stay with the retailer."""

from datetime import datetime
from typing import get_args
from uuid import UUID

import click

from haas.database import Transaction
from ops.cli._in_tenant import in_tenant
from ops.operator import actor, columns
from tenants.records import complaints, service
from tenants.records.models import Complaint, ComplaintKind, NewComplaint
from tenants.registry.models import Tenant


@click.group("complaint")
def command() -> None:
    """Record complaints about the sharing of data (CDR Rules 9.3(1)(f))."""


@command.command("receive")
@click.argument("slug")
@click.option("--kind", type=click.Choice(get_args(ComplaintKind)), default="consumer", show_default=True)
@click.option("--type", "own_type", required=True, help="One of the retailer's own types, such as: dashboard.")
@click.option("--customer", help="The retailer's reference of the customer, if it is one.")
@click.option("--reference", help="The id of the complaint in the retailer's system.")
@click.option("--received", type=click.DateTime(["%Y-%m-%d"]), help="The local day.  [default: now]")
def receive(
    slug: str,
    *,
    kind: ComplaintKind,
    own_type: str,
    customer: str | None,
    reference: str | None,
    received: datetime | None,
) -> None:
    """Record a complaint at the tenant SLUG."""

    async def change(tx: Transaction, tenant: Tenant, now: datetime) -> Complaint:
        new = NewComplaint(
            kind=kind,
            type=own_type,
            customer_id=None if customer is None else await service.customer_id_of(tx, customer),
            reference=reference,
            received_at=now if received is None else received.replace(tzinfo=tenant.time_zone),
        )
        return await complaints.receive(tx, new, actor=actor(), now=now)

    click.echo(f"Recorded {in_tenant(slug, change).id}.")


@command.command("refer")
@click.argument("slug")
@click.argument("complaint", type=click.UUID)
def refer(slug: str, complaint: UUID) -> None:
    """Record that a COMPLAINT was referred to the ombudsman."""

    async def change(tx: Transaction, _tenant: Tenant, now: datetime) -> None:
        await complaints.refer(tx, complaint, now=now)

    in_tenant(slug, change)
    click.echo(f"{complaint} was referred to the ombudsman.")


@command.command("resolve")
@click.argument("slug")
@click.argument("complaint", type=click.UUID)
@click.option("--outcome", required=True, help="How it was resolved, without names.")
@click.option("--by-ombudsman", is_flag=True, help="The ombudsman has resolved it.")
def resolve(slug: str, complaint: UUID, *, outcome: str, by_ombudsman: bool) -> None:
    """Record that a COMPLAINT was resolved."""

    async def change(tx: Transaction, _tenant: Tenant, now: datetime) -> None:
        await complaints.resolve(tx, complaint, outcome, by_ombudsman=by_ombudsman, now=now)

    in_tenant(slug, change)
    click.echo(f"{complaint} is resolved.")


@command.command("list")
@click.argument("slug")
def list_(slug: str) -> None:
    """List the complaints at the tenant SLUG that are not resolved, without their customers."""

    async def read(tx: Transaction, _tenant: Tenant, _now: datetime) -> list[Complaint]:
        return await complaints.open_complaints(tx)

    rows = [
        (
            str(each.id),
            each.kind,
            each.type,
            f"{each.received_at:%Y-%m-%d}",
            "-" if each.ombudsman_at is None else f"since {each.ombudsman_at:%Y-%m-%d}",
            each.reference or "-",
        )
        for each in in_tenant(slug, read)
    ]
    for line in columns(("ID", "KIND", "TYPE", "RECEIVED", "OMBUDSMAN", "REFERENCE"), rows):
        click.echo(line)
