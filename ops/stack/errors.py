"""Errors of the embedded stack. Each message says what to do."""

from pathlib import Path

from haas.errors import HaasError


class StackError(HaasError):
    """The stack cannot start or continue. The message says why and what to do."""


class ProcessFailed(StackError):
    """A process did not start. The message has its name, the last lines of its log and the path of the log."""

    def __init__(self, process: str, reason: str, log: Path, tail: list[str]) -> None:
        self.process = process
        self.log = log
        lines = "".join(f"\n    {line}" for line in tail)
        super().__init__(f"{process} failed: {reason}\n  last lines of its log:{lines or ' (empty)'}\n  log: {log}")
