"""What is checked before a restore changes anything."""

from collections.abc import Iterable, Sequence

import msgspec
from pyrage.x25519 import Identity

from haas.jose import KeySealer, SealError
from haas.settings import RestoreSettings, database_variable
from ops.backup.errors import BackupError
from ops.backup.manifest import Backup, Contents, Part, TenantContents
from ops.backup.programs import Programs
from ops.migrations.chains import CONTROL, TENANT
from ops.migrations.connection import owner_connection
from tenants.keys.creation import data_key_purpose
from tenants.registry.names import tenant_schema
from tenants.schema_metadata import CONTROL_SCHEMA

_PER_MAJOR_VERSION = 10_000


class Restorable(msgspec.Struct, frozen=True):
    """A backup that this deployment can load."""

    backup: Backup
    contents: Contents
    identities: Sequence[Identity]
    programs: Programs

    def part(self, slug: str) -> tuple[Part, TenantContents]:
        """Return the file of a tenant and what is known about it. Raise BackupError."""
        part, contents = self.backup.manifest.tenants.get(slug), self.contents.tenants.get(slug)
        if part is None or contents is None:
            raise BackupError(f"the backup has no tenant {slug!r}")
        return part, contents


async def check(backup: Backup, identities: Sequence[Identity], settings: RestoreSettings) -> Restorable:
    """Check the identity and the releases, and find the programs. Raise BackupError."""
    programs = await Programs.find(settings.postgres_programs, "pg_restore", "psql")
    contents = backup.contents(identities)
    for part in backup.manifest.parts:
        _require_known_revision(part)
        expected = CONTROL_SCHEMA if part.tenant is None else tenant_schema(part.tenant)
        if part.schema not in (None, expected):
            raise BackupError(f"the file {part.file} is of another schema than that of its tenant")
    return Restorable(backup, contents, identities, programs)


def require_master_key(settings: RestoreSettings, tenants: Iterable[TenantContents]) -> None:
    """Raise BackupError unless the data keys of the tenants are sealed with the master key of this deployment."""
    sealer = KeySealer(settings.master_key)
    for tenant in tenants:
        for key_id, sealed in tenant.data_keys.items():
            try:
                sealer.open(sealed, data_key_purpose(tenant.id, key_id))
            except SealError as error:
                raise BackupError(
                    f"HAAS_MASTER_KEY is not the master key with which the keys of {tenant.slug} are encrypted. It is"
                    " not in the backup: use the copy that is kept apart. Nothing was changed"
                ) from error


async def require_nodes(settings: RestoreSettings, restorable: Restorable, nodes: Iterable[str]) -> None:
    """Raise BackupError unless each database node has a URL, and a server of the version of the programs."""
    for node in sorted(nodes):
        if node not in settings.owner_database_urls:
            raise BackupError(f"{database_variable(node, 'owner')} is not set, and the backup has tenants of this node")
        async with owner_connection(settings, node) as connection:
            server = int((await connection.exec_driver_sql("SHOW server_version_num")).scalar_one())
        restorable.programs.require_version(server // _PER_MAJOR_VERSION, node)


def _require_known_revision(part: Part) -> None:
    chain = CONTROL if part.tenant is None else TENANT
    if part.revision is not None and not chain.has(part.revision):
        raise BackupError(
            f"the backup was made by a newer release: {part.file} is at the revision {part.revision}, and this release"
            f" knows up to {chain.head}. Restore it with that release"
        )
