"""The recipient's arrangement revocation endpoint."""

from typing import Any

import httpx
import pytest

from ops.sandbox.messages import ABSENT, Deviation
from tests.ops.sandbox.addresses import RECIPIENT
from tests.ops.sandbox.faulty_holder import FaultyHolder
from tests.ops.sandbox.recipient.browsing import share


def endpoint(product: dict[str, Any]) -> str:
    return f"{product['recipient_base_uri']}/arrangements/revoke"


@pytest.mark.parametrize(
    "bearer",
    [
        Deviation(claims={"iss": "unknown-brand"}),
        Deviation(claims={"sub": "another"}),
        Deviation(claims={"aud": RECIPIENT}),
        Deviation(claims={"exp": 1}),
        Deviation(claims={"exp": ABSENT}),
        Deviation(claims={"jti": ABSENT}),
        Deviation(header={"alg": "none"}),
        Deviation(header={"alg": "RS256"}),
        Deviation(token="nonsense"),
    ],
)
async def test_a_notice_with_a_wrong_bearer_token_is_refused(
    anonymous: httpx.AsyncClient, holder: FaultyHolder, product: dict[str, Any], bearer: Deviation
) -> None:
    answer = await anonymous.post(endpoint(product), **holder.notice(endpoint(product), bearer=bearer))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    correct = await anonymous.post(endpoint(product), **holder.notice(endpoint(product)))
    assert correct.status_code == 204


@pytest.mark.parametrize(
    ("arrangement_jwt", "status"),
    [
        (Deviation(claims={"iss": "another"}), 401),
        (Deviation(claims={"aud": RECIPIENT}), 401),
        (Deviation(claims={"exp": 1}), 401),
        (Deviation(header={"alg": "none"}), 401),
        (Deviation(claims={"cdr_arrangement_id": ABSENT}), 422),
        (Deviation(claims={"cdr_arrangement_id": 7}), 422),
        (Deviation(claims=dict.fromkeys(("iss", "sub", "aud", "exp", "iat", "jti"), ABSENT)), 204),
    ],
)
async def test_the_claims_of_the_arrangement_jwt_are_checked(
    anonymous: httpx.AsyncClient,
    holder: FaultyHolder,
    product: dict[str, Any],
    *,
    arrangement_jwt: Deviation,
    status: int,
) -> None:
    sent = holder.notice(endpoint(product), jwt=arrangement_jwt)
    assert (await anonymous.post(endpoint(product), **sent)).status_code == status
    correct = await anonymous.post(endpoint(product), **holder.notice(endpoint(product)))
    assert correct.status_code == 204


async def test_a_repeated_notice_is_refused(
    anonymous: httpx.AsyncClient, holder: FaultyHolder, product: dict[str, Any]
) -> None:
    sent = holder.notice(endpoint(product))
    assert (await anonymous.post(endpoint(product), **sent)).status_code == 204
    assert (await anonymous.post(endpoint(product), **sent)).status_code == 401


async def test_the_arrangement_id_of_the_form_must_equal_that_of_the_jwt(
    anonymous: httpx.AsyncClient, holder: FaultyHolder, product: dict[str, Any]
) -> None:
    for repeated, status in (("arrangement-1", 204), ("arrangement-2", 422)):
        sent = holder.notice(endpoint(product))
        sent["data"]["cdr_arrangement_id"] = repeated
        assert (await anonymous.post(endpoint(product), **sent)).status_code == status


async def test_the_recipients_own_product_accepts_notices_of_its_arrangements_only(
    anonymous: httpx.AsyncClient, browser: httpx.AsyncClient, holder: FaultyHolder
) -> None:
    path, address = await share(browser, holder), f"{RECIPIENT}/arrangements/revoke"
    refused = await anonymous.post(address, **holder.notice(address, "unknown"))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"].endswith("Authorisation/InvalidArrangement")
    accepted = await anonymous.post(address, **holder.notice(address, path.rpartition("/")[2]))
    assert accepted.status_code == 204
    assert "Aurora Energy told us that you stopped sharing" in (await browser.get(f"{RECIPIENT}{path}")).text
