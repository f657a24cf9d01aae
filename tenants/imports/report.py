"""What an import did: what it loaded, what it mended, and what it could not load, each by file, line and path."""

import re
from collections import Counter
from typing import NamedTuple

import msgspec

from tenants.cds import field_types

MAXIMUM_KEPT = 10_000
_AT = re.compile(r"(?s)(?P<reason>.*) - at `(?P<path>[^`]*)`\Z")
_PATTERN = re.compile(r"(?s)Expected `str` matching regex (?P<pattern>.*)\Z")


class Place(NamedTuple):
    """Where something stands: the line counts from 1, the path is a JSONPath within the record that begins there."""

    file: str
    line: int
    path: str = "$"


class Finding(NamedTuple):
    """A problem (the record is not loaded) or a mend (it is loaded as mended), and where."""

    place: Place
    reason: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.place.file}:{self.place.line}: {self.place.path}: {self.reason}"


class Report:
    """Counts everything and keeps the first ten thousand problems, and as many mends, in full."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.loaded: Counter[str] = Counter()
        self.problems: list[Finding] = []
        self.mends: list[Finding] = []
        self.problem_count = 0
        self.mend_count = 0

    def problem(self, place: Place, reason: str) -> None:
        """Say that what stands at `place` is not loaded, and why."""
        self.problem_count += 1
        if len(self.problems) < MAXIMUM_KEPT:
            self.problems.append(Finding(place, reason))

    def mend(self, place: Place, what: str) -> None:
        """Say that the field at `place` was changed, and how."""
        self.mend_count += 1
        if len(self.mends) < MAXIMUM_KEPT:
            self.mends.append(Finding(place, what))

    def invalid(self, place: Place, error: Exception) -> None:
        """Report a record that its type refuses, with the path and the reason that msgspec gives."""
        path, reason = explain(str(error))
        self.problem(place._replace(path=place.path + path[1:]), reason)


def explain(message: str) -> tuple[str, str]:
    """Split a validation message into path and reason, and call a pattern by the field type it belongs to."""
    found = _AT.match(message)
    path, reason = (found["path"], found["reason"]) if found else ("$", message)
    pattern = _PATTERN.match(reason)
    if pattern:
        reason = f"not of the form: {_FORMS.get(pattern['pattern'], 'what the field allows')}"
    return path, reason


def _forms() -> dict[str, str]:
    forms = {}
    for name, kind in vars(field_types).items():
        for meta in getattr(kind, "__metadata__", ()):
            if isinstance(meta, msgspec.Meta) and meta.pattern is not None:
                forms[repr(meta.pattern)] = meta.description or name
    return forms


_FORMS = _forms()
