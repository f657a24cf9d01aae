"""The API definitions of the Consumer Data Standards as the Data Standards Body publishes them.

They are OpenAPI 3.0 documents whose field types are in `x-cds-type`. They are not part of this repository: the variable
HAAS_TEST_STANDARDS names a folder with them. The checks of the field types are written from the page "Common Field
Types" of the standards, and not with the product's own types.
"""

import base64
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

FOLDER_VARIABLE: Final = "HAAS_TEST_STANDARDS"
FILES: Final = ("cds_common.json", "cds_energy.json")
SECONDARY_FILES: Final = ("cds_energy_sdh.json",)
"""The operations of a secondary data holder, which the e-Hub of the sandbox serves."""
ADMIN_FILES: Final = ("cds_admin.json",)
"""The operations that the CDR Register calls."""
_DATE_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


def _is_date(text: str) -> bool:
    return re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) is not None and str(date.fromisoformat(text)) == text


def _is_date_time(text: str) -> bool:
    return _DATE_TIME.fullmatch(text) is not None and datetime.fromisoformat(text.upper()).tzinfo is not None


_FIELD_TYPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "DateString": _is_date,
    "DateTimeString": _is_date_time,
    "AmountString": lambda text: re.fullmatch(r"-?\d{1,16}\.\d{2,}", text, re.ASCII) is not None,
    "RateString": lambda text: re.fullmatch(r"-?\d{1,16}(\.\d{1,16})?", text, re.ASCII) is not None,
    "ASCIIString": lambda text: text.isascii() and text.isprintable(),
    "URIString": lambda text: bool(urlsplit(text).scheme) and not re.search(r"\s", text),
    "Base64": lambda text: base64.b64encode(base64.b64decode(text, validate=True)).decode() == text,
    "ExternalRef": lambda text: text != "",
    "PositiveInteger": lambda number: number > 0,
    "NaturalNumber": lambda number: number >= 0,
}


def official_folder() -> Path:
    """Return the folder with the definitions. Without the variable that names it, the test is skipped."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder:
        pytest.skip(
            f"{FOLDER_VARIABLE} names no folder with the API definitions that the Data Standards Body publishes"
        )
    return Path(folder)


class Standards:
    """The official definitions in a folder. Raises FileNotFoundError if a file is missing."""

    def __init__(self, folder: Path, files: Sequence[str] = FILES) -> None:
        self._operations: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
        for name in files:
            document = json.loads((folder / name).read_text())
            for path in document["paths"].values():
                for operation in (each for each in path.values() if "operationId" in each):
                    self._operations[operation["operationId"]] = document, operation

    def violations(self, operation: str, version: int, body: Any) -> list[str]:
        """Return what is wrong with the body of a response, each with its path in the body."""
        defined = int(self._operations[operation][1]["x-version"])
        if version != defined:
            return [f"version {version} is not {defined}"]
        return self._violations(operation, 200, body)

    def violations_of_error(self, operation: str, status: int, body: Any) -> list[str]:
        """Return what is wrong with the body of an error response: the operation may not have one with the status."""
        if str(status) not in self._operations[operation][1]["responses"]:
            return [f"the status {status} is not defined"]
        return self._violations(operation, status, body)

    def _violations(self, operation: str, status: int, body: Any) -> list[str]:
        document, definition = self._operations[operation]
        response = _resolved(document, definition["responses"][str(status)])
        schema = response["content"]["application/json"]["schema"]
        return [f"{path}: {reason}" for path, reason in _violations(document, schema, body, "$")]


def _resolved(document: dict[str, Any], schema: Any) -> Any:
    """Follow a reference, and combine the parts of `allOf` into one schema."""
    if "$ref" in schema:
        found = document
        for name in schema["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return _resolved(document, found)
    if "allOf" not in schema:
        return schema
    combined: dict[str, Any] = {name: value for name, value in schema.items() if name != "allOf"}
    for part in schema["allOf"]:
        resolved = _resolved(document, part)
        required = combined.get("required", []) + resolved.get("required", [])
        properties = combined.get("properties", {}) | resolved.get("properties", {})
        combined = {**combined, **resolved, "required": required, "properties": properties}
    return combined


def _violations(document: dict[str, Any], schema: Any, value: Any, path: str) -> Iterator[tuple[str, str]]:
    schema = _resolved(document, schema)
    kind = schema.get("type", "string" if "enum" in schema else "object")  # an enumeration may name no type
    if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        yield path, f"not of the type {kind}: {value!r}"
        return
    yield from ((path, reason) for reason in _wrong_value(schema, value))
    if kind == "array":
        for index, item in enumerate(value):
            yield from _violations(document, schema["items"], item, f"{path}[{index}]")
    elif kind == "object" and schema.get("properties"):
        members = schema["properties"]
        yield from ((path, f"without {name}") for name in sorted(set(schema.get("required", [])) - set(value)))
        yield from ((path, f"has {name}, which is not defined") for name in sorted(set(value) - set(members)))
        for name in sorted(set(value) & set(members)):
            yield from _violations(document, members[name], value[name], f"{path}.{name}")


def _wrong_value(schema: Any, value: Any) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        yield f"not one of {schema['enum']}: {value!r}"
    if value in (None, ""):
        yield "empty"
    elif "x-cds-type" in schema and not _has_field_type(schema["x-cds-type"], value):
        yield f"not of the field type {schema['x-cds-type']}: {value!r}"
    if _is_number(value) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"out of range: {value!r}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _has_field_type(name: str, value: Any) -> bool:
    try:
        return _FIELD_TYPES[name](value)
    except ValueError:
        return False
