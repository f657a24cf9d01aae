"""Keeps the log files of a running stack small.

The content of a file is copied to `<file>.1`, and the file is emptied. The processes need not open it again, because
they write at its end (O_APPEND). A line that is written between the two steps is lost; this is less than a millisecond.
"""

import shutil
from pathlib import Path
from typing import Final

LIMIT: Final = 16 * 1024 * 1024
"""In bytes. With the earlier content in `<file>.1`, a log needs a little more than twice as much."""


def rotate(folder: Path, limit: int = LIMIT) -> None:
    """Rotate each `*.log` in `folder` that is larger than `limit` bytes."""
    for log in folder.glob("*.log"):
        if log.stat().st_size > limit:
            with log.open("r+b") as current, log.with_suffix(".log.1").open("wb") as earlier:
                shutil.copyfileobj(current, earlier)
                current.truncate(0)
