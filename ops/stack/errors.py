"""Errors of the embedded stack. Each message says what to do."""

from pathlib import Path
from typing import Final

from haas.errors import HaasError

MEBIBYTE: Final = 1024 * 1024
SPACE_NEEDED: Final = 128 * MEBIBYTE


class StackError(HaasError):
    """The stack cannot start or continue. The message says why and what to do."""


class DiskFull(StackError):
    """The disk of the state folder, or of PostgreSQL's folder, has not enough free space for a stack."""

    def __init__(self, folder: Path, free: str) -> None:
        super().__init__(
            f"the disk of {folder} is full: {free}, and a stack needs {SPACE_NEEDED // MEBIBYTE} MB to start.\n"
            "  Free some space, or choose a folder on another disk with --state."
        )


class ProcessFailed(StackError):
    """A process did not start. The message has its name, the last lines of its log and the path of the log."""

    def __init__(self, process: str, reason: str, log: Path, tail: list[str]) -> None:
        self.process = process
        self.log = log
        lines = "".join(f"\n    {line}" for line in tail)
        super().__init__(f"{process} failed: {reason}\n  last lines of its log:{lines or ' (empty)'}\n  log: {log}")
