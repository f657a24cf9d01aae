"""ChangePassword (A-1, A-2), and the forms of a token request."""

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise

import httpx
import pytest

from tests.ops.sandbox.ehub.conftest import RunningEHub
from tests.ops.sandbox.ehub.retailer import CHANGE_PASSWORD, TOKEN, Retailer, basic

NMI = "VKTS786150"
OLD, NEW = "Before-Change-1", "After-Change-2"


@pytest.fixture
async def changing(ehub: RunningEHub, control: httpx.AsyncClient) -> AsyncIterator[Retailer]:
    """A participant whose password the test may change."""
    await control.put("/participants/CHANGING", json={"username": "CHANGING_API", "password": OLD, "wrong_tries": 0})
    await control.put(f"/service-points/{NMI}", json={"participant_id": "CHANGING"})
    async with ehub.http("CHANGING") as http:
        yield Retailer(http, "CHANGING", "CHANGING_API", OLD)


def use(retailer: Retailer, password: str) -> None:
    retailer.headers["Authorization"] = basic(retailer.username, password)


async def test_after_a_change_only_the_new_password_is_accepted(changing: Retailer) -> None:
    changed = await changing.change_password(OLD, NEW)
    assert changed.status_code == 200, changed.text
    assert changed.json() == {"Success": True, "Message": "the password was changed"}
    assert changed.headers["cache-control"] == "no-store"
    assert (await changing.detail(NMI)).status_code == 401
    use(changing, NEW)
    assert (await changing.detail(NMI)).status_code == 200


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("Another-Old-1", NEW, "the old password is wrong"),
        (OLD, "weakpassphrase", "three of"),
        (OLD, OLD, "used before"),
    ],
)
async def test_a_refused_change_is_answered_with_200_and_no_success(
    changing: Retailer, old: str, new: str, reason: str
) -> None:
    response = await changing.change_password(old, new)
    assert (response.status_code, response.json()["Success"]) == (200, False)
    assert reason in response.json()["Message"]
    assert (await changing.detail(NMI)).status_code == 200


async def test_the_last_twelve_passwords_cannot_be_used_again(changing: Retailer) -> None:
    passwords = [OLD, *(f"Other-Phrase-{number}" for number in range(12))]
    for before, after in pairwise(passwords):
        assert (await changing.change_password(before, after)).json()["Success"] is True
        use(changing, after)
    refused = await changing.change_password(passwords[-1], passwords[1])
    assert "used before" in refused.json()["Message"]
    assert (await changing.change_password(passwords[-1], passwords[0])).json()["Success"] is True


async def test_an_expired_password_can_be_changed(ehub: RunningEHub, changing: Retailer) -> None:
    ehub.clock.move(timedelta(days=90))
    assert (await changing.detail(NMI)).status_code == 401
    assert (await changing.change_password(OLD, NEW)).json()["Success"] is True
    use(changing, NEW)
    assert (await changing.detail(NMI)).status_code == 200


async def test_a_locked_user_cannot_change_the_password(control: httpx.AsyncClient, changing: Retailer) -> None:
    await control.put("/participants/CHANGING", json={"wrong_tries": 6})
    refused = await changing.change_password(OLD, NEW)
    assert refused.status_code == 401
    assert refused.json()["errors"][0]["code"] == "401"
    assert refused.json().keys() == {"transactionID", "data", "errors"}


async def test_a_wrong_password_is_counted_here_too(control: httpx.AsyncClient, changing: Retailer) -> None:
    use(changing, "wrong")
    for _ in range(6):
        assert (await changing.change_password(OLD, NEW)).status_code == 401
    use(changing, OLD)
    assert (await changing.detail(NMI)).status_code == 401


async def test_the_header_of_the_market_is_needed_here(changing: Retailer) -> None:
    """A-2: only here. The operations of the CDR API do not have it (C-A9)."""
    refused = await changing.http.post(CHANGE_PASSWORD, json={}, headers=changing.headers)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["detail"] == "X-market"


@pytest.mark.parametrize("body", [b"{", b"{}", b'{"OldPassword": "=", "NewPassword": "="}', b"\xff"])
async def test_a_body_that_cannot_be_read_changes_nothing(changing: Retailer, body: bytes) -> None:
    headers = {**changing.headers, "X-market": "NEM", "Content-Type": "application/json"}
    assert (await changing.http.post(CHANGE_PASSWORD, content=body, headers=headers)).status_code == 400
    assert (await changing.detail(NMI)).status_code == 200


async def test_a_password_that_is_no_text_is_refused(changing: Retailer) -> None:
    body = {"OldPassword": base64.b64encode(OLD.encode()).decode(), "NewPassword": base64.b64encode(b"\xff").decode()}
    response = await changing.http.post(CHANGE_PASSWORD, json=body, headers={**changing.headers, "X-market": "NEM"})
    assert response.status_code == 400


async def test_a_client_with_tokens_has_no_password_to_change(ehub: RunningEHub) -> None:
    async with ehub.http("AURORA") as http:
        retailer = Retailer(http, "AURORA", "aurora-client", "Sandbox-Aurora-1")
        assert (await retailer.change_password("Sandbox-Aurora-1", NEW)).status_code == 401


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"grant_type=a&grant_type=b", "application/x-www-form-urlencoded"), (b"{}", "application/json")],
)
async def test_a_token_request_that_cannot_be_read_is_refused(ehub: RunningEHub, content: bytes, kind: str) -> None:
    async with ehub.http("AURORA") as http:
        response = await http.post(TOKEN, content=content, headers={"Content-Type": kind})
        assert response.status_code == 400
        assert response.json()["code"] == 400
