"""docs/data-model.md lists every table of both schemas, each with its noun and one sentence, and no other table."""

import ast
import importlib
import re
from pathlib import Path

import pytest
from sqlalchemy import MetaData, Table

from tenants.tables import control, tenant

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "data-model.md"
ROW = re.compile(r"\| `(?P<noun>\w+)` \| `(?P<table>\w+)` \| (?P<sentence>.+) \|")
EMPTY = re.compile(r"^- (\w+) schema: ((?:`\w+`(?:,\s+)?)+)$", re.MULTILINE)
SCHEMAS = {"control": control, "tenant": tenant}


def section(title: str) -> str:
    """Return the text of the page below a heading, up to the next heading."""
    return PAGE.read_text(encoding="utf-8").split(f"\n## {title}\n")[1].split("\n## ")[0]


def table_names(schema: MetaData) -> set[str]:
    return {table.name for table in schema.tables.values()}


def declared(schema: str) -> set[tuple[str, str]]:
    """Return the tables of a schema, each with the folder of `tenants/` whose `tables.py` declares it."""
    found = set()
    for file in (ROOT / "tenants").glob("*/tables.py"):
        module = importlib.import_module(f"tenants.{file.parent.name}.tables")
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            match node:
                case ast.Assign(targets=[ast.Name(name)]):
                    value = getattr(module, name)
                    if isinstance(value, Table) and value.metadata is SCHEMAS[schema]:
                        found.add((file.parent.name, value.name))
    return found


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_page_lists_every_table_of_the_schema_and_no_other(schema: str) -> None:
    rows = [line for line in section(f"{schema.capitalize()} schema").splitlines() if line.startswith("| `")]
    listed = [match.group("noun", "table") for line in rows if (match := ROW.fullmatch(line))]
    assert len(listed) == len(rows) == len(set(listed))
    assert set(listed) == declared(schema)
    assert {table for _, table in listed} == table_names(SCHEMAS[schema])


@pytest.mark.parametrize("schema", SCHEMAS)
def test_each_table_has_one_sentence(schema: str) -> None:
    sentences = [match["sentence"] for match in ROW.finditer(section(f"{schema.capitalize()} schema"))]
    assert sentences
    assert [text for text in sentences if not re.fullmatch(r"[A-Z][^.]*\.", text)] == []


def test_the_tables_that_the_page_lists_as_empty_exist() -> None:
    found = {
        schema: re.findall(r"\w+", names) for schema, names in EMPTY.findall(section("Tables that are still empty"))
    }
    assert list(found) == list(SCHEMAS)
    for schema, names in found.items():
        assert set(names) <= table_names(SCHEMAS[schema])
