"""Writes docs/obligations.md from the table. A test compares the document with the table.

The command is `python -m tenants.obligations.document > docs/obligations.md`.
"""

import sys
from collections.abc import Iterator
from typing import Final

from tenants.obligations.calendar import obligations
from tenants.obligations.models import WARNING_PERIOD, Obligation

HEAD: Final = f"""\
# Obligations

What the Consumer Data Standards 1.36.0 demand of a data holder in the energy sector, and what is to come. A row says
from which day on it is owed, whom it touches, and how this release meets it.

`haas obligations` shows where each one stands today and which tenants it touches. From {WARNING_PERIOD.days}
days before its day, the schedule logs [`obligation.due`](operations.md#obligations) every day for one that is not met.

A row with the word "draft" is not in a published release of the standards. The endpoint version schedule has one
impossible date, 31 November 2022 (Get Customer Detail 2), which is read as 30 November.

`python -m tenants.obligations.document > docs/obligations.md` writes this page from `tenants/obligations/calendar.py`
and the endpoint table.

| from | what | whom it touches | source | how it is met |
|---|---|---|---|---|
"""


def document() -> str:
    """Return the document in Markdown."""
    return HEAD + "".join(_rows())


def _rows() -> Iterator[str]:
    for each in obligations():
        day = "no day yet" if each.day is None else str(each.day)
        yield f"| {day}{_draft(each)} | {each.what} | {each.who} | {each.source} | {each.met_by or 'not met yet'} |\n"


def _draft(obligation: Obligation) -> str:
    return "" if obligation.is_announced else " (draft)"


if __name__ == "__main__":
    sys.stdout.write(document())
