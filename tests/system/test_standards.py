"""The responses for every demonstration customer against the payload types, and against the official definitions."""

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import select

from ops.demonstration.brands import BRANDS, DemonstrationBrand
from ops.demonstration.customers import load_demonstration
from tenants.accounts.service import accounts_of
from tenants.cds.envelope import Envelope, PaginatedEnvelope
from tenants.cds.resource_ids import read_id
from tenants.oauth.scopes import served_data_scopes
from tenants.operations.endpoints import ENDPOINTS
from tenants.operations.models import Endpoint
from tenants.parties.tables import login, representation
from tests.support.application import Application
from tests.support.clients import load_client, registered_client
from tests.support.consents import consent
from tests.support.customers import Consumer
from tests.support.expectations import cds_error
from tests.support.rows import execute, run
from tests.support.standards import FILES, FOLDER_VARIABLE, Standards

OPERATIONS = [each for each in ENDPOINTS if each.scope is not None and each.served_versions]
SCOPE = " ".join(("openid", *served_data_scopes()))
UNAVAILABLE = "cds-energy:Authorisation/UnavailableEnergyAccount"


class Answer(msgspec.Struct, frozen=True):
    """A successful response to an operation."""

    endpoint: Endpoint
    version: int
    body: bytes


class _Customers:
    """Collects the responses to all operations for the customers of a brand."""

    def __init__(self, application: Application, brand: DemonstrationBrand) -> None:
        self._application, self._brand = application, brand
        self.answers: list[Answer] = []

    async def ask(self) -> int:
        """Ask for everything that each customer can share; return the number of customers."""
        application = self._application
        tenant = await application.new_tenant(f"standards-{self._brand.slug}", theme=self._brand.new_tenant().theme)
        loaded = await load_demonstration(
            application.database, tenant.namespace, self._brand.holder, file=None, now=application.now
        )
        client = await registered_client(application, tenant)
        recipient = await load_client(application.database, tenant, client.client_id)
        for person in loaded.customers:
            query = select(login.c.id, representation.c.customer_id).join(representation)
            [(login_id, customer_id)] = await execute(
                application.database, tenant, query.where(login.c.reference == person.identifier)
            )
            held = await run(
                application.database, tenant, accounts_of, customer_id, recipient.recipient_id, application.now
            )
            shared = [each.id for each in held if each.unavailable is None]
            consumer = Consumer(login_id, customer_id, shared)
            tokens = await consent(application, tenant, client, consumer, scope=SCOPE)
            await self._ask_for(client, tokens.access_token)
        return len(loaded.customers)

    async def _ask_for(self, client: Any, token: str) -> None:
        listed = await client.resource("/energy/accounts", token, version=2, params={"page-size": "1000"})
        accounts = [account["accountId"] for account in listed.json()["data"]["accounts"]]
        for endpoint in OPERATIONS:
            version = endpoint.served_versions[-1]
            body = msgspec.json.encode({"data": {"accountIds": accounts}}) if endpoint.method == "POST" else None
            headers = {"Content-Type": "application/json"} if body else {}
            for account in accounts if endpoint.ids_in == "path" else [""]:
                path = endpoint.path.replace("{accountId}", account)
                response = await client.resource(
                    path, token, version=version, method=endpoint.method, content=body, headers=headers
                )
                self._keep(endpoint, account, response)

    def _keep(self, endpoint: Endpoint, account: str, response: httpx.Response) -> None:
        if endpoint.operation == "getEnergyAccountBalance" and response.status_code == 404:
            cds_error(response, UNAVAILABLE, f"^{account}$", 404)  # some demonstration accounts have no balance
            return
        assert response.status_code == 200, response.text
        self.answers.append(Answer(endpoint, int(response.headers["x-v"]), response.content))


@pytest.fixture(scope="module")
async def answers(application: Application) -> list[Answer]:
    """The responses for every customer of both demonstration brands."""
    collected: list[Answer] = []
    for brand in BRANDS:
        customers = _Customers(application, brand)
        assert await customers.ask() == 16
        collected += customers.answers
    return collected


def test_every_served_operation_is_asked_for(answers: list[Answer]) -> None:
    asked = Counter(answer.endpoint.operation for answer in answers)
    assert set(asked) == {endpoint.operation for endpoint in OPERATIONS}
    assert min(asked.values()) >= 32


def test_every_response_has_the_form_of_its_payload_type(answers: list[Answer]) -> None:
    for answer in answers:
        [version] = [each for each in answer.endpoint.versions if each.number == answer.version]
        envelope: Any = PaginatedEnvelope if answer.endpoint.paginated else Envelope
        msgspec.json.decode(answer.body, type=envelope[version.payload], dec_hook=read_id)


def test_every_response_fulfils_the_official_definitions(
    answers: list[Answer],
) -> None:
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder:
        pytest.skip(
            f"{FOLDER_VARIABLE} names no folder with the API definitions that the Data Standards Body publishes"
        )
    standards = Standards(Path(folder))
    found = [
        f"{answer.endpoint.operation} {violation}"
        for answer in answers
        for violation in standards.violations(
            answer.endpoint.operation, answer.version, msgspec.json.decode(answer.body)
        )
    ]
    print(f"{len(answers)} responses, {len(found)} violations")  # noqa: T201 - shown by pytest -s
    assert found == []


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
