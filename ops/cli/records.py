"""`haas records`: requests of consumers for copies of the records about them, and the copies (CDR Rules 9.5)."""

from datetime import datetime
from pathlib import Path
from typing import get_args
from uuid import UUID

import click
import msgspec

from haas.database import Transaction
from ops.cli._in_tenant import in_tenant
from ops.files import write_atomically
from ops.operator import actor, columns
from tenants.records import copies, pack, service
from tenants.records.models import ContactChannel, RecordPack, RecordRequest
from tenants.registry.models import Tenant
from themes.record_document import record_document


@click.group("records")
def command() -> None:
    """Answer requests of consumers for copies of records, within ten business days and without a fee."""


@command.command("request")
@click.argument("slug")
@click.option("--customer", required=True, help="The retailer's reference of the customer.")
@click.option("--channel", type=click.Choice(get_args(ContactChannel)), required=True, help="How the request came.")
def request(slug: str, *, customer: str, channel: ContactChannel) -> None:
    """Record a request at the tenant SLUG that has arrived now."""

    async def change(tx: Transaction, tenant: Tenant, now: datetime) -> RecordRequest:
        customer_id = await service.customer_id_of(tx, customer)
        return await copies.request(tx, tenant, customer_id, channel, actor=actor(), now=now)

    made = in_tenant(slug, change)
    click.echo(f"Recorded {made.id}. It is due on {made.due_on}.")


@command.command("pack")
@click.argument("slug")
@click.argument("request_id", type=click.UUID)
@click.argument("output", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="As JSON. Without this, as an HTML page that can be printed.")
def pack_(slug: str, request_id: UUID, output: Path, *, as_json: bool) -> None:
    """Write the records that answer the request REQUEST_ID to the file OUTPUT, which only its owner can read.

    It has personal data: delete it when it was delivered. Nothing is in it that a harm flag conceals from the consumer.
    """

    async def read(tx: Transaction, tenant: Tenant, now: datetime) -> RecordPack:
        found = await copies.opened(tx, request_id, actor=actor(), now=now)
        return await pack.build(tx, tenant, found.customer_id, now)

    made = in_tenant(slug, read)
    text = msgspec.json.format(msgspec.json.encode(made)) if as_json else record_document(made).encode()
    write_atomically(output, text)
    click.echo(f"Wrote {output}. After its delivery: `haas records deliver {slug} {request_id} --channel …`")


@command.command("deliver")
@click.argument("slug")
@click.argument("request_id", type=click.UUID)
@click.option(
    "--channel", type=click.Choice(get_args(ContactChannel)), required=True, help="How the copies were given."
)
def deliver(slug: str, request_id: UUID, *, channel: ContactChannel) -> None:
    """Record that the request REQUEST_ID was answered."""

    async def change(tx: Transaction, _tenant: Tenant, now: datetime) -> None:
        await copies.deliver(tx, request_id, channel, actor=actor(), now=now)

    in_tenant(slug, change)
    click.echo(f"{request_id} is answered.")


@command.command("list")
@click.argument("slug")
def list_(slug: str) -> None:
    """List the requests at the tenant SLUG that are not answered, those that are due first at the top."""

    async def read(tx: Transaction, _tenant: Tenant, _now: datetime) -> list[RecordRequest]:
        return await copies.open_requests(tx)

    rows = [
        (str(each.id), f"{each.due_on}", f"{each.received_at:%Y-%m-%d}", each.channel) for each in in_tenant(slug, read)
    ]
    for line in columns(("ID", "DUE", "RECEIVED", "CHANNEL"), rows):
        click.echo(line)
