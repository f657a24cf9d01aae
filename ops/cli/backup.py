"""`haas backup`: encrypted backups of the whole deployment or of one tenant."""

import asyncio
import os
from pathlib import Path
from typing import Final

import click

from haas.progress import ConsoleProgress
from haas.settings import BackupSettings, secret_variable
from ops.backup import keys
from ops.backup.create import create_backup
from ops.backup.manifest import open_backup
from ops.backup.verify import decrypt_all, load_all
from ops.deployment_settings import settings_of
from tenants.registry.names import checked_slug

_SCRATCH: Final = "HAAS_SCRATCH_DATABASE_URL"
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER: Final = click.Path(file_okay=False, path_type=Path)
JOBS: Final = click.IntRange(1, 64)


@click.group("backup")
def command() -> None:
    """Make and verify backups. `haas restore` restores them."""


@command.command("new-keys")
@click.argument("folder", type=_FOLDER)
def new_keys(folder: Path) -> None:
    """Make the keys of backups in FOLDER.

    identity.txt decrypts backups: keep it apart from them, and not on the machine that makes them. signing-key.pem and
    recipient.txt belong on that machine. verification-key.pem belongs where backups are verified and restored.
    """
    for file in keys.make_keys(folder):
        click.echo(f"created {file}")


@command.command("create")
@click.argument("folder", type=_FOLDER)
@click.option("--recipient", type=_FILE, required=True, help="File with the public keys of age that can decrypt it.")
@click.option("--signing-key", type=_FILE, required=True, help="File with the private key that signs it.")
@click.option("--tenant", "slug", help="The only tenant of the backup.  [default: the whole deployment]")
@click.option("--jobs", type=JOBS, default=4, show_default=True, help="How many schemas are read at the same time.")
def create(folder: Path, *, recipient: Path, signing_key: Path, slug: str | None, jobs: int) -> None:
    """Write a backup into a new folder below FOLDER, and print its path.

    Every file is read again after it was written. Whether it can be decrypted is not known without the identity:
    `haas backup verify --identity` says that. The master key and the files beside the database are not in the backup.
    """
    written = asyncio.run(
        create_backup(
            settings_of(BackupSettings),
            folder,
            keys.read_recipients(recipient),
            keys.read_signing_key(signing_key),
            slug=None if slug is None else checked_slug(slug),
            jobs=jobs,
            progress=ConsoleProgress(),
        )
    )
    click.echo(written)


@command.command("verify")
@click.argument("backup", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--verification-key", type=_FILE, required=True, help="File with the public key of the signature.")
@click.option("--identity", type=_FILE, help="File with the private key of age: everything is decrypted too.")
@click.option(
    "--scratch-url",
    help="postgresql://…, an empty database: with --identity, each schema is loaded there, its rows are counted, and"
    f" the transaction is rolled back.  [env var: {_SCRATCH}, {_SCRATCH}_FILE]",
)
@click.option(
    "--postgres-programs", type=_FOLDER, envvar="HAAS_POSTGRES_PROGRAMS", help="Folder of pg_restore and psql."
)
@click.option("--jobs", type=JOBS, default=4, show_default=True, help="How many schemas are loaded at the same time.")
def verify(
    backup: Path,
    *,
    verification_key: Path,
    identity: Path | None,
    scratch_url: str | None,
    postgres_programs: Path | None,
    jobs: int,
) -> None:
    """Verify the signature and the files of BACKUP. If something is not as it was written, the exit status is 1."""
    progress = ConsoleProgress()
    if not scratch_url and (os.environ.get(_SCRATCH) or os.environ.get(f"{_SCRATCH}_FILE")):
        scratch_url = secret_variable(os.environ, _SCRATCH)
    if scratch_url and identity is None:
        raise click.UsageError("a scratch database needs --identity")
    opened = open_backup(backup, keys.read_verification_key(verification_key), progress)
    said = "Every file is what was written. Without --identity it is not known whether it can be decrypted."
    if identity is not None:
        identities = keys.read_identities(identity)
        contents = decrypt_all(opened, identities, progress)
        said = "Every file can be decrypted. Without a scratch database nothing was loaded."
        if scratch_url:
            asyncio.run(
                load_all(opened, contents, identities, scratch_url, postgres_programs, jobs=jobs, progress=progress)
            )
            said = "Every schema can be loaded, and each table has the number of rows that it had."
    manifest = opened.manifest
    click.echo(f"taken at {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC by release {manifest.product}")
    click.echo(f"{len(manifest.tenants)} tenants{'' if manifest.control else ', without the control schema'}")
    if manifest.omitted:
        click.echo(f"omitted, because they were being created or removed: {', '.join(manifest.omitted)}")
    click.echo(said)
