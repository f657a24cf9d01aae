"""Requests that schemathesis generates from the official definitions, and their responses against these definitions.

Each operation gets requests that fulfil the definition, and requests that violate it.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import msgspec
import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.schemas import OpenApiSchema

from tenants.operations.endpoints import ENDPOINTS
from tenants.operations.models import Endpoint, Owner
from tests.support.examples import for_examples
from tests.support.standards import FILES, Standards, official_folder
from tests.system.generated_requests.expectations import is_declared
from tests.system.generated_requests.sharing import Sharing

EXAMPLES = 16
OPERATIONS = [each for each in ENDPOINTS if each.served_versions]
UNSUPPORTED_MEDIA_TYPE = 415
REQUIRED_HEADERS = ("/HeaderXV", "/HeaderXFAPIAuthDate")
FORMATS = {"DateString": "date", "DateTimeString": "date-time"}


class Definitions:
    """The official definitions, with which requests are generated and responses compared."""

    def __init__(self, sharing: Sharing) -> None:
        folder = official_folder()
        self.standards = Standards(folder)
        self._schemas: dict[str, OpenApiSchema] = {}
        for name in FILES:
            document = json.loads((folder / name).read_text())
            narrow(document, sharing.known, sharing.auth_date)
            schema = schemathesis.openapi.from_dict(document)
            self._schemas |= dict.fromkeys(document["paths"], schema)

    def requests(self, endpoint: Endpoint, mode: GenerationMode) -> Any:
        """Return the strategy for the requests of an operation."""
        operation = self._schemas[endpoint.path][endpoint.path][endpoint.method]
        return operation.as_strategy(generation_mode=mode)

    def violations(self, endpoint: Endpoint, response: httpx.Response) -> list[str]:
        """Return what is wrong with the body of a response."""
        body, status = msgspec.json.decode(response.content), response.status_code
        if status == 200:
            return self.standards.violations(endpoint.operation, int(response.headers["x-v"]), body)
        # The definitions have no 415, which CDS, HTTP Response Codes, has for every request with a body.
        defined = 400 if status == UNSUPPORTED_MEDIA_TYPE else status
        return self.standards.violations_of_error(endpoint.operation, defined, body)


def narrow(document: Any, known: Mapping[Owner, Sequence[str]], auth_date: str) -> None:
    """Write into the schemas of a document what it says in prose only, so that requests that fulfil it succeed.

    These are the field types of the standards, the versions and the headers, and the ids that the recipient knows.
    """
    parameters, schemas = document["components"]["parameters"], document["components"]["schemas"]
    for parameter in parameters.values():
        kind, schema = parameter.get("x-cds-type"), parameter["schema"]
        schema.pop("default", None)
        if kind in FORMATS:
            schema["format"] = FORMATS[kind]
        elif kind == "PositiveInteger":
            schema |= {"minimum": 1, "maximum": 3}
    headers: dict[str, dict[str, Any]] = {
        "HeaderXMinV": {"enum": ["1"]},
        "HeaderXFAPIInteractionId": {"format": "uuid"},
        "HeaderXFAPICustomerIPAddress": {"format": "ipv4"},
        "HeaderXCDSClientHeaders": {"format": "byte"},
    }
    for name in set(headers) & set(parameters):
        parameters[name]["schema"] |= headers[name]
    owners: dict[str, Owner] = {"EnergyAccountId": "account", "EnergyServicePointId": "service-point"}
    for name in set(owners) & set(schemas):
        schemas[name]["enum"] = known[owners[name]]
    for name in ("RequestServicePointIdListV1", "RequestAccountIdListV1"):
        if name in schemas:
            schemas[name]["additionalProperties"] = schemas[name]["properties"]["data"]["additionalProperties"] = False
    for path in document["paths"].values():
        for operation in path.values():
            others = [each for each in operation["parameters"] if not each.get("$ref", "").endswith(REQUIRED_HEADERS)]
            operation["parameters"] = [
                *others,
                _required_header("x-v", operation["x-version"]),
                _required_header("x-fapi-auth-date", auth_date),
            ]


def _required_header(name: str, value: str) -> dict[str, Any]:
    """Return the definition of a header that must have a value."""
    return {"name": name, "in": "header", "required": True, "schema": {"type": "string", "enum": [value]}}


@pytest.fixture(scope="module")
def definitions(sharing: Sharing) -> Definitions:
    return Definitions(sharing)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("endpoint", OPERATIONS, ids=lambda endpoint: endpoint.operation)
async def test_no_response_is_outside_the_definition(
    definitions: Definitions, sharing: Sharing, endpoint: Endpoint, mode: GenerationMode
) -> None:
    """C-D24: no 5xx, and the errors of the operation."""
    answered: Counter[int] = Counter()

    right = {
        "x-v": str(endpoint.served_versions[-1]),
        "x-fapi-auth-date": sharing.auth_date,
        "content-type": "application/json",
    }

    async def holds(example: tuple[Case, bool]) -> None:
        case, has_right_headers = example
        sent = case.as_transport_kwargs()
        response = await sharing.send(
            endpoint,
            case.formatted_path,
            query=sent["params"],
            headers=list((right if has_right_headers else sent["headers"]).items()),
            content=msgspec.json.encode(sent["json"]) if "json" in sent else sent.get("data"),
        )
        is_declared(endpoint, response, sharing.nmis)
        answered[response.status_code] += 1
        assert definitions.violations(endpoint, response) == []

    await for_examples(st.tuples(definitions.requests(endpoint, mode), st.booleans()), EXAMPLES, holds)
    if mode is GenerationMode.POSITIVE:
        assert answered[200] >= EXAMPLES // 4
