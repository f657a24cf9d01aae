"""A retailer's own server in the sandbox: what it serves, how it authenticates the holder, and its faults."""

import base64
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from haas.clock import epoch
from ops.sandbox.jose import SigningKey, sign
from ops.sandbox.retailer.authorisation import CLIENT_ID, CLIENT_SECRET
from ops.sandbox.retailer.faults import FAULTS
from tenants.cds.resource_ids import read_id
from tenants.upstream.operations import OPERATIONS
from tests.ops.sandbox.addresses import HOLDER, PORT
from tests.ops.sandbox.conftest import RunningSandbox
from tests.ops.sandbox.faulty_holder import FaultyHolder
from tests.support.retailer import demonstration_data

ORIGIN = f"https://mtls.retailer.cdr-sandbox.localhost:{PORT}"
BASE = f"{ORIGIN}/aurora/v1"


class Holder:
    """Sends requests to the server of the brand aurora as the holder does."""

    def __init__(self, http: httpx.AsyncClient, sandbox: RunningSandbox, key: SigningKey, data: Any) -> None:
        self.http, self.sandbox, self.key, self.data = http, sandbox, key, data
        self.token: str | None = None

    def jwt(self, path: str, key: SigningKey | None = None, **changes: Any) -> str:
        now = epoch(self.sandbox.clock.now())
        claims = {"iss": HOLDER, "sub": HOLDER, "aud": BASE + path, "exp": now + 60, "iat": now, "jti": str(uuid4())}
        return sign({**claims, **changes}, key or self.key)

    async def ask(self, path: str, method: str = "GET", *, token: str | None = None, **options: Any) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {token or self.token or self.jwt(path)}",
            "x-fapi-interaction-id": str(uuid4()),
            "x-haas-customer-present": "true",
            **options.pop("headers", {}),
        }
        return await self.http.request(method, BASE + path, headers=headers, **options)


@pytest.fixture(scope="module")
async def certified(sandbox: RunningSandbox) -> AsyncIterator[httpx.AsyncClient]:
    issued = sandbox.pki.issue_client("holder", "Holder")
    async with sandbox.open_http((issued.certificate.encode(), str(issued.key).encode())) as http:
        yield http


@pytest.fixture
async def holder_client(
    sandbox: RunningSandbox, certified: httpx.AsyncClient, holder: FaultyHolder, control: httpx.AsyncClient
) -> AsyncIterator[Holder]:
    data = demonstration_data(sandbox.clock.now().date())
    folder = sandbox.settings.folder / "retailers"
    folder.mkdir(exist_ok=True)
    (folder / "aurora.json").write_bytes(msgspec.json.encode(data))
    yield Holder(certified, sandbox, holder.key, data)
    assert (await control.delete("/retailers/aurora/faults")).status_code == 204


def request_of(name: str, data: Any) -> tuple[str, str, dict[str, Any]]:
    """Return the method, the path and the options of a request for objects that the data has."""
    operation = next(each for each in OPERATIONS if each.name == name)
    user = next(iter(data["users"].values()))
    account = next(iter(data["balances"]))
    path = operation.path.replace("{userId}", user["userId"].replace("@", "%40"))
    path = path.replace("{customerId}", user["customers"][0]["customerId"]).replace("{accountId}", account)
    bodies = {"findUser": {"identifier": user["identifier"].upper()}, "listBalances": {"accountIds": [account, "none"]}}
    ends = {"date": ("2025-01-01", "2026-12-31"), "time": ("2025-01-01T00:00:00Z", "2026-12-31T00:00:00+10:00")}
    period = {
        f"{end}-{unit}": text
        for unit, texts in ends.items()
        for end, text in zip(("oldest", "newest"), texts, strict=True)
        if f"{end}-{unit}" in operation.query
    }
    return operation.method, path, {"params": period, **({"json": {"data": bodies[name]}} if name in bodies else {})}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
async def test_each_operation_answers_as_the_contract_says(holder_client: Holder, operation: Any) -> None:
    method, path, options = request_of(operation.name, holder_client.data)
    response = await holder_client.ask(path, method, **options)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    msgspec.json.decode(response.content, type=operation.answer, dec_hook=read_id)


async def test_the_holder_must_authenticate_for_each_request(
    holder_client: Holder, anonymous: httpx.AsyncClient
) -> None:
    """C-X5: iss, sub, aud without the query, exp of 60 seconds at most, a `jti` that is used once, PS256."""
    path = "/health"
    used = holder_client.jwt(path)
    assert (await holder_client.ask(path, token=used)).status_code == 200
    now = epoch(holder_client.sandbox.clock.now())
    for token in (
        used,
        "made-up",
        holder_client.jwt(path, SigningKey.generate("PS256")),
        holder_client.jwt(path, SigningKey.generate("ES256")),
        holder_client.jwt(path, aud=f"{BASE}/capabilities"),
        holder_client.jwt(path, aud=f"{BASE}/health?x=1"),
        holder_client.jwt(path, iss="https://other.test"),
        holder_client.jwt(path, sub="https://other.test"),
        holder_client.jwt(path, exp=now - 60),
        holder_client.jwt(path, exp=now + 600),
        holder_client.jwt(path, jti=None),
    ):
        assert (await holder_client.ask(path, token=token)).status_code == 401
    with pytest.raises(httpx.ConnectError):
        await anonymous.get(BASE + path)


async def test_a_token_of_the_retailer_is_accepted_until_it_expires(holder_client: Holder) -> None:
    async def token(secret: str, **form: str) -> httpx.Response:
        pair = base64.b64encode(f"{CLIENT_ID}:{secret}".encode()).decode()
        wanted = {"grant_type": "client_credentials", **form}
        return await holder_client.http.post(
            f"{ORIGIN}/aurora/token", data=wanted, headers={"Authorization": f"Basic {pair}"}
        )

    encoded = CLIENT_SECRET.replace(":", "%3A").replace(" ", "+").replace("'", "%27")
    answer = await token(encoded)
    assert answer.status_code == 200, answer.text
    assert answer.json()["token_type"] == "Bearer"
    holder_client.token = answer.json()["access_token"]
    assert (await holder_client.ask("/health")).status_code == 200
    holder_client.sandbox.clock.move(timedelta(minutes=6))
    assert (await holder_client.ask("/health")).status_code == 401
    holder_client.sandbox.clock.reset()
    assert (await token("wrong")).status_code == 401
    assert (await token(encoded, grant_type="password")).status_code == 401


@pytest.mark.parametrize(
    "headers", [{"x-fapi-interaction-id": "1"}, {"x-haas-customer-present": "yes"}], ids=lambda each: next(iter(each))
)
async def test_a_header_that_does_not_follow_the_contract_is_refused(
    holder_client: Holder, headers: dict[str, str]
) -> None:
    assert (await holder_client.ask("/health", headers=headers)).status_code == 400


@pytest.mark.parametrize("body", [b"", b"{", b'{"data": {}}', b'{"data": {"accountIds": []}}', b'{"data": []}'])
async def test_a_body_that_does_not_follow_the_contract_is_refused(holder_client: Holder, body: bytes) -> None:
    assert (await holder_client.ask("/balances", "POST", content=body)).status_code == 400


async def test_an_unknown_object_and_an_unknown_brand_are_not_found(holder_client: Holder) -> None:
    for path in (
        "/users/none",
        "/customers/none",
        "/customers/none/accounts",
        "/accounts/none",
        "/accounts/none/balance",
    ):
        assert (await holder_client.ask(path)).status_code == 404
    assert (await holder_client.http.get(f"{ORIGIN}/banksia/v1/health")).status_code == 404


async def test_the_control_api_shows_faults_and_requests(holder_client: Holder, control: httpx.AsyncClient) -> None:
    """It can fail in each way of C-X6."""
    listed = (await control.get("/retailers")).json()
    assert listed["retailers"] == [{"slug": "aurora", "base_uri": BASE, "token_uri": f"{ORIGIN}/aurora/token"}]
    statuses = {
        "refused": 403, "unknown": 404, "closed": 409, "throttled": 429, "error": 500, "unavailable": 503,
        "unauthorised": 401, "html": 200, "too-large": 200, "wrong-object": 200, "invalid-item": 200, "slow": 200,
    }  # fmt: skip
    for kind, status in statuses.items():
        fault = {"kind": kind, "operation": "getBalance", "times": 1, "seconds": 0}
        assert (await control.post("/retailers/aurora/faults", json=fault)).status_code == 201
        _, path, _ = request_of("getBalance", holder_client.data)
        assert (await holder_client.ask("/health")).status_code == 200
        answer = await holder_client.ask(path)
        assert answer.status_code == status, kind
        if kind == "refused":
            assert answer.json() == {"refused": True, "reason": "safety"}
        assert (await holder_client.ask(path)).status_code == 200
    assert {*statuses, "disconnected"} == {*FAULTS}
    requests = (await control.get("/retailers/aurora/requests")).json()["requests"]
    assert {each["operation"] for each in requests} == {"getHealth", "getBalance"}
    assert not any("authorization" in each["headers"] for each in requests)
    assert (await control.post("/retailers/aurora/faults", json={"kind": "odd"})).status_code == 400
    assert (await control.get("/retailers/none/requests")).status_code == 404


async def test_customers_and_periods_without_eligibility_are_added_to_the_feed(
    holder_client: Holder, control: httpx.AsyncClient
) -> None:
    """The periods are also in `x` of the customers and accounts that they are about."""
    holder, listed = next((key, each) for key, each in holder_client.data["accounts"].items() if each)
    account_id = listed[0]["accountId"]
    ended = {"customer_id": "C-1", "ended_on": "2026-01-31"}
    assert (await control.put("/retailers/aurora/ended-customers", json=ended)).json() == {"number": 1}
    period, feed = {"reason": "other", "valid_from": "2026-01-01"}, "/retailers/aurora/ineligible"
    subjects = ({"customer_id": holder}, {"account_id": account_id}, {"customer_id": holder, "account_id": account_id})
    for number, subject in enumerate(subjects, 2):
        assert (await control.put(feed, json={**period, **subject})).json() == {"number": number}
    assert (await control.put(feed, json=period)).status_code == 400
    first = (await holder_client.ask("/ended-customers", params={"limit": "2"})).json()["data"]
    stated = {"reason": "other", "validFrom": "2026-01-01"}
    assert first == {
        "customers": [{"customerId": "C-1", "endedOn": "2026-01-31"}],
        "ineligible": [{"customerId": holder, **stated}],
        "cursor": "2",
        "more": True,
    }
    found = await holder_client.ask(f"/customers/{holder}", token=holder_client.jwt(f"/customers/{holder}"))
    assert found.json()["data"]["x"] == {"ineligible": [stated]}
    path = f"/customers/{holder}/accounts"
    accounts = (await holder_client.ask(path, token=holder_client.jwt(path))).json()["data"]["accounts"]
    of_account = {each["accountId"]: each["x"] for each in accounts}
    assert (of_account[account_id]["ineligible"], of_account[account_id]["customerIneligible"]) == ([stated], [stated])
    assert not any(x["ineligible"] for each, x in of_account.items() if each != account_id)
    token = holder_client.jwt("/ended-customers")
    rest = await holder_client.ask("/ended-customers", token=token, params={"cursor": "4", "limit": "5"})
    assert rest.json()["data"] == {"customers": [], "ineligible": [], "cursor": "4", "more": False}
    token = holder_client.jwt("/ended-customers")
    wrong = await holder_client.ask("/ended-customers", token=token, params={"cursor": "x"})
    assert wrong.status_code == 400
    assert json.loads(wrong.text)["detail"]
