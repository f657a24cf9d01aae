"""Verifies a backup as far as that is possible without and with the identity.

Without it: the signature and the digest of each file. With it, everything is decrypted. With a scratch database too,
each schema is loaded there, its rows are counted, and the transaction is rolled back.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import asyncpg
from pyrage.x25519 import Identity

from haas.errors import Unavailable
from haas.progress import Progress
from ops.backup.files import decrypt
from ops.backup.load import Load, load
from ops.backup.manifest import Backup, Contents, Part
from ops.backup.programs import Programs
from ops.backup.together import together

_PER_MAJOR_VERSION = 10_000


class _Nowhere:
    """A file that forgets what is written."""

    def write(self, data: bytes) -> int:
        return len(data)

    def flush(self) -> None:
        pass


def decrypt_all(backup: Backup, identities: Sequence[Identity], progress: Progress) -> Contents:
    """Decrypt every file, which also proves that it is complete. Return the contents. Raise BackupError."""
    with progress.bar("files decrypted", len(backup.manifest.parts)) as advance:
        for part in backup.manifest.parts:
            decrypt(backup.folder / part.file, _Nowhere(), identities)
            advance()
    return backup.contents(identities)


async def load_all(
    backup: Backup,
    contents: Contents,
    identities: Sequence[Identity],
    url: str,
    folder: Path | None,
    *,
    jobs: int,
    progress: Progress,
) -> None:
    """Load every schema into the database at `url`, count the rows, and roll back. Raise BackupError, Unavailable."""
    programs = await Programs.find(folder, "pg_restore", "psql")
    programs.require_version(await _server_version(url), "scratch")
    limit = asyncio.Semaphore(jobs)

    async def one(part: Part) -> None:
        schema = str(part.schema)
        work = Load(
            file=backup.folder / part.file,
            schema=schema,
            before=(f"CREATE SCHEMA {schema}",),
            rows=contents.control_rows if part.tenant is None else contents.tenants[part.tenant].rows,
            last="ROLLBACK",
        )
        async with limit:
            await load(programs, url, identities, work)

    schemas = [part for part in backup.manifest.parts if part.schema is not None]
    with progress.bar("schemas loaded and rolled back", len(schemas)) as advance:
        await together(map(one, schemas), advance)


async def _server_version(url: str) -> int:
    try:
        connection = await asyncpg.connect(url, timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unavailable(f"the scratch database accepted no connection: {error}") from error
    try:
        return int(await connection.fetchval("SHOW server_version_num")) // _PER_MAJOR_VERSION
    finally:
        await connection.close()
