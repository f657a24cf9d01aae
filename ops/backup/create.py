"""Makes a backup of a deployment or of one tenant.

Each schema is read in one snapshot of its own, several at the same time. The control schema is the first: the backup
has the tenants that were registered then. The files are written into a folder whose name ends with `.unfinished`. It
gets its name when every file was read again and is what was written.
"""

import asyncio
import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pyrage.x25519 import Recipient

from haas.clock import clock_from
from haas.progress import Progress
from haas.settings import MAIN_NODE, BackupSettings, database_variable
from ops.backup.errors import BackupError
from ops.backup.files import WrittenFile, encrypt
from ops.backup.manifest import (
    Contents,
    Manifest,
    Part,
    SavedTheme,
    SavedThemeFile,
    SavedThemes,
    TenantContents,
    open_backup,
    write_contents,
    write_manifest,
    write_themes,
)
from ops.backup.programs import Programs, connection_variables, message
from ops.backup.snapshot import Snapshot, snapshot
from ops.backup.together import together
from ops.files import synchronise_folder
from tenants.registry.names import Roles, tenant_schema
from tenants.schema_metadata import CONTROL_SCHEMA

UNFINISHED: Final = ".unfinished"
_COMPLETE: Final = ("active", "suspended")
_LOCK_TIMEOUT: Final = "60s"
_BRANDS: Final = """
SELECT brand.id, slug, name, state, legal_name AS retailer, register_environment_id, register_brand_id, theme, settings,
       brand.created_at, node,
       (SELECT coalesce(json_object_agg(surface, host.name), '{}')
          FROM control.host WHERE brand_id = brand.id) AS hosts,
       (SELECT coalesce(json_agg(json_build_array(participant_id, environment)), '[]')
          FROM control.brand_participant WHERE brand_id = brand.id) AS participants
  FROM control.brand JOIN control.retailer ON retailer.id = retailer_id ORDER BY slug
"""


_VERSIONS: Final = """
SELECT number, theme, note, made_at, made_by, publication, published_at, published_by
  FROM control.theme_version WHERE brand_id = $1 ORDER BY number
"""
_FILES: Final = (
    "SELECT digest, media_type, content, made_at FROM control.theme_file WHERE brand_id = $1 ORDER BY digest"
)


class _Brand(msgspec.Struct, frozen=True):
    contents: TenantContents
    node: str


async def create_backup(
    settings: BackupSettings,
    folder: Path,
    recipients: Sequence[Recipient],
    key: Ed25519PrivateKey,
    *,
    slug: str | None = None,
    jobs: int,
    progress: Progress,
) -> Path:
    """Write a backup into a new folder below `folder`, and return the new folder.

    `slug` is the only tenant of the backup; None: everything. At most `jobs` schemas are read at the same time. Raise
    BackupError, Unavailable: then there is no new backup.
    """
    now = clock_from(settings.clock_file).now()
    programs = await Programs.find(settings.postgres_programs, "pg_dump")
    target = folder / f"haas-{now:%Y%m%dT%H%M%SZ}{'' if slug is None else f'-{slug}'}"
    unfinished = target.with_name(target.name + UNFINISHED)
    _make_folder(target, unfinished)
    manifest = await _Backup(settings, programs, unfinished, recipients, jobs).write(slug, now, progress)
    write_manifest(unfinished, manifest, key)
    await asyncio.to_thread(open_backup, unfinished, key.public_key(), progress)
    synchronise_folder(unfinished)
    unfinished.rename(target)
    synchronise_folder(folder)
    return target


def _make_folder(target: Path, unfinished: Path) -> None:
    if target.exists() or unfinished.exists():
        raise BackupError(f"{target} exists already")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished.mkdir(mode=0o700)


class _Backup:
    """One backup that is being written into `folder`."""

    def __init__(
        self, settings: BackupSettings, programs: Programs, folder: Path, recipients: Sequence[Recipient], jobs: int
    ) -> None:
        self._settings = settings
        self._roles = Roles(settings.role_prefix)
        self._programs = programs
        self._folder = folder
        self._recipients = recipients
        self._jobs = asyncio.Semaphore(jobs)
        self._parts: list[Part] = []
        self._tenants: dict[str, TenantContents] = {}
        self._themes: dict[str, Part] = {}
        self._omitted: list[str] = []

    async def write(self, slug: str | None, now: datetime, progress: Progress) -> Manifest:
        """Write all files except the manifest, and return it."""
        control_rows: dict[str, int] = {}
        async with snapshot(self._url(MAIN_NODE), self._roles, MAIN_NODE) as main:
            postgres = await main.server_version()
            brands = await _brands(main)
            if slug is None:
                progress.line("control schema")
                part, control_rows = await self._schema(main, CONTROL_SCHEMA, MAIN_NODE, None)
                self._parts.append(part)
            else:
                brands = {name: brand for name, brand in brands.items() if name == slug}
                if not brands:
                    raise BackupError(f"there is no tenant {slug!r}; `haas tenant list` lists them")
            for brand in brands.values():  # one after the other: only the fonts of one tenant are in memory
                themes = await _themes(main, brand.contents.id)
                part = await asyncio.to_thread(
                    write_themes, self._folder, brand.contents.slug, themes, self._recipients
                )
                self._themes[brand.contents.slug] = part
        with progress.bar("tenants", len(brands)) as advance:
            await together((self._tenant(brand) for brand in brands.values()), advance)
        if slug in self._omitted:
            raise BackupError(f"the tenant {slug!r} is being created or removed")
        for omitted in self._themes.keys() - self._tenants.keys():
            (self._folder / self._themes.pop(omitted).file).unlink()
        contents = Contents(control_rows=control_rows, tenants=dict(sorted(self._tenants.items())))
        return Manifest(
            id=uuid4(),
            taken_at=now,
            product=version("holder-as-a-service"),
            postgres=postgres,
            domain=self._settings.domain,
            role_prefix=self._settings.role_prefix,
            parts=(
                write_contents(self._folder, contents, self._recipients),
                *sorted((*self._parts, *self._themes.values()), key=lambda part: part.file),
            ),
            omitted=tuple(sorted(self._omitted)),
        )

    async def _tenant(self, brand: _Brand) -> None:
        slug, node = brand.contents.slug, brand.node
        schema = tenant_schema(slug)
        async with self._jobs, snapshot(self._url(node), self._roles, node) as opened:
            if brand.contents.state not in _COMPLETE or not await opened.has(schema):
                self._omitted.append(slug)
                return
            keys = await opened.fetch(f"SELECT id, sealed FROM {schema}.data_key")
            try:
                part, rows = await self._schema(opened, schema, node, slug)
            except BackupError:
                if not await self._is_removed(brand):
                    raise
                self._omitted.append(slug)
                (self._folder / _file(slug)).unlink(missing_ok=True)
                return
        self._parts.append(part)
        self._tenants[slug] = msgspec.structs.replace(
            brand.contents, data_keys={row["id"]: row["sealed"] for row in keys}, rows=rows
        )

    async def _is_removed(self, brand: _Brand) -> bool:
        """Return whether a tenant was removed after the backup began."""
        async with snapshot(self._url(MAIN_NODE), self._roles, MAIN_NODE) as main:
            now = (await _brands(main)).get(brand.contents.slug)
        return now is None or now.contents.id != brand.contents.id or now.contents.state not in _COMPLETE

    async def _schema(self, opened: Snapshot, schema: str, node: str, slug: str | None) -> tuple[Part, dict[str, int]]:
        """Write the file of a schema. Return it with the number of rows of each table."""
        self._programs.require_version(await opened.server_version(), node)
        file = _file(slug)
        rows, revision = await opened.rows(schema), await opened.revision(schema)
        written = await self._dump(opened.id, schema, node, self._folder / file)
        part = Part(file=file, written=written, schema=schema, revision=revision, tenant=slug, node=node)
        return part, rows

    async def _dump(self, snapshot_id: str, schema: str, node: str, file: Path) -> WrittenFile:
        command = [
            str(self._programs.paths["pg_dump"]),
            "--format=custom",
            f"--schema={schema}",
            f"--snapshot={snapshot_id}",
            f"--role={self._roles.reader}",
            f"--lock-wait-timeout={_LOCK_TIMEOUT}",
            "--no-password",
        ]
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, env=connection_variables(self._url(node))
            )
            try:
                if process.stdout is None:
                    raise AssertionError("the program was started with a pipe")
                written = await asyncio.to_thread(encrypt, process.stdout, file, self._recipients)
                status = await asyncio.to_thread(process.wait)
            finally:
                process.kill()
                process.wait()
                if process.stdout is not None:
                    process.stdout.close()
            if status:
                errors.seek(0, os.SEEK_SET)
                raise BackupError(f"pg_dump of the schema {schema} has failed: {message(errors.read())}")
        return written

    def _url(self, node: str) -> str:
        url = self._settings.backup_database_urls.get(node)
        if url is None:
            raise BackupError(f"{database_variable(node, 'backup')} is not set, and tenants are on this database node")
        return url


def _file(slug: str | None) -> str:
    """Return the name of the file of a tenant's schema, or of the control schema."""
    return f"{CONTROL_SCHEMA if slug is None else f'tenant-{slug}'}.dump.age"


async def _brands(main: Snapshot) -> dict[str, _Brand]:
    """Return the tenants of the registry by slug."""
    brands = {}
    for row in await main.fetch(_BRANDS):
        values = dict(row)
        node = values.pop("node")
        for name in ("theme", "settings", "hosts", "participants"):
            values[name] = json.loads(values[name])
        brands[row["slug"]] = _Brand(msgspec.convert(values, TenantContents), node)
    return brands


async def _themes(main: Snapshot, brand_id: UUID) -> SavedThemes:
    """Return all themes of a tenant. They are read in the snapshot that has the published theme of the brand."""
    versions = [{**row, "theme": json.loads(row["theme"])} for row in await main.fetch(_VERSIONS, brand_id)]
    files = [SavedThemeFile(**row) for row in await main.fetch(_FILES, brand_id)]
    return SavedThemes(versions=[SavedTheme(**values) for values in versions], files=files)
