"""Writes docs/upstream-openapi.json, the contract of a retailer's server, from the types that the client uses.

The command is `python -m tenants.upstream.openapi > docs/upstream-openapi.json`. A test compares the document with the
types, so they cannot differ.
"""

import json
import re
import sys
from datetime import date, datetime
from typing import Any, Final

import msgspec

from tenants.cds.resource_ids import AccountId, ServicePointId
from tenants.upstream.base_message import Id
from tenants.upstream.messages import MAXIMUM_CUSTOMERS, Cursor, UpstreamProblem
from tenants.upstream.operations import CLOSED, OPERATIONS, REFUSED, UNKNOWN, ParameterName, UpstreamOperation

VERSION: Final = "1.0.0"
_REFERENCE: Final = "#/components/schemas/{name}"
_JSON: Final = "application/json"
_INTRODUCTION: Final = """\
The server of an electricity retailer, from which the holder of the retailer's brand reads customers and accounts. The \
payloads are those of the Consumer Data Standards 1.36.0 in their latest versions, with the retailer's own ids: \
`accountId` is the retailer's id of the account, and `servicePointId` is the NMI. `x` has what the standards lack.

The holder does the rest: consent, scopes, versions, ids for recipients, order, pages and errors towards recipients. \
Conditional fields of the standards are checked too; this document cannot express them. docs/upstream.md is the guide.\
"""
_PROBLEMS: Final = {
    400: "The request does not follow this contract.",
    401: "The credentials are missing or wrong. The holder does not repeat the request.",
    REFUSED: "With `refused`: the retailer refuses to disclose the data (CDR Rules 4.7). Otherwise as 401.",
    UNKNOWN: "There is no such object.",
    CLOSED: "The account is closed, and the retailer does not give this of a closed account.",
    429: "Too many requests. `Retry-After` says in how many seconds the next one may succeed.",
    500: "The server cannot answer. 502, 503 and 504 have the same meaning.",
}
_OF_EVERY_OPERATION: Final = (400, 401, 429, 500)
_QUERY: Final[dict[ParameterName, tuple[Any, str]]] = {
    "oldest-date": (date, "The first day of the period."),
    "newest-date": (date, "The last day of the period."),
    "oldest-time": (datetime, "The first moment of the period, in UTC."),
    "newest-time": (datetime, "The last moment of the period, in UTC."),
    "cursor": (Cursor, "The position after which the list continues: the `cursor` of the last response."),
    "limit": (int, f"The most items of the response, 1 to {MAXIMUM_CUSTOMERS}."),
}
_HEADERS: Final = (
    ("x-fapi-interaction-id", True, {"type": "string", "format": "uuid"}, "Identifies the call in the logs of both."),
    (
        "x-haas-customer-present",
        True,
        {"type": "string", "enum": ["true", "false"]},
        "Whether a person waits for the data. A server with too much load can refuse the other requests first.",
    ),
    (
        "x-cds-arrangement",
        False,
        {"type": "string", "format": "uuid"},
        "The arrangement under which a recipient gets the data. Absent where no recipient gets it.",
    ),
)


def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    types = [operation.answer for operation in OPERATIONS]
    types += [operation.body for operation in OPERATIONS if operation.body is not None]
    schemas, components = msgspec.json.schema_components(
        [*types, UpstreamProblem], schema_hook=_schema_of_id, ref_template=_REFERENCE
    )
    of_type = dict(zip(map(repr, [*types, UpstreamProblem]), schemas, strict=True))
    paths = {each.path: {each.method.lower(): _path(each, of_type)} for each in OPERATIONS}
    found: dict[str, Any] = _for_ecma(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "A retailer's own server",
                "version": VERSION,
                "description": _INTRODUCTION,
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": "https://cdr.retailer.example/v1", "description": "The base URI of the tenant."}],
            "security": [{"certificate": [], "jwt": []}, {"certificate": [], "token": []}],
            "paths": paths,
            "components": {"securitySchemes": _SECURITY, "schemas": components},
        }
    )
    return found


def text() -> str:
    """Return the document as it is written to the file."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


_SECURITY: Final = {
    "certificate": {"type": "mutualTLS", "description": "The client certificate of the holder. It is always needed."},
    "jwt": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": (
            "A JWT that the brand has signed with PS256 for this request. `iss` and `sub` are the issuer of the brand, "
            "`aud` is the URI of the request without its query, `exp` is at most 60 seconds after `iat`, and `jti` is "
            "used once. The keys are at `{iss}/jwks`."
        ),
    },
    "token": {
        "type": "oauth2",
        "description": "An access token of the retailer (RFC 6749 4.4), which the holder gets with HTTP Basic.",
        "flows": {"clientCredentials": {"tokenUrl": "https://login.retailer.example/token", "scopes": {}}},
    },
}


def _path(operation: UpstreamOperation, of_type: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [*_path_parameters(operation), *_query_parameters(operation), *_header_parameters()],
    }
    if operation.optional:
        described["description"] = "Optional: getCapabilities says whether the server has it."
    if operation.body is not None:
        schema = of_type[repr(operation.body)]
        described["requestBody"] = {"required": True, "content": {_JSON: {"schema": schema}}}
    responses: dict[str, Any] = {
        "200": {"description": "The data.", "content": {_JSON: {"schema": of_type[repr(operation.answer)]}}}
    }
    for status in sorted({*_OF_EVERY_OPERATION, *operation.problems}):
        responses[str(status)] = {
            "description": _PROBLEMS[status],
            "content": {_JSON: {"schema": of_type[repr(UpstreamProblem)]}},
        }
    responses["429"]["headers"] = {"Retry-After": {"schema": {"type": "integer", "minimum": 1}}}
    return {**described, "responses": responses}


def _path_parameters(operation: UpstreamOperation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": msgspec.json.schema(Id)}
        for name in re.findall(r"{(\w+)}", operation.path)
    ]


def _query_parameters(operation: UpstreamOperation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "description": _QUERY[name][1], "schema": msgspec.json.schema(_QUERY[name][0])}
        for name in operation.query
    ]


def _header_parameters() -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "header", "required": required, "schema": schema, "description": description}
        for name, required, schema, description in _HEADERS
    ]


def _schema_of_id(kind: type) -> dict[str, Any]:
    """Return the schema of the types of ids, which msgspec does not know."""
    descriptions: dict[type, str] = {
        AccountId: "The retailer's id of an account.",
        ServicePointId: "The NMI of a service point.",
    }
    return {"type": "string", "minLength": 1, "description": descriptions[kind]}


def _for_ecma(value: Any) -> Any:
    r"""Return the document with its patterns in the syntax of JSON Schema, where `\Z` is written `$`."""
    if isinstance(value, dict):
        return {
            name: each.replace(r"\Z", "$") if name == "pattern" and isinstance(each, str) else _for_ecma(each)
            for name, each in value.items()
        }
    return [_for_ecma(each) for each in value] if isinstance(value, list) else value


if __name__ == "__main__":
    sys.stdout.write(text())
