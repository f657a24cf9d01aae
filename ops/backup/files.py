"""The encrypted files of a backup: written with their digest, read again from the disk, decrypted."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final

import msgspec
import pyrage
from pyrage.x25519 import Identity, Recipient

from ops.backup.errors import BackupError
from ops.files import PRIVATE

_PIECE: Final = 1 << 20


class WrittenFile(msgspec.Struct, frozen=True):
    """The size of a file in bytes, and its SHA-256 in hexadecimal."""

    size: int
    sha256: str


class _Digesting:
    """A file that computes the size and the digest of what is written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        self._size += len(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()

    def written(self) -> WrittenFile:
        return WrittenFile(self._size, self._digest.hexdigest())


def encrypt(source: IO[bytes], file: Path, recipients: Sequence[Recipient]) -> WrittenFile:
    """Write what `source` has into a new file, encrypted for `recipients`, and make it durable."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "wb") as opened:
        target = _Digesting(opened)
        pyrage.encrypt_io(source, target, list(recipients))
        opened.flush()
        os.fsync(opened.fileno())
        # What is read again comes from the disk, not from memory.
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return target.written()


def read_again(file: Path) -> WrittenFile:
    """Return the size and the digest of a file."""
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as opened:
        while piece := opened.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return WrittenFile(size, digest.hexdigest())


def decrypt(file: Path, target: Any, identities: Sequence[Identity]) -> None:
    """Write the content of an encrypted file to `target`. Raise BackupError if no identity can read it, OSError."""
    with file.open("rb") as source:
        try:
            pyrage.decrypt_io(source, target, list(identities))
        except pyrage.DecryptError as error:
            raise BackupError(f"{file.name} cannot be decrypted with this identity: {error}") from error
