"""Holds a JSON document against a schema of an OpenAPI 3.0 definition."""

from typing import Any

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
}


def misshapen(value: Any, schema: dict[str, Any], definition: dict[str, Any], path: str = "$") -> list[str]:
    """Return what is wrong with `value`: missing and undefined members, wrong types, lengths and values."""
    while "$ref" in schema:
        schema = definition["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    kind = schema.get("type")
    if kind is not None and not isinstance(value, _TYPES[kind]):
        return [f"{path}: {value!r} is no {kind}"]
    wrong = []
    if "enum" in schema and value not in schema["enum"]:
        wrong.append(f"{path}: {value!r} is none of {schema['enum']}")
    if isinstance(value, str) and len(value) > schema.get("maxLength", len(value)):
        wrong.append(f"{path}: longer than {schema['maxLength']}")
    if kind == "array":
        for index, item in enumerate(value):
            wrong += misshapen(item, schema.get("items", {}), definition, f"{path}[{index}]")
    if kind == "object" and "properties" in schema:
        properties = schema["properties"]
        wrong += [f"{path}.{name} is missing" for name in schema.get("required", []) if name not in value]
        wrong += [f"{path}.{name} is not defined" for name in value if name not in properties]
        for name, member in value.items():
            wrong += misshapen(member, properties.get(name, {}), definition, f"{path}.{name}")
    return wrong
