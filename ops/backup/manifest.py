"""What a backup has: `manifest.json`, which is signed and not encrypted, and `contents.json.age`."""

import io
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Meta
from pyrage.x25519 import Identity, Recipient

from haas.progress import Progress
from haas.settings import MAIN_NODE
from ops.backup.errors import BackupError
from ops.backup.files import WrittenFile, decrypt, encrypt, read_again
from ops.backup.keys import is_signed
from ops.files import PRIVATE, write_atomically
from tenants.registry.models import ThemeFile, ThemeVersion

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"
CONTENTS: Final = "contents.json.age"
MAXIMUM_MANIFEST: Final = 64 << 20
FileName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]*\.age\Z", max_length=100)]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """An encrypted file of a backup. `tenant` is the slug, or None for the control schema and the contents."""

    file: FileName
    written: WrittenFile
    schema: str | None = None
    """The schema that the file has. None: the file is CONTENTS, or has the themes of the tenant."""
    revision: str | None = None
    """The revision of the schema."""
    tenant: str | None = None
    node: str = MAIN_NODE


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The list of the files of a backup, and the versions that made them. It has no data of a tenant."""

    format: Literal[1] = 1
    id: UUID
    taken_at: datetime
    product: str
    """The version of this program."""
    postgres: int
    """The major version of the servers and of pg_dump."""
    domain: str
    role_prefix: str
    parts: tuple[Part, ...]
    omitted: tuple[str, ...] = ()
    """The tenants that were registered when the backup began and are not in it, because they were created or removed
    at that time."""

    @property
    def control(self) -> Part | None:
        """The control schema. None: the backup is of one tenant."""
        return next((part for part in self.parts if part.schema and part.tenant is None), None)

    @property
    def tenants(self) -> dict[str, Part]:
        """The schemas of the tenants, by slug."""
        return {part.tenant: part for part in self.parts if part.tenant is not None and part.schema is not None}

    @property
    def themes(self) -> dict[str, Part]:
        """The themes of the tenants, by slug."""
        return {part.tenant: part for part in self.parts if part.tenant is not None and part.schema is None}


class SavedTheme(ThemeVersion, frozen=True, kw_only=True):
    """A version of a tenant's theme with its tokens."""

    theme: dict[str, Any]


class SavedThemeFile(ThemeFile, frozen=True, kw_only=True):
    """A font or an icon that versions of a tenant's theme name."""

    made_at: datetime


class SavedThemes(msgspec.Struct, frozen=True, kw_only=True):
    """All themes of a tenant. They are in the control schema, and a file of their own has them for one tenant."""

    versions: list[SavedTheme]
    files: list[SavedThemeFile]


class TenantContents(msgspec.Struct, frozen=True, kw_only=True):
    """What the registry says about a tenant, its sealed data keys, and the number of rows of each table."""

    id: UUID
    slug: str
    name: str
    state: str
    retailer: str
    register_environment_id: str
    register_brand_id: str
    theme: dict[str, Any]
    settings: dict[str, Any]
    created_at: datetime
    hosts: dict[str, str]
    """The host names by surface."""
    participants: list[tuple[str, str]]
    """The participants at AEMO that the brand uses: the id and the environment."""
    data_keys: dict[str, bytes] = {}
    """The data keys by id, sealed with the master key of the deployment."""
    rows: dict[str, int] = {}


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What a restore must know before it changes anything."""

    control_rows: dict[str, int]
    tenants: dict[str, TenantContents]


class Backup(msgspec.Struct, frozen=True):
    """A backup whose signature and files were verified."""

    folder: Path
    manifest: Manifest

    def contents(self, identities: Sequence[Identity]) -> Contents:
        """Decrypt the contents. Raise BackupError."""
        return msgspec.json.decode(self._decrypted(CONTENTS, identities), type=Contents)

    def themes(self, slug: str, identities: Sequence[Identity]) -> SavedThemes | None:
        """Decrypt the themes of a tenant. None: the backup is of a release that did not write them for one tenant."""
        part = self.manifest.themes.get(slug)
        return None if part is None else msgspec.json.decode(self._decrypted(part.file, identities), type=SavedThemes)

    def _decrypted(self, file: str, identities: Sequence[Identity]) -> bytes:
        opened = io.BytesIO()
        decrypt(self.folder / file, opened, identities)
        return opened.getvalue()


def write_contents(folder: Path, contents: Contents, recipients: Sequence[Recipient]) -> Part:
    """Write the encrypted contents."""
    return Part(file=CONTENTS, written=_write(folder / CONTENTS, contents, recipients))


def write_themes(folder: Path, slug: str, themes: SavedThemes, recipients: Sequence[Recipient]) -> Part:
    """Write the encrypted themes of a tenant."""
    file = f"themes-{slug}.json.age"
    return Part(file=file, written=_write(folder / file, themes, recipients), tenant=slug)


def _write(file: Path, value: Contents | SavedThemes, recipients: Sequence[Recipient]) -> WrittenFile:
    return encrypt(io.BytesIO(msgspec.json.encode(value)), file, recipients)


def write_manifest(folder: Path, manifest: Manifest, key: Ed25519PrivateKey) -> None:
    """Write the manifest and its signature."""
    data = msgspec.json.format(msgspec.json.encode(manifest))
    write_atomically(folder / MANIFEST, data, PRIVATE)
    write_atomically(folder / SIGNATURE, b64encode(key.sign(data)) + b"\n", PRIVATE)


def open_backup(folder: Path, key: Ed25519PublicKey, progress: Progress) -> Backup:
    """Verify the signature, and read every file again. Raise BackupError if something is not as it was written."""
    manifest = _read_manifest(folder, key)
    with progress.bar("files verified", len(manifest.parts)) as advance:
        for part in manifest.parts:
            try:
                found = read_again(folder / part.file)
            except FileNotFoundError:
                raise BackupError(f"the backup is damaged: {part.file} is missing") from None
            if found != part.written:
                raise BackupError(f"the backup is damaged: {part.file} is not what was written")
            advance()
    return Backup(folder, manifest)


def _read_manifest(folder: Path, key: Ed25519PublicKey) -> Manifest:
    try:
        with (folder / MANIFEST).open("rb") as opened:
            data = opened.read(MAXIMUM_MANIFEST)
        signature = b64decode((folder / SIGNATURE).read_bytes(), validate=False)
    except FileNotFoundError as error:
        raise BackupError(f"{folder} is not a complete backup: {error.filename} is missing") from error
    except Base64Error:
        signature = b""
    if not is_signed(key, signature, data):
        raise BackupError(f"the signature of {folder / MANIFEST} is not of this verification key: do not restore it")
    try:
        return msgspec.json.decode(data, type=Manifest)
    except msgspec.DecodeError as error:
        raise BackupError(f"the manifest is of another release of this program: {error}") from error
