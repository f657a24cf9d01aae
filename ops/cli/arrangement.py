"""`haas arrangement`: ends arrangements that had ended before a backup was restored."""

import asyncio
from pathlib import Path
from typing import Final, Literal, cast
from uuid import UUID

import click

from haas.settings import CommandSettings
from ops.deployment_settings import command_settings
from ops.operator_access import OperatorAccess
from tenants.arrangements import service
from tenants.arrangements.errors import ArrangementEnded, ArrangementNotFound
from tenants.arrangements.models import parse_arrangement_id
from tenants.holders.service import tell_of_end

MAXIMUM_FILE: Final = 8 << 20


@click.group("arrangement")
def command() -> None:
    """End arrangements of customers with data recipients."""


@command.command("end")
@click.argument("slug")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--by", type=click.Choice(["consumer", "recipient"]), required=True, help="Who had withdrawn the consents."
)
@click.option("--reason", required=True, help="What is stored with each arrangement.")
def end(slug: str, file: Path, *, by: str, reason: str) -> None:
    """End the arrangements of the tenant SLUG that FILE lists, one cdr_arrangement_id on each line.

    It is for consents that were withdrawn after the backup that was restored. Their tokens are revoked. Recipients are
    notified of what consumers had withdrawn. It can be repeated: an arrangement that has ended, or is unknown, is
    skipped.
    """
    if file.stat().st_size > MAXIMUM_FILE:
        raise click.BadParameter(f"{file} is too long")
    lines = [line.strip() for line in file.read_text(encoding="ascii", errors="replace").splitlines() if line.strip()]
    ids = {line: parse_arrangement_id(line) for line in lines}
    if wrong := [line for line, found in ids.items() if found is None]:
        raise click.BadParameter(f"{len(wrong)} lines of {file} are no cdr_arrangement_id, the first is {wrong[0]!r}")
    known = [found for found in ids.values() if found is not None]
    ended = asyncio.run(_end(command_settings(), slug, known, cast(Literal["consumer", "recipient"], by), reason))
    click.echo(f"{ended} arrangements have ended now; {len(known) - ended} had ended already or are unknown.")


async def _end(
    settings: CommandSettings, slug: str, ids: list[UUID], by: Literal["consumer", "recipient"], reason: str
) -> int:
    ended = 0
    async with OperatorAccess.open(settings) as access:
        tenant = await access.find(slug)
        for arrangement_id in ids:
            try:
                async with access.database.transaction(tenant.namespace) as tx:
                    await service.end(
                        tx, arrangement_id, by=by, reason=reason, tell=tell_of_end(tenant), now=access.clock.now()
                    )
                ended += 1
            except (ArrangementEnded, ArrangementNotFound):
                continue
    return ended
