"""The report of an import: what was loaded, what was fixed, and what could not be loaded, with file, line and path."""

from collections import Counter
from typing import Final, NamedTuple

from tenants.cds.validation_messages import split_validation_message

MAXIMUM_KEPT = 10_000
CHANGES: Final = "finding about changed data that was disclosed before"
"""What a report counts in `loaded` besides rows: staff decides about these findings (`haas finding`)."""


class FileLocation(NamedTuple):
    """A location in an import file: the line, from 1, and a JSONPath within the record that begins there."""

    file: str
    line: int
    path: str = "$"


class Finding(NamedTuple):
    """A problem (the record is not loaded) or a fix (the record is loaded with the change), and its location."""

    location: FileLocation
    reason: str

    def __str__(self) -> str:
        """Return the finding as one line of text."""
        return f"{self.location.file}:{self.location.line}: {self.location.path}: {self.reason}"


class Report:
    """Counts all problems and fixes, and keeps the first MAXIMUM_KEPT of each in full."""

    def __init__(self) -> None:
        """Start with an empty report."""
        self.loaded: Counter[str] = Counter()
        self.problems: list[Finding] = []
        self.fixes: list[Finding] = []
        self.problem_count = 0
        self.fix_count = 0

    def add_problem(self, location: FileLocation, reason: str) -> None:
        """Report that the data at `location` is not loaded, and the reason."""
        self.problem_count += 1
        if len(self.problems) < MAXIMUM_KEPT:
            self.problems.append(Finding(location, reason))

    def add_fix(self, location: FileLocation, description: str) -> None:
        """Report that the field at `location` was changed, and how."""
        self.fix_count += 1
        if len(self.fixes) < MAXIMUM_KEPT:
            self.fixes.append(Finding(location, description))

    def add_invalid_record(self, location: FileLocation, error: Exception) -> None:
        """Report a record that does not conform to its type, with the path and the reason from msgspec's error."""
        path, reason = split_validation_message(str(error))
        self.add_problem(location._replace(path=location.path + path[1:]), reason)
