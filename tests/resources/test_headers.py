"""The headers of a call for a customer's data, of its answer and of its errors."""

from typing import Any
from uuid import UUID

import httpx
import pytest

ID = "6BA7B814-9DAD-11D1-80B4-00C04FD430C8"
CUSTOMER = "/common/customer"


@pytest.fixture(scope="module")
async def token(world: Any) -> str:
    return str(await (await world.recipient()).issue())


async def test_the_answer_has_its_version_and_type(secure: httpx.AsyncClient, bearer: Any, token: str) -> None:
    response = await secure.get(CUSTOMER, headers=bearer(token))
    assert response.headers["x-v"] == "1"
    assert response.headers["content-type"].split(";")[0] == "application/json"
    assert response.headers["cache-control"] == "no-store"


async def test_the_interaction_id_is_played_back_or_made(secure: httpx.AsyncClient, bearer: Any, token: str) -> None:
    played = await secure.get(CUSTOMER, headers=bearer(token, x_fapi_interaction_id=ID))
    assert played.headers["x-fapi-interaction-id"] == ID
    made = await secure.get(CUSTOMER, headers=bearer(token))
    UUID(made.headers["x-fapi-interaction-id"])


async def test_an_error_plays_the_interaction_id_back_too(secure: httpx.AsyncClient, bearer: Any) -> None:
    for path in (CUSTOMER, "/energy/nothing", "/energy/accounts/balances"):
        response = await secure.get(path, headers=bearer("nobodys", x_fapi_interaction_id=ID))
        assert response.status_code in {401, 404}
        assert response.headers["x-fapi-interaction-id"] == ID


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"x-v": None}, 400, "Header/Missing"),
        ({"x-v": "foo"}, 400, "Header/InvalidVersion"),
        ({"x-min-v": "0"}, 400, "Header/InvalidVersion"),
        ({"x-v": "7", "x-min-v": "5"}, 406, "Header/UnsupportedVersion"),
        ({"x-fapi-auth-date": None}, 400, "Header/Missing"),
        ({"x-fapi-auth-date": "2026-11-24T08:00:00Z"}, 400, "Header/Invalid"),
        ({"x-fapi-auth-date": "Tue, 31 Feb 2026 08:00:00 GMT"}, 400, "Header/Invalid"),
        ({"x-fapi-interaction-id": "no uuid"}, 400, "Header/Invalid"),
        ({"x-fapi-customer-ip-address": "300.1.1.1"}, 400, "Header/Invalid"),
        ({"x-cds-client-headers": "not base64!"}, 400, "Header/Invalid"),
        ({"accept": "text/html"}, 406, "GeneralError/Expected"),
        ({"accept": "application/json;charset=latin1"}, 406, "GeneralError/Expected"),
        ({"accept": "application/json;q=0"}, 406, "GeneralError/Expected"),
    ],
)
async def test_bad_headers(
    secure: httpx.AsyncClient,
    bearer: Any,
    code: Any,
    token: str,
    changed: dict[str, str | None],
    status: int,
    error: str,
) -> None:
    headers = dict(secure.headers) | bearer(token)
    headers |= {name: value for name, value in changed.items() if value is not None}
    request = secure.build_request("GET", CUSTOMER, headers=headers)
    for name, value in changed.items():
        if value is None:
            del request.headers[name]
    response = await secure.send(request)
    assert response.status_code == status
    assert code(response) == f"cds-all:{error}"


async def test_a_field_may_come_in_several_lines_where_it_is_a_list_and_no_other(
    secure: httpx.AsyncClient, bearer: Any, code: Any, token: str
) -> None:
    """RFC 9110 5.2, 5.3: lines of one name are one value, with commas between."""
    right = [*(dict(secure.headers) | bearer(token)).items()]
    split = [line for line in right if line[0].lower() != "accept"]
    split += [("accept", "text/html"), ("accept", "application/json")]
    assert (
        await secure.send(httpx.Request("GET", secure.base_url.join(CUSTOMER[1:]), headers=split))
    ).status_code == 200
    twice = httpx.Request("GET", secure.base_url.join(CUSTOMER[1:]), headers=[*right, ("x-v", "99")])
    response = await secure.send(twice)
    assert (response.status_code, code(response)) == (400, "cds-all:Header/InvalidVersion")


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "AppliCAtion/JSon;Charset=uTf-8", "text/html, application/*;q=0.5"]
)
async def test_accepted_media_ranges(secure: httpx.AsyncClient, bearer: Any, token: str, accept: str) -> None:
    response = await secure.get(CUSTOMER, headers=bearer(token, accept=accept))
    assert response.status_code == 200


@pytest.mark.parametrize("address", ["203.0.113.9", "2001:0db8:85a3:0000:0000:8a2e:0370:7334"])
async def test_a_call_with_the_customers_address_is_customer_present(
    world: Any, secure: httpx.AsyncClient, bearer: Any, token: str, address: str
) -> None:
    headers = bearer(token, x_fapi_customer_ip_address=address, x_cds_client_headers="VGVzdA==")
    response = await secure.get(CUSTOMER, headers=headers)
    assert response.status_code == 200
    assert world.recorded[-1].tier == "highPriority"


async def test_what_the_standards_have_and_we_do_not_serve(secure: httpx.AsyncClient, code: Any) -> None:
    for method, path in (("GET", "/energy/accounts/balances"), ("POST", "/energy/electricity/servicepoints/usage")):
        response = await secure.request(method, path)
        assert response.status_code == 404
        assert code(response) == "cds-all:Resource/NotImplemented"


async def test_what_nobody_has(secure: httpx.AsyncClient, code: Any) -> None:
    response = await secure.get("/banking/accounts")
    assert response.status_code == 404
    assert code(response) == "cds-all:Resource/NotFound"
    assert (await secure.delete(CUSTOMER)).status_code == 405
