"""The register in docs/consumer-experience.md is complete, and what it names exists."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from ops.preview.samples import NAMES

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "consumer-experience.md").read_text(encoding="utf-8")
EXCEPTIONS: Final = ("Not built: ", "Not used")
STATEMENTS: Final = {
    "Data Language Standards": (
        "Language to be used", "Detailed scope requests", "Profile Scope and Standard Claims",
    ),
    "Accessibility Standards": (
        "Content distinction", "Keyboard functionality", "Pointer interactions", "Reading experiences",
        "Input assistance",
    ),
    "Authentication Standards": ("App Install", "Passwords", "Friction", "Password Link", "OTP Expiry", "Steps"),
    "Authorisation Standards": (
        "Account selection", "Account selection functionality", "Profile selection", "Add or Switch Profiles",
        "Account confirm", "Pending status", "Displaying accounts", "No accounts can be shown",
        "Authorisation not permitted", "Request sharing rights",
    ),
    "Amending Authorisation Standards": ("Customer Profile", "Account Selection", "Changing Attributes"),
    "Dashboard Standards": ("Amending authorisation details", "Data recipient handling details"),
    "Notification Standards": (
        "Contextual alert", "Rule 4A.15 exemptions", "Further information", "Reduced frequency", "Granular control",
        "Turn off notifications", "Consequences of amendment", "Contextual amendment", "Amendment channels",
        "Notification content",
    ),
    "Withdrawal Standards": ("Consequences", "Redundant data", "Secondary User Instruction", "Joint accounts"),
}  # fmt: skip
"""The statements that bind a data holder in the energy sector (CDS 1.36.0, slate/source/includes/cx_standards)."""


class Row(NamedTuple):
    """A row of the register."""

    section: str
    clause: str
    demand: str
    place: str
    tests: str

    @property
    def is_exception(self) -> bool:
        return self.place.startswith(EXCEPTIONS)


def rows(page: str) -> Iterator[Row]:
    """Yield each row of the tables with four columns whose last one is for tests."""
    for section in page.split("\n### ")[1:]:
        heading, _, text = section.partition("\n")
        lines = [line for line in text.split("\n## ")[0].splitlines() if line.startswith("| ")]
        if lines and lines[0].endswith("| test |"):
            for line in lines[1:]:
                yield Row(heading, *line.strip("| ").split(" | "))


ROWS = list(rows(PAGE))


def cited_tests(row: Row) -> Iterator[tuple[str, str]]:
    """Yield the file and the function of each test that a row names."""
    file = ""
    for name in re.findall(r"`([^`]+)`", row.tests):
        if name.endswith(".py"):
            file = name
        else:
            yield file, name


def test_each_row_has_a_place_and_a_test_or_says_what_is_missing() -> None:
    for row in ROWS:
        places = re.findall(r"`([\w/]+(?:\.[\w]+)+)`", row.place)
        assert row.is_exception or (places and list(cited_tests(row))), row
        assert row.demand, row
        for place in places:
            assert row.is_exception or (ROOT / place).exists(), (row.clause, place)
        if row.place.startswith("Not used"):
            assert re.search(r"\((?:MAY|MUST, in an app)\)$", row.clause), "a duty cannot be left unused"


def test_the_tests_that_the_register_names_exist() -> None:
    cited = {(row.clause, *found) for row in ROWS for found in cited_tests(row)}
    assert cited
    for clause, file, name in cited:
        text = (ROOT / "tests" / file).read_text(encoding="utf-8")
        assert re.search(rf"^(?:async )?def test_{name}\(", text, re.MULTILINE), (clause, file, name)


def test_every_statement_of_the_cx_standards_has_a_row() -> None:
    found: dict[str, dict[str, None]] = {}
    for row in ROWS:
        if row.section in STATEMENTS:
            named = re.fullmatch(r"(.+) \((?:MUST|SHOULD|MAY|MUST, in an app)\)", row.clause)
            assert named, row
            found.setdefault(row.section, {})[named[1]] = None
    assert {section: tuple(names) for section, names in found.items()} == STATEMENTS


def test_each_clause_of_the_rules_has_a_row_or_a_reason() -> None:
    """Each number from K-1 to the highest is in the tables, or with a reason, or was never given; and only once."""
    of_pages = {int(found[1]) for row in ROWS if (found := re.match(r"K-(\d+) \(.+\)$", row.clause))}
    others = [int(number) for number in re.findall(r"^\| K-(\d+) \| \S.+ \|$", PAGE, re.MULTILINE)]
    assert others, "clauses that are not about the pages"
    never = [
        number
        for first, last in re.findall(r"K-(\d+) to K-(\d+)", PAGE.rpartition("\n\n")[2])
        for number in range(int(first), int(last) + 1)
    ]
    named = [*of_pages, *others, *never]
    assert sorted(named) == list(range(1, max(of_pages | set(others)) + 1))


def test_the_list_of_screens_is_complete() -> None:
    listed = re.findall(r"`(\d+-[\w-]+)`", PAGE.partition("\n## The register\n")[0])
    of_consumers = [name for name in NAMES if not name.startswith(("10-", "11-", "9-staff"))]
    assert sorted(listed) == sorted(of_consumers)
