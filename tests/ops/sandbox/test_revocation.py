"""The recipient's arrangement revocation endpoint, called as a data holder calls it."""

import asyncio
import uuid
from typing import Any

import httpx
import pytest

from ops.sandbox.messages import ABSENT, RIGHT, Deviation
from tests.ops.sandbox.conftest import RunningSandbox
from tests.ops.sandbox.holder import BRAND_ID, StandInHolder

HOME = "https://recipient.cdr-sandbox.localhost:8443"


def endpoint(product: dict[str, Any]) -> str:
    return f"{product['recipient_base_uri']}/arrangements/revoke"


def message(
    holder: StandInHolder,
    address: str,
    arrangement: str = "arrangement-1",
    bearer: Deviation = RIGHT,
    arrangement_jwt: Deviation = RIGHT,
) -> dict[str, Any]:
    identity = {"iss": BRAND_ID, "sub": BRAND_ID, "aud": address, "jti": str(uuid.uuid4())}
    return {
        "headers": {"Authorization": f"Bearer {holder.sign(identity, bearer)}"},
        "data": {"cdr_arrangement_jwt": holder.sign({**identity, "cdr_arrangement_id": arrangement}, arrangement_jwt)},
    }


async def test_a_notice_is_recorded_and_can_be_waited_for(
    control: httpx.AsyncClient, outside: httpx.AsyncClient, holder: StandInHolder, product: dict[str, Any]
) -> None:
    query = {"software_product_id": product["software_product_id"], "wait": "20"}
    waiting = asyncio.create_task(control.get("/notices", params=query, timeout=30))
    answer = await outside.post(endpoint(product), **message(holder, endpoint(product)))
    assert answer.status_code == 204, answer.text
    assert answer.content == b""
    notices = (await waiting).json()["notices"]
    assert [(n["cdr_arrangement_id"], n["data_holder_brand_id"]) for n in notices] == [("arrangement-1", BRAND_ID)]
    later = await control.get("/notices", params={**query, "wait": "0", "after": notices[-1]["id"]})
    assert later.json() == {"notices": [], "after": notices[-1]["id"]}


@pytest.mark.parametrize(
    "bearer",
    [
        Deviation(claims={"iss": "unknown-brand"}),
        Deviation(claims={"sub": "another"}),
        Deviation(claims={"aud": HOME}),
        Deviation(claims={"exp": 1}),
        Deviation(claims={"exp": ABSENT}),
        Deviation(claims={"jti": ABSENT}),
        Deviation(header={"alg": "none"}),
        Deviation(header={"alg": "RS256"}),
        Deviation(token="nonsense"),
    ],
)
async def test_a_sender_who_is_not_proven_is_refused(
    outside: httpx.AsyncClient, holder: StandInHolder, product: dict[str, Any], bearer: Deviation
) -> None:
    answer = await outside.post(endpoint(product), **message(holder, endpoint(product), bearer=bearer))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("arrangement_jwt", "status"),
    [
        (Deviation(claims={"iss": "another"}), 401),
        (Deviation(claims={"aud": HOME}), 401),
        (Deviation(claims={"exp": 1}), 401),
        (Deviation(header={"alg": "none"}), 401),
        (Deviation(claims={"cdr_arrangement_id": ABSENT}), 422),
        (Deviation(claims={"cdr_arrangement_id": 7}), 422),
        (Deviation(claims=dict.fromkeys(("iss", "sub", "aud", "exp", "iat", "jti"), ABSENT)), 204),
    ],
)
async def test_what_the_arrangement_jwt_claims_must_hold(
    outside: httpx.AsyncClient,
    holder: StandInHolder,
    product: dict[str, Any],
    *,
    arrangement_jwt: Deviation,
    status: int,
) -> None:
    sent = message(holder, endpoint(product), arrangement_jwt=arrangement_jwt)
    assert (await outside.post(endpoint(product), **sent)).status_code == status


async def test_a_message_is_taken_once(
    outside: httpx.AsyncClient, holder: StandInHolder, product: dict[str, Any]
) -> None:
    sent = message(holder, endpoint(product))
    assert (await outside.post(endpoint(product), **sent)).status_code == 204
    assert (await outside.post(endpoint(product), **sent)).status_code == 401


async def test_the_form_may_repeat_the_arrangement_but_not_contradict(
    outside: httpx.AsyncClient, holder: StandInHolder, product: dict[str, Any]
) -> None:
    for repeated, status in (("arrangement-1", 204), ("arrangement-2", 422)):
        sent = message(holder, endpoint(product))
        sent["data"]["cdr_arrangement_id"] = repeated
        assert (await outside.post(endpoint(product), **sent)).status_code == status


async def test_the_endpoint_fails_as_often_as_it_is_told_to(
    control: httpx.AsyncClient, outside: httpx.AsyncClient, holder: StandInHolder, product: dict[str, Any]
) -> None:
    url = f"/software-products/{product['software_product_id']}/revocation-endpoint"
    assert (await control.put(url, json={"failures": 2, "status": 500})).json()["failures"] == 2
    statuses = []
    for _ in range(3):
        sent = message(holder, endpoint(product))
        statuses.append((await outside.post(endpoint(product), **sent)).status_code)
    assert statuses == [500, 500, 204]


async def test_the_recipients_own_product_knows_its_arrangements(
    outside: httpx.AsyncClient, holder: StandInHolder
) -> None:
    address = f"{HOME}/arrangements/revoke"
    answer = await outside.post(address, **message(holder, address, "unknown"))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"].endswith("Authorisation/InvalidArrangement")


async def test_a_holder_ends_an_arrangement_of_the_recipients_own(
    sandbox: RunningSandbox, outside: httpx.AsyncClient, holder: StandInHolder
) -> None:
    await outside.get(f"{HOME}/")
    address = await sandbox.services.sharing.start(BRAND_ID, ["energy:accounts.basic:read"], 86_400, "browser")
    state = str(holder.pushed[next(reversed([k for k in holder.pushed if k.startswith("urn:")]))]["state"])
    arrangement = await sandbox.services.sharing.finish(state, holder.respond(address), "browser")
    revoke = f"{HOME}/arrangements/revoke"
    sent = message(holder, revoke, arrangement.cdr_arrangement_id)
    assert (await outside.post(revoke, **sent)).status_code == 204
    page = await outside.get(f"{HOME}/sharing/{arrangement.cdr_arrangement_id}")
    assert "Aurora Energy told us that you stopped sharing" in page.text


async def test_a_product_that_is_not_hosted_has_no_endpoint(outside: httpx.AsyncClient, holder: StandInHolder) -> None:
    address = f"{HOME}/products/unknown/arrangements/revoke"
    assert (await outside.post(address, **message(holder, address))).status_code == 401
    assert (await outside.get(f"{HOME}/products/unknown/jwks")).status_code == 404
    assert (await outside.get(f"{HOME}/products/unknown/sector_identifier.json")).status_code == 404
    assert (await outside.post(address, content=b"{}")).status_code == 400
