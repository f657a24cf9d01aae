"""Who may call: certificate, participant, user, password, token, subscription key, permission and throttle."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from ops.sandbox.ehub.models import MAXIMUM_TRIES
from tests.ops.sandbox.ehub.conftest import RunningEHub
from tests.ops.sandbox.ehub.retailer import BASE, TOKEN, Retailer, basic, code_of, errors_of

NMI = "4102000010"
AURORA, BANKSIA2 = "6102000010", "7102000010"
KEY = "3c1f4f5c2f0a4c5e9d60b3a7f1e2d4c8"
EXPECTED = "GeneralError/Expected"


async def put(control: httpx.AsyncClient, participant_id: str = "BANKSIA", **changes: Any) -> None:
    response = await control.put(f"/participants/{participant_id}", json=changes)
    assert response.status_code == 200, response.text


async def test_a_call_needs_the_certificate_of_the_market(ehub: RunningEHub, retailer: Retailer) -> None:
    """A-6: the e-Hub answers 503 when it cannot verify the certificate."""
    async with ehub.http(None) as http:
        refused = await http.get(f"{BASE}/{NMI}", headers={**retailer.headers, "x-v": "2"})
        assert code_of(refused, 503) == EXPECTED
        unreadable = {**retailer.headers, "x-v": "2", "Client-Cert": ":AAAA:"}
        assert code_of(await http.get(f"{BASE}/{NMI}", headers=unreadable), 503) == EXPECTED


async def test_the_certificate_of_another_participant_is_refused(ehub: RunningEHub, retailer: Retailer) -> None:
    async with ehub.http("AURORA") as http:
        refused = await http.get(f"{BASE}/{NMI}", headers={**retailer.headers, "x-v": "2"})
    assert code_of(refused, 403) == EXPECTED


@pytest.mark.parametrize(
    "name", ["X-initiatingParticipantId", "x-initiatingparticipantid", "X-INITIATINGPARTICIPANTID"]
)
async def test_the_header_of_the_participant_may_be_written_in_any_case(retailer: Retailer, name: str) -> None:
    """C-A9."""
    del retailer.headers["X-initiatingParticipantId"]
    missing = await retailer.detail(NMI)
    assert code_of(missing, 400) == "Header/Missing"
    assert missing.json()["errors"][0]["detail"] == "X-initiatingParticipantId"
    assert code_of(await retailer.get(f"/{NMI}", 2, headers={name: "UNKNOWN"}), 403) == EXPECTED
    assert (await retailer.get(f"/{NMI}", 2, headers={name: "BANKSIA"})).status_code == 200


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic",
        "Basic ====",
        "Basic YQ==",
        "Bearer token",
        basic("BANKSIA_API", "another"),
        basic("AURORA", "Sandbox-Banksia-1"),
    ],
)
async def test_wrong_credentials_are_refused(
    control: httpx.AsyncClient, retailer: Retailer, authorization: str
) -> None:
    refused = await retailer.get(f"/{NMI}", 2, headers={"Authorization": authorization})
    assert code_of(refused, 401) == EXPECTED
    assert "Retry-After" not in refused.headers
    await put(control, wrong_tries=0)


async def test_a_user_without_permission_is_refused(control: httpx.AsyncClient, retailer: Retailer) -> None:
    await put(control, has_permission=False)
    assert code_of(await retailer.detail(NMI), 403) == EXPECTED
    await put(control, has_permission=True)
    assert (await retailer.detail(NMI)).status_code == 200


async def test_a_user_is_locked_after_six_wrong_passwords(control: httpx.AsyncClient, retailer: Retailer) -> None:
    """A-1: the right password before the sixth wrong one begins the count again, and does not help after it."""
    wrong = {"Authorization": basic("BANKSIA_API", "wrong")}
    for _ in range(MAXIMUM_TRIES - 1):
        assert code_of(await retailer.get(f"/{NMI}", 2, headers=wrong), 401) == EXPECTED
    assert (await retailer.detail(NMI)).status_code == 200
    for _ in range(MAXIMUM_TRIES):
        assert (await retailer.get(f"/{NMI}", 2, headers=wrong)).status_code == 401
    assert (await retailer.detail(NMI)).status_code == 401
    await put(control, wrong_tries=0)
    assert (await retailer.detail(NMI)).status_code == 200


async def test_another_user_name_locks_nobody(retailer: Retailer) -> None:
    for _ in range(MAXIMUM_TRIES + 1):
        await retailer.get(f"/{NMI}", 2, headers={"Authorization": basic("SOMEBODY", "wrong")})
    assert (await retailer.detail(NMI)).status_code == 200


async def test_a_password_expires_after_90_days(ehub: RunningEHub, retailer: Retailer) -> None:
    """A-1."""
    ehub.clock.move(timedelta(days=89))
    assert (await retailer.detail(NMI)).status_code == 200
    ehub.clock.move(timedelta(days=1))
    assert code_of(await retailer.detail(NMI), 401) == EXPECTED


async def test_the_mode_with_a_subscription_key_needs_the_key(ehub: RunningEHub) -> None:
    """A-4."""
    async with ehub.http("BANKSIA2") as http:
        retailer = Retailer(http, "BANKSIA2", "BANKSIA2_API", "Sandbox-Banksia-2")
        for refused in ({}, {"Ocp-Apim-Subscription-Key": "another"}):
            assert code_of(await retailer.get(f"/{BANKSIA2}", 2, headers=refused), 401) == EXPECTED
        accepted = await retailer.get(f"/{BANKSIA2}", 2, headers={"Ocp-Apim-Subscription-Key": KEY})
        assert accepted.status_code == 200


async def test_the_mode_with_tokens_needs_a_token_that_has_not_expired(ehub: RunningEHub) -> None:
    """A-4: a token is valid for 3,599 seconds."""
    async with ehub.http("AURORA") as http:
        client = basic("aurora-client", "Sandbox-Aurora-1")
        issued = await http.post(TOKEN, params={"grant_type": "client_credentials"}, headers={"Authorization": client})
        assert issued.status_code == 200, issued.text
        assert issued.json()["expires_in"] == 3599
        assert issued.headers["cache-control"] == "no-store"
        retailer = Retailer(http, "AURORA", "", "")
        retailer.headers["Authorization"] = f"Bearer {issued.json()['access_token']}"
        assert (await retailer.detail(AURORA)).status_code == 200
        assert code_of(await retailer.get(f"/{AURORA}", 2, headers={"Authorization": client}), 401) == EXPECTED
        assert code_of(await retailer.get(f"/{AURORA}", 2, headers={"Authorization": "Bearer other"}), 401) == EXPECTED
        ehub.clock.move(timedelta(seconds=3600))
        assert code_of(await retailer.detail(AURORA), 401) == EXPECTED


async def test_a_token_of_another_participant_is_refused(ehub: RunningEHub, control: httpx.AsyncClient) -> None:
    await put(control, "OTHER", mode="bearer", username="other-client", password="Other-Secret-1")
    form = {"grant_type": "client_credentials", "client_id": "other-client", "client_secret": "Other-Secret-1"}
    async with ehub.http("OTHER") as http:
        token = (await http.post(TOKEN, data=form)).json()["access_token"]
    async with ehub.http("AURORA") as http:
        retailer = Retailer(http, "AURORA", "", "")
        retailer.headers["Authorization"] = f"Bearer {token}"
        assert code_of(await retailer.detail(AURORA), 401) == EXPECTED


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"grant_type": "password", "client_id": "aurora-client", "client_secret": "Sandbox-Aurora-1"}, 400),
        ({"grant_type": "client_credentials", "client_id": "aurora-client", "client_secret": "wrong"}, 401),
        ({"grant_type": "client_credentials", "client_id": "BANKSIA_API", "client_secret": "Sandbox-Banksia-1"}, 401),
        ({"grant_type": "client_credentials"}, 401),
    ],
)
async def test_a_token_is_issued_to_clients_with_their_secret_only(
    ehub: RunningEHub, form: dict[str, str], status: int
) -> None:
    async with ehub.http("AURORA") as http:
        refused = await http.post(TOKEN, data=form)
        assert refused.status_code == status
        assert refused.json().keys() == {"code", "title", "detail", "source"}
    async with ehub.http(None) as http:
        assert (await http.post(TOKEN, data=form)).status_code == 503


async def test_a_participant_with_too_many_calls_is_throttled(ehub: RunningEHub, retailer: Retailer) -> None:
    """C-A14: 429 without Retry-After. Another participant is not affected."""
    ehub.hub.change_settings(calls_per_second=0, burst=2)
    assert [(await retailer.detail(NMI)).status_code for _ in range(3)] == [200, 200, 429]
    throttled = await retailer.detail(NMI)
    (error,) = errors_of(throttled, 429)
    assert (error["code"], error["title"]) == (f"urn:au-cds:error:cds-all:{EXPECTED}", "Too many requests")
    assert "retry-after" not in throttled.headers
    async with ehub.http("BANKSIA2") as http:
        other = Retailer(http, "BANKSIA2", "BANKSIA2_API", "Sandbox-Banksia-2")
        accepted = await other.get(f"/{BANKSIA2}", 2, headers={"Ocp-Apim-Subscription-Key": KEY})
    assert accepted.status_code == 200


@pytest.mark.parametrize("name", ["x-fapi-interaction-id", "x-cds-arrangement"])
async def test_a_call_needs_the_headers_of_the_standards(retailer: Retailer, name: str) -> None:
    """C-A2."""
    (error,) = errors_of(await retailer.get(f"/{NMI}", 2, headers={name: ""}), 400)
    assert (error["code"], error["detail"]) == ("urn:au-cds:error:cds-all:Header/Missing", name)


async def test_an_interaction_id_that_is_no_uuid_is_refused(retailer: Retailer) -> None:
    refused = await retailer.get(f"/{NMI}", 2, headers={"x-fapi-interaction-id": "4102"})
    assert code_of(refused, 400) == "Header/Invalid"


@pytest.mark.parametrize("name", ["x-fapi-auth-date", "x-fapi-customer-ip-address", "x-cds-client-headers"])
async def test_headers_that_must_never_arrive_are_recorded_and_can_be_refused(
    ehub: RunningEHub, retailer: Retailer, name: str
) -> None:
    """C-A2."""
    assert (await retailer.get(f"/{NMI}", 2, headers={name: "x"})).status_code == 200
    assert ehub.hub.calls.since(0)[-1].forbidden_headers == [name]
    ehub.hub.change_settings(forbidden_headers="refuse")
    (error,) = errors_of(await retailer.get(f"/{NMI}", 2, headers={name: "x"}), 400)
    assert (error["code"], error["detail"]) == ("urn:au-cds:error:cds-all:Header/Invalid", name)
    assert (await retailer.detail(NMI)).status_code == 200
