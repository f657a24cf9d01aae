"""`haas correction`: requests of consumers to correct data, with their decisions."""

from datetime import datetime
from typing import get_args
from uuid import UUID

import click

from haas.database import Transaction
from ops.cli._in_tenant import in_tenant
from ops.operator import actor, columns
from tenants.records import corrections, service
from tenants.records.models import ContactChannel, CorrectedData, CorrectionDecision, CorrectionRequest
from tenants.registry.models import Tenant


@click.group("correction")
def command() -> None:
    """Record requests to correct data, which are decided within ten business days (CDR Rules 7.15)."""


@command.command("receive")
@click.argument("slug")
@click.option("--customer", required=True, help="The retailer's reference of the customer.")
@click.option("--account", help="The retailer's reference of the account, if the data belongs to one.")
@click.option("--data", type=click.Choice(get_args(CorrectedData)), required=True)
@click.option("--channel", type=click.Choice(get_args(ContactChannel)), required=True, help="How the request came.")
def receive(slug: str, *, customer: str, account: str | None, data: CorrectedData, channel: ContactChannel) -> None:
    """Record a request at the tenant SLUG that has arrived now."""

    async def change(tx: Transaction, tenant: Tenant, now: datetime) -> CorrectionRequest:
        customer_id = await service.customer_id_of(tx, customer)
        account_id = None if account is None else await service.account_id_of(tx, account)
        return await corrections.receive(
            tx, tenant, customer_id, data, channel, account_id=account_id, actor=actor(), now=now
        )

    made = in_tenant(slug, change)
    click.echo(f"Recorded {made.id}. It is due on {made.due_on}.")
    if data == "metering":
        click.echo("Metering data is corrected by AEMO's procedure: start it, and decide `passed-to-aemo`.")


@command.command("acknowledge")
@click.argument("slug")
@click.argument("request", type=click.UUID)
def acknowledge(slug: str, request: UUID) -> None:
    """Record that the consumer was told that the REQUEST has arrived."""

    async def change(tx: Transaction, _tenant: Tenant, now: datetime) -> None:
        await corrections.acknowledge(tx, request, now=now)

    in_tenant(slug, change)
    click.echo(f"{request} is acknowledged.")


@command.command("decide")
@click.argument("slug")
@click.argument("request", type=click.UUID)
@click.argument("decision", type=click.Choice(get_args(CorrectionDecision)))
@click.option(
    "--told-by", type=click.Choice(get_args(ContactChannel)), required=True, help="How the consumer was told it."
)
@click.option("--reasons", help="Why it is refused, or what qualifies the data.")
def decide(
    slug: str, request: UUID, decision: CorrectionDecision, *, told_by: ContactChannel, reasons: str | None
) -> None:
    """Record the DECISION about a REQUEST."""

    async def change(tx: Transaction, _tenant: Tenant, now: datetime) -> None:
        await corrections.decide(tx, request, decision, told_by, reasons=reasons, now=now)

    in_tenant(slug, change)
    click.echo(f"{request}: {decision}.")


@command.command("list")
@click.argument("slug")
def list_(slug: str) -> None:
    """List the requests at the tenant SLUG that are not decided, those that are due first at the top."""

    async def read(tx: Transaction, _tenant: Tenant, _now: datetime) -> list[CorrectionRequest]:
        return await corrections.open_requests(tx)

    rows = [
        (str(each.id), each.data, f"{each.due_on}", "no" if each.acknowledged_at is None else "yes", each.channel)
        for each in in_tenant(slug, read)
    ]
    for line in columns(("ID", "DATA", "DUE", "ACKNOWLEDGED", "CHANNEL"), rows):
        click.echo(line)
