"""docs/upstream-openapi.json, the contract for retailers, against the types and the table that the client uses."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tenants.upstream.openapi import document, text
from tenants.upstream.operations import OPERATIONS

DOCUMENT = Path(__file__).parents[3] / "docs" / "upstream-openapi.json"


def members(value: Any, name: str) -> Iterator[Any]:
    """Yield every value of a member with this name, at any depth."""
    if isinstance(value, dict):
        if name in value:
            yield value[name]
        for each in value.values():
            yield from members(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from members(each, name)


def test_the_document_agrees_with_the_types_of_the_client() -> None:
    """If this fails, run `python -m tenants.upstream.openapi > docs/upstream-openapi.json`."""
    assert DOCUMENT.read_text(encoding="utf-8") == text()


def test_the_document_has_every_operation_once() -> None:
    found = [operation for path in document()["paths"].values() for operation in path.values()]
    assert [each["operationId"] for each in found] == [operation.name for operation in OPERATIONS]
    assert len({operation.name for operation in OPERATIONS}) == len(OPERATIONS)


def test_every_reference_leads_to_a_schema_and_every_schema_is_used() -> None:
    found = document()
    used = {each.rpartition("/")[2] for each in members(found, "$ref")}
    assert used == set(found["components"]["schemas"])
    assert {each.rpartition("/")[0] for each in members(found, "$ref")} == {"#/components/schemas"}


def test_every_pattern_is_in_the_syntax_of_json_schema() -> None:
    r"""ECMA 262 does not know `\Z`."""
    patterns = [each for each in members(document(), "pattern") if isinstance(each, str)]
    assert len(patterns) > 10
    assert [pattern for pattern in patterns if r"\Z" in pattern or not re.compile(pattern)] == []


def test_no_clause_and_no_error_of_the_product_is_in_the_document() -> None:
    assert re.findall(r"C-[A-Z]\d+|ValueError|msgspec", json.dumps(document())) == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_each_path_parameter_is_described(operation: Any) -> None:
    [described] = document()["paths"][operation.path].values()
    named = [each["name"] for each in described["parameters"] if each["in"] == "path"]
    assert named == re.findall(r"{(\w+)}", operation.path)
    assert {"200", "400", "401", "429", "500"} <= set(described["responses"])
    assert msgspec.json.encode(described)
