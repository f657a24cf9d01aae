"""What can go wrong with the stack, told so that a person can mend it."""

from pathlib import Path

from haas.errors import HaasError


class StackError(HaasError):
    """The stack cannot start or go on; the message says why and what to do."""


class PartFailed(StackError):
    """One part did not come up. Names the part, the last lines of its log and where the log is."""

    def __init__(self, part: str, reason: str, log: Path, tail: list[str]) -> None:
        self.part = part
        self.log = log
        lines = "".join(f"\n    {line}" for line in tail)
        super().__init__(f"{part} failed: {reason}\n  last lines of its log:{lines or ' (empty)'}\n  log: {log}")
