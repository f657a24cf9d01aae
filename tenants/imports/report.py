"""The report of an import: what was loaded, what was fixed, and what could not be loaded, with file, line and path."""

import re
from collections import Counter
from typing import NamedTuple

import msgspec

from tenants.cds import field_types

MAXIMUM_KEPT = 10_000
_PATH = re.compile(r"(?s)(?P<reason>.*) - at `(?P<path>[^`]*)`\Z")
_MEMBER = re.compile(r"`(?P<name>\w+)` ")
_PATTERN = re.compile(r"(?s)Expected `str` matching regex (?P<pattern>.*)\Z")


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


def split_validation_message(message: str) -> tuple[str, str]:
    """Split a msgspec error message into path and reason; show a field type instead of its regular expression.

    The message of a check of a whole object contains the path of the object. If the reason begins with the name of a
    member, the name is added to the path.
    """
    found = _PATH.match(message)
    path, reason = (found["path"], found["reason"]) if found else ("$", message)
    member = _MEMBER.match(reason)
    if member:
        path = f"{path}.{member['name']}"
    pattern = _PATTERN.match(reason)
    if pattern:
        reason = f"not of the form: {_PATTERN_NAMES.get(pattern['pattern'], 'the pattern of the field')}"
    return path, reason


def _pattern_names() -> dict[str, str]:
    names = {}
    for name, kind in vars(field_types).items():
        for meta in getattr(kind, "__metadata__", ()):
            if isinstance(meta, msgspec.Meta) and meta.pattern is not None:
                names[repr(meta.pattern)] = meta.description or name
    return names


_PATTERN_NAMES = _pattern_names()
