"""The responses for every demonstration customer against the payload types, and against the official definitions."""

import json
from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from ops.demonstration.brands import BRANDS, DemonstrationBrand
from tenants.cds.envelope import Envelope, PaginatedEnvelope
from tenants.cds.resource_ids import read_id
from tenants.operations.endpoints import ENDPOINTS
from tenants.operations.models import Endpoint, Owner
from tenants.operations.resources import USAGE
from tests.support.application import Application
from tests.support.clients import load_client, registered_client
from tests.support.consents import consent
from tests.support.demonstration import ALL_SCOPES, demonstration_consumers
from tests.support.expectations import cds_error
from tests.support.operations import known_ids, requests
from tests.support.standards import FILES, Standards, official_folder

OPERATIONS = [each for each in ENDPOINTS if each.scope is not None and each.served_versions]
FORMS_OF_USAGE: list[dict[str, str]] = [
    {"interval-reads": form, "page-size": "1000"} for form in ("NONE", "MIN_30", "FULL")
]
UNAVAILABLE = "cds-energy:Authorisation/UnavailableEnergyAccount"


class Answer(msgspec.Struct, frozen=True):
    """A successful response to an operation."""

    endpoint: Endpoint
    version: int
    body: bytes


class Refusal(msgspec.Struct, frozen=True):
    """An error response to an operation."""

    endpoint: Endpoint
    status: int
    body: bytes


class _Customers:
    """Collects the responses to all operations for the customers of a brand, and those to requests that are refused."""

    def __init__(self, application: Application, brand: DemonstrationBrand) -> None:
        self._application, self._brand = application, brand
        self.answers: list[Answer] = []
        self.refusals: list[Refusal] = []

    async def ask(self) -> int:
        """Ask for everything that each customer can share, in every version; return the number of customers."""
        application = self._application
        tenant = await application.new_tenant(f"standards-{self._brand.slug}", theme=self._brand.new_tenant().theme)
        await application.set_setting(tenant, serves_retired_versions=True)
        client = await registered_client(application, tenant)
        recipient = await load_client(application.database, tenant, client.client_id)
        consumers = await demonstration_consumers(application, tenant, recipient, holder=self._brand.holder)
        for consumer in consumers:
            tokens = await consent(application, tenant, client, consumer, scope=ALL_SCOPES)
            await self._ask_for(client, tokens.access_token)
        await self._ask_wrongly(client, tokens.access_token)
        return len(consumers)

    async def _ask_for(self, client: Any, token: str) -> None:
        known = await known_ids(client, token)
        for endpoint in OPERATIONS:
            asked = FORMS_OF_USAGE if endpoint.resource is USAGE else [{}]
            versions = endpoint.served_versions
            for (path, options), parameters, version in product(requests(endpoint, known), asked, versions):
                response = await client.resource(path, token, version=version, params=parameters, **options)
                self._keep(endpoint, version, path.split("/")[-2], response)

    async def _ask_wrongly(self, client: Any, token: str) -> None:
        """Ask each operation for a version, a page and an owner that do not exist, and with a malformed header."""
        unknown: dict[Owner, list[str]] = {"account": ["made-up"], "service-point": ["made-up"]}
        for endpoint in OPERATIONS:
            [(path, options)] = requests(endpoint, unknown)
            sent = options.pop("headers", {})
            wrong: list[dict[str, Any]] = [{"headers": {"x-v": "foo"}}, {"headers": {"x-v": "99", "x-min-v": "99"}}]
            wrong += [{}] if endpoint.ids_in else []
            wrong += [{"params": {"page": "99"}}] if endpoint.paginated and not endpoint.ids_in else []
            for each in wrong:
                changed = {**options, **each, "headers": {**sent, **each.get("headers", {})}}
                response = await client.resource(path, token, version=endpoint.versions[-1].number, **changed)
                self.refusals.append(Refusal(endpoint, response.status_code, response.content))

    def _keep(self, endpoint: Endpoint, version: int, account: str, response: httpx.Response) -> None:
        if endpoint.operation == "getEnergyAccountBalance" and response.status_code == 404:
            cds_error(response, UNAVAILABLE, f"^{account}$", 404)  # some demonstration accounts have no balance
            return
        assert response.status_code == 200, response.text
        assert response.headers["x-v"] == str(version)
        self.answers.append(Answer(endpoint, version, response.content))


@pytest.fixture(scope="module")
async def asked(application: Application) -> list[_Customers]:
    """The customers of both demonstration brands, for whom everything was asked."""
    brands = [_Customers(application, brand) for brand in BRANDS]
    for customers in brands:
        assert await customers.ask() == 17
    return brands


@pytest.fixture(scope="module")
def answers(asked: list[_Customers]) -> list[Answer]:
    """The responses for every customer of both brands, in every served version."""
    return [answer for customers in asked for answer in customers.answers]


@pytest.fixture(scope="module")
def standards() -> Standards:
    """The official definitions. Without them, the test is skipped."""
    return Standards(official_folder())


def test_every_served_version_of_every_operation_is_asked_for(answers: list[Answer]) -> None:
    asked = Counter((answer.endpoint.operation, answer.version) for answer in answers)
    assert set(asked) == {(each.operation, version) for each in OPERATIONS for version in each.served_versions}
    assert min(asked.values()) >= 32


def test_every_response_has_the_form_of_its_payload_type(answers: list[Answer]) -> None:
    for answer in answers:
        [version] = [each for each in answer.endpoint.versions if each.number == answer.version]
        envelope: Any = PaginatedEnvelope if answer.endpoint.paginated else Envelope
        msgspec.json.decode(answer.body, type=envelope[version.payload], dec_hook=read_id)


def test_every_response_fulfils_the_official_definitions(answers: list[Answer], standards: Standards) -> None:
    """The definitions have the newest version of each operation only."""
    found = [
        f"{answer.endpoint.operation} {violation}"
        for answer in answers
        if answer.version == answer.endpoint.served_versions[-1]
        for violation in standards.violations(
            answer.endpoint.operation, answer.version, msgspec.json.decode(answer.body)
        )
    ]
    print(f"{len(answers)} responses, {len(found)} violations")  # noqa: T201 - shown by pytest -s
    assert found == []


def test_every_error_fulfils_the_official_definitions(asked: list[_Customers], standards: Standards) -> None:
    """C-E5: also the list of errors of operations for service points, which is of another type."""
    refusals = [refusal for customers in asked for refusal in customers.refusals]
    found = [
        f"{refusal.endpoint.operation} {violation}"
        for refusal in refusals
        for violation in standards.violations_of_error(
            refusal.endpoint.operation, refusal.status, msgspec.json.decode(refusal.body)
        )
    ]
    assert found == []
    assert Counter(refusal.status for refusal in refusals).keys() == {400, 404, 406, 422}


DEFINITION: dict[str, Any] = {
    "paths": {"/x": {"get": {"operationId": "x", "x-version": "1", "responses": {"200": {"$ref": "#/answers/X"}}}}},
    "answers": {"X": {"content": {"application/json": {"schema": {"$ref": "#/types/X"}}}}},
    "types": {
        "X": {"allOf": [{"$ref": "#/types/Base"}, {"type": "object", "properties": {"on": {"$ref": "#/types/Day"}}}]},
        "Base": {
            "type": "object",
            "required": ["amounts"],
            "properties": {
                "amounts": {"type": "array", "items": {"type": "string", "x-cds-type": "AmountString"}},
                "kind": {"type": "string", "enum": ["A", "B"]},
                "count": {"type": "integer", "minimum": 1, "maximum": 3, "x-cds-type": "NaturalNumber"},
            },
        },
        "Day": {"type": "string", "x-cds-type": "DateString"},
    },
}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"amounts": ["1.00", "-0.005"], "kind": "B", "count": 3, "on": "2026-02-28"}, []),
        ({}, ["$: without amounts"]),
        ({"amounts": [], "more": 1}, ["$: has more, which is not defined"]),
        ({"amounts": ["1.00", "1.0"]}, ["$.amounts[1]: not of the field type AmountString: '1.0'"]),
        ({"amounts": None}, ["$.amounts: not of the type array: None"]),
        ({"amounts": [], "kind": "C"}, ["$.kind: not one of ['A', 'B']: 'C'"]),
        ({"amounts": [], "count": 4}, ["$.count: out of range: 4"]),
        ({"amounts": [], "count": True}, ["$.count: not of the type integer: True"]),
        ({"amounts": [], "on": "2026-02-30"}, ["$.on: not of the field type DateString: '2026-02-30'"]),
        ({"amounts": [], "on": ""}, ["$.on: empty"]),
        ([], ["$: not of the type object: []"]),
    ],
)
def test_what_is_wrong_with_a_response_is_found(tmp_path: Path, body: Any, found: list[str]) -> None:
    for name in FILES:
        (tmp_path / name).write_text(json.dumps(DEFINITION))
    standards = Standards(tmp_path)
    assert standards.violations("x", 1, body) == found
    assert standards.violations("x", 2, body) == ["version 2 is not 1"]
    assert standards.violations_of_error("x", 200, body) == found
    assert standards.violations_of_error("x", 404, body) == ["the status 404 is not defined"]
