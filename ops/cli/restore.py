"""`haas restore`: restores a backup of the whole deployment, or one tenant of a backup."""

import asyncio
from pathlib import Path
from typing import Final

import click

from haas.progress import ConsoleProgress
from haas.settings import RestoreSettings
from ops.backup import keys
from ops.backup.checks import check
from ops.backup.manifest import open_backup
from ops.backup.restore import Restored, restore_deployment
from ops.backup.restore_tenant import restore_tenant
from ops.cli.backup import JOBS
from ops.deployment_settings import settings_of
from tenants.registry.names import checked_slug

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("restore")
@click.argument("backup", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--identity", type=_FILE, required=True, help="File with the private key of age.")
@click.option("--verification-key", type=_FILE, required=True, help="File with the public key of the signature.")
@click.option("--tenant", "slug", help="Restore this tenant only.")
@click.option("--replace", is_flag=True, help="With --tenant: delete what the tenant has now.")
@click.option("--yes", is_flag=True, help="With --replace: do not ask for confirmation.")
@click.option("--serve", is_flag=True, help="Serve at once the tenants that were active. Otherwise they are suspended.")
@click.option("--jobs", type=JOBS, default=4, show_default=True, help="How many schemas are loaded at the same time.")
def command(
    backup: Path,
    *,
    identity: Path,
    verification_key: Path,
    slug: str | None,
    replace: bool,
    yes: bool,
    serve: bool,
    jobs: int,
) -> None:
    """Restore BACKUP into a database without tenants, or one of its tenants.

    It needs the settings of the provisioner, also the master key that the deployment had. Consents that were withdrawn
    after the backup are in force again. So the tenants are suspended, and everybody can withdraw them again, until
    `haas tenant resume`. docs/operations.md says what to do before that.
    """
    if replace and slug is None:
        raise click.UsageError("--replace needs --tenant")
    settings, progress = settings_of(RestoreSettings), ConsoleProgress()
    opened = open_backup(backup, keys.read_verification_key(verification_key), progress)
    identities = keys.read_identities(identity)
    if replace and not yes:
        click.echo(
            f"This deletes everything that {slug} has now. What was changed after {opened.manifest.taken_at} is lost."
        )
        if click.prompt("Type its slug to continue", default="", show_default=False) != slug:
            raise click.ClickException(f"nothing was changed: the answer was not {slug}")

    async def restore() -> Restored:
        restorable = await check(opened, identities, settings)
        if slug is None:
            return await restore_deployment(settings, restorable, serve=serve, jobs=jobs, progress=progress)
        return await restore_tenant(
            settings, restorable, checked_slug(slug), replace=replace, serve=serve, progress=progress
        )

    restored = asyncio.run(restore())
    click.echo(f"Restored what the deployment had at {opened.manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC.")
    if restored.suspended:
        click.echo("Suspended until `haas tenant resume`, because withdrawals after that time are lost:")
        click.echo("".join(f"  {each}\n" for each in restored.suspended), nl=False)
    if restored.missing_participants:
        click.echo(
            f"No participant at AEMO any more, see `haas aemo assign`: {', '.join(restored.missing_participants)}"
        )
    for failure in restored.migrated.failed:
        click.echo(f"not migrated: {failure.slug}: {failure.reason}", err=True)
    if restored.migrated.failed:
        raise click.ClickException("the data was restored; `haas migrate` migrates the tenants that failed")
