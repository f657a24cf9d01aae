"""Writes small files durably and atomically."""

import os
import tempfile
from pathlib import Path

PRIVATE = 0o600
SHARED = 0o640
PUBLIC = 0o644


def write_atomically(path: Path, data: bytes, mode: int = PRIVATE) -> None:
    """Replace `path` with `data`: a reader sees either the old or the new content, even after a crash."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)  # noqa: PTH105 - Path.replace would only create one more object
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    synchronise_folder(path.parent)


def synchronise_folder(folder: Path) -> None:
    """Make a rename in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
