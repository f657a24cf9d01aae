"""Checks a JSON document against a schema of the Register's published API definition (OpenAPI 3.0)."""

import json
from pathlib import Path
from typing import Any

_DEFINITION = json.loads((Path(__file__).parent / "cds_register.json").read_text(encoding="utf-8"))
_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
}


def check(schema: str, document: Any) -> None:
    """Fail unless `document` matches the schema with that name."""
    assert differences(document, _DEFINITION["components"]["schemas"][schema]) == []


def differences(value: Any, schema: dict[str, Any], path: str = "$") -> list[str]:
    """Return the violations of `schema`: missing and undefined members, wrong types, lengths and values."""
    while "$ref" in schema:
        schema = _DEFINITION["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    kind = schema.get("type")
    if kind is not None and not isinstance(value, _TYPES[kind]):
        return [f"{path}: {value!r} is not of type {kind}"]
    wrong = []
    if "enum" in schema and value not in schema["enum"]:
        wrong.append(f"{path}: {value!r} is not one of {schema['enum']}")
    if isinstance(value, str) and len(value) > schema.get("maxLength", len(value)):
        wrong.append(f"{path}: longer than {schema['maxLength']}")
    if kind == "array":
        for index, item in enumerate(value):
            wrong += differences(item, schema.get("items", {}), f"{path}[{index}]")
    if kind == "object" and "properties" in schema:
        properties = schema["properties"]
        wrong += [f"{path}.{name} is missing" for name in schema.get("required", []) if name not in value]
        wrong += [f"{path}.{name} is not defined" for name in value if name not in properties]
        for name, member in value.items():
            wrong += differences(member, properties.get(name, {}), f"{path}.{name}")
    return wrong
