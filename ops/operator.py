"""Helpers of the commands: the operator's name for the audit table, and tables as text."""

import getpass
from collections.abc import Iterator, Sequence


def actor() -> str:
    """Return the name of the operating system's user, as the audit records it."""
    try:
        return f"operator:{getpass.getuser()}"
    except (KeyError, OSError):  # in a container, the user id may have no name
        return "operator"


def columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield lines of aligned columns. No value is shortened, so that scripts can read them too."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        yield "  ".join(f"{value:<{width}}" for value, width in zip(row, widths, strict=True)).rstrip()
