"""What the documentation names exists: files, headings that links lead to, and log events."""

import ast
import re
from pathlib import Path

import pytest

from tenants.operations.endpoints import ENDPOINTS

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
CODE = ("platform", "tenants", "apps", "themes", "workers", "ops")
LINK = re.compile(r"\]\((?!https?:)(?P<path>[^)#]*)(?:#(?P<heading>[^)]*))?\)")
FILE = re.compile(rf"`((?:docs|tests|{'|'.join(CODE)})/[\w./-]*)`")
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def headings(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}


def log_events() -> set[str]:
    """Return the first argument of every call of a logger."""
    calls = (
        node
        for folder in CODE
        for file in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    )
    return {
        event
        for node in calls
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        for event in (argument.value for argument in node.args[:1] if isinstance(argument, ast.Constant))
        if isinstance(event, str)
    }


@pages
def test_targets_of_links_exist(page: Path) -> None:
    for link in LINK.finditer(page.read_text(encoding="utf-8")):
        target = page.parent / link["path"] if link["path"] else page
        assert target.exists(), link[0]
        assert link["heading"] is None or link["heading"] in headings(target), link[0]


@pages
def test_files_that_a_page_names_exist(page: Path) -> None:
    """Tests may be named by their path below `tests/`."""
    named = FILE.findall(page.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists() and not (ROOT / "tests" / name).exists()] == []


def test_the_log_events_of_the_operations_page_exist() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| (?:critical|error|warning) \| `([^`]+)` \|", text, re.MULTILINE)
    assert named
    assert set(named) <= log_events()


def test_the_readme_lists_the_operations_that_are_served() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("\n## What is served\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (Get [^|]+) \| ([\d, ]+) \| (?:`([^`]+)`|none) \|$", text, re.MULTILINE)
    served = [
        (endpoint.name, ", ".join(map(str, endpoint.served_versions)), endpoint.scope or "")
        for endpoint in ENDPOINTS
        if endpoint.served_versions
    ]
    assert rows == served
