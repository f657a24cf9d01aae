"""`haas migrate`: upgrades the databases to the newest revision."""

import asyncio
from collections import Counter

import click
import msgspec

from haas.progress import ConsoleProgress
from haas.settings import CommandSettings, ProvisionerSettings
from ops.deployment_settings import command_settings, settings_of
from ops.migrations import run
from ops.migrations.chains import CONTROL, TENANT
from ops.operator_access import OperatorAccess
from tenants.provisioning.models import EVERY_TENANT, STATUS


@click.group("migrate", invoke_without_command=True)
@click.option("--status", "only_status", is_flag=True, help="Show the revisions of the schemas and change nothing.")
@click.pass_context
def command(context: click.Context, *, only_status: bool) -> None:
    """Upgrade the control schema and every tenant's schema to the newest revision.

    The provisioner executes this command. If the migration of a tenant fails, its schema is not changed, and the other
    tenants are migrated. Running the command again continues where it stopped.
    """
    if context.invoked_subcommand is not None:
        return
    settings = command_settings()
    if only_status:
        _show(msgspec.json.decode(asyncio.run(_ask(settings, STATUS)), type=run.MigrationStatus))
        return
    click.echo(asyncio.run(_ask(settings, EVERY_TENANT)))


@command.command("revision")
@click.argument("chain", type=click.Choice([CONTROL.name, TENANT.name]))
@click.argument("message")
def revision(chain: str, message: str) -> None:
    """Write the next revision of CHAIN from the changes of the table definitions. For developers.

    MESSAGE describes the change. A temporary schema of the database is used, and the database is not changed.
    """
    from ops.migrations.revision import write_revision  # noqa: PLC0415 - needs ruff, which production does not have

    written = asyncio.run(
        write_revision(
            settings_of(ProvisionerSettings), {each.name: each for each in (CONTROL, TENANT)}[chain], message
        )
    )
    click.echo(f"wrote {written.path}")
    for title, lines in (("Add by hand", written.to_add), ("Drop by hand", written.to_drop)):
        for line in lines:
            click.echo(f"{title}: {line}")


async def _ask(settings: CommandSettings, subject: str) -> str:
    progress = ConsoleProgress()
    async with OperatorAccess.open(settings) as access:
        return await access.ask("migrate", subject, on_progress=progress.line)


def _show(status: run.MigrationStatus) -> None:
    if status.control is None:
        click.echo("The database is empty.")
        return
    newest = "newest" if status.control == status.control_head else f"newest is {status.control_head}"
    click.echo(f"control schema  {status.control}, {newest}")
    for revision, number in sorted(Counter(status.tenants.values()).items(), key=str):
        newest = "newest" if revision == status.tenant_head else f"newest is {status.tenant_head}"
        click.echo(f"{number} tenants  {revision or 'no revision'}, {newest}")
    for slug in status.behind:
        click.echo(f"  {slug} is at {status.tenants[slug] or 'no revision'}")
    if status.behind or status.control != status.control_head:
        click.echo("`haas migrate` upgrades them.")
