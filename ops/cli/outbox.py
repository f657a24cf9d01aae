"""`haas outbox`: the notices of a tenant that were given up, which staff sends again or handles in another way."""

from datetime import datetime
from uuid import UUID

import click
import msgspec

from haas.database import Transaction
from ops.cli._in_tenant import in_tenant
from ops.operator import actor, columns
from tenants.notices import dead_letters
from tenants.notices.models import DeadLetter, Letter
from tenants.registry.models import Tenant
from themes.brand import brand
from themes.mail import mail_text

_HEADER = ("ID", "KIND", "GIVEN UP", "TRIES", "AGAIN", "PERSON", "ABOUT", "REASON")


@click.group("outbox")
def command() -> None:
    """Manage the notices that were given up."""


@command.command("list")
@click.argument("slug")
@click.option("--all", "also_handled", is_flag=True, help="Also those that were handled, or held back.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on each line.")
def list_(slug: str, *, also_handled: bool, as_json: bool) -> None:
    """List the notices of the tenant SLUG that were given up, without their contacts and texts.

    AGAIN says whether a notice can be sent again. One with a one-time password cannot, nor can one that was held back
    because of a harm flag (CDR Rules 4A.15).
    """

    async def read(tx: Transaction, _tenant: Tenant, _now: datetime) -> list[DeadLetter]:
        return await dead_letters.list_given_up(tx, also_handled=also_handled)

    found = in_tenant(slug, read)
    if as_json:
        for each in found:
            click.echo(msgspec.json.encode(each).decode())
    elif not found:
        click.echo("No notice is waiting for the staff.")
    else:
        for line in columns(_HEADER, [_row(each) for each in found]):
            click.echo(line)


@command.command("letters")
@click.argument("slug")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on each line, for a mail house.")
def letters(slug: str, *, as_json: bool) -> None:
    """Print the letters of the tenant SLUG that are still to be sent, each with the retailer's id of its customer.

    Each begins and ends as the emails of the brand do: with its words, and with how to reach it. They contain personal
    data. A letter is printed until `haas outbox handle` records that it was sent.
    """

    async def read(tx: Transaction, tenant: Tenant, now: datetime) -> list[Letter]:
        sender = brand(tenant.name, tenant.theme, tenant.time_zone)
        found = await dead_letters.print_letters(tx, actor=actor(), now=now)
        return [msgspec.structs.replace(each, text=mail_text(sender, each.text)) for each in found]

    found = in_tenant(slug, read)
    if as_json:
        for each in found:
            click.echo(msgspec.json.encode(each).decode())
    elif not found:
        click.echo("No letter is to be sent.")
    else:
        click.echo("\f".join(_letter(each) for each in found))


@command.command("replay")
@click.argument("slug")
@click.argument("notices", nargs=-1, type=click.UUID)
@click.option("--kind", help="All notices of this kind that can be sent again, such as arrangement-revoked.")
def replay(slug: str, notices: tuple[UUID, ...], kind: str | None) -> None:
    """Send the NOTICES of the tenant SLUG again. Each keeps its id, by which a receiver recognises a repetition."""
    if bool(notices) == (kind is not None):
        raise click.UsageError("name the ids of notices, or a --kind")

    async def change(tx: Transaction, _tenant: Tenant, now: datetime) -> list[UUID]:
        listed = await dead_letters.list_given_up(tx) if kind is not None else []
        chosen = notices or [each.id for each in listed if each.kind == kind]
        return await dead_letters.replay(tx, chosen, actor=actor(), now=now)

    replayed = in_tenant(slug, change)
    click.echo(f"Sent again: {len(replayed)}.")
    if left := set(notices) - set(replayed):
        listed = ", ".join(sorted(map(str, left)))
        click.echo(f"Not given up, handled, or without a payload, and left as they are: {listed}", err=True)


@command.command("assign")
@click.argument("slug")
@click.argument("notice", type=click.UUID)
@click.option("--to", "person", required=True, help="The person whose task it becomes.")
def assign(slug: str, notice: UUID, person: str) -> None:
    """Make a NOTICE of the tenant SLUG the task of a person."""

    async def change(tx: Transaction, _tenant: Tenant, now: datetime) -> None:
        await dead_letters.assign(tx, notice, person, actor=actor(), now=now)

    in_tenant(slug, change)
    click.echo(f"{notice} is assigned.")


@command.command("handle")
@click.argument("slug")
@click.argument("notice", type=click.UUID)
@click.option("--how", required=True, help="What was done, such as: told the recipient by phone.")
def handle(slug: str, notice: UUID, how: str) -> None:
    """Record that a NOTICE of the tenant SLUG needs nothing more, and what was done."""

    async def change(tx: Transaction, _tenant: Tenant, now: datetime) -> None:
        await dead_letters.handle(tx, notice, how, actor=actor(), now=now)

    in_tenant(slug, change)
    click.echo(f"{notice} is handled.")


@command.command("returned")
@click.argument("slug")
@click.argument("notice", type=click.UUID)
@click.option("--why", required=True, help="What the mail server says, without the address, such as: no such mailbox.")
def returned(slug: str, notice: UUID, *, why: str) -> None:
    """Record that a mail server has returned the email NOTICE of the tenant SLUG. It then waits for the staff.

    NOTICE is the part before the @ of its Message-ID, which the returned message quotes.
    """

    async def change(tx: Transaction, _tenant: Tenant, now: datetime) -> None:
        await dead_letters.record_return(tx, notice, why, actor=actor(), now=now)

    in_tenant(slug, change)
    click.echo(f"{notice} waits for the staff: tell the person in another way.")


def _row(letter: DeadLetter) -> tuple[str, ...]:
    about = "-"
    if letter.arrangement_id is not None:
        about = f"arrangement {letter.arrangement_id}: {letter.about or letter.client_id}"
    return (
        str(letter.id),
        letter.kind,
        f"{letter.given_up_at:%Y-%m-%d %H:%M}Z",
        str(letter.tries),
        "yes" if letter.can_be_replayed else "no",
        letter.handled_by or letter.assigned_to or "-",
        about,
        letter.handling or letter.last_error,
    )


def _letter(letter: Letter) -> str:
    return (
        f"Notice: {letter.id}\nCustomer: {letter.customer_reference}\nTo: {letter.to}\n"
        f"Subject: {letter.subject}\n\n{letter.text}"
    )
