"""The headers of a call for a customer's data, of its answer and of its errors."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from ops.sandbox.messages import ABSENT
from tests.apps.resources.conftest import Brand, Sharing
from tests.support.expectations import cds_error

ID = "6BA7B814-9DAD-11D1-80B4-00C04FD430C8"
CUSTOMER = "/common/customer"


async def test_the_response_has_its_version_and_content_type(sharing: Sharing) -> None:
    """C-I10."""
    response = await sharing.get(CUSTOMER)
    assert response.status_code == 200
    assert response.headers["x-v"] == "1"
    assert response.headers["content-type"].split(";")[0] == "application/json"
    assert response.headers["cache-control"] == "no-store"


async def test_the_interaction_id_is_played_back_or_generated(sharing: Sharing) -> None:
    played = await sharing.get(CUSTOMER, headers={"x-fapi-interaction-id": ID})
    assert (played.status_code, played.headers["x-fapi-interaction-id"]) == (200, ID)
    made = await sharing.get(CUSTOMER, headers={"x-fapi-interaction-id": ABSENT})
    assert made.status_code == 200
    UUID(made.headers["x-fapi-interaction-id"])


@pytest.mark.parametrize(
    ("path", "code", "status"),
    [
        (CUSTOMER, "GeneralError/Expected", 401),
        ("/energy/nothing", "Resource/NotFound", 404),
    ],
)
async def test_an_error_plays_back_the_interaction_id(sharing: Sharing, path: str, code: str, status: int) -> None:
    response = await sharing.get(path, "unknown", headers={"x-fapi-interaction-id": ID})
    cds_error(response, code, status=status)
    assert response.headers["x-fapi-interaction-id"] == ID


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"x-v": ABSENT}, 400, "Header/Missing"),
        ({"x-v": "foo"}, 400, "Header/InvalidVersion"),
        ({"x-min-v": "0"}, 400, "Header/InvalidVersion"),
        ({"x-v": "7", "x-min-v": "5"}, 406, "Header/UnsupportedVersion"),
        ({"x-fapi-auth-date": ABSENT}, 400, "Header/Missing"),
        ({"x-fapi-auth-date": "2026-11-24T08:00:00Z"}, 400, "Header/Invalid"),
        ({"x-fapi-auth-date": "Tue, 31 Feb 2026 08:00:00 GMT"}, 400, "Header/Invalid"),
        ({"x-fapi-interaction-id": "no uuid"}, 400, "Header/Invalid"),
        ({"x-v": "9" * 50, "x-min-v": "8" * 49}, 406, "Header/UnsupportedVersion"),
        ({"x-fapi-customer-ip-address": "300.1.1.1"}, 400, "Header/Invalid"),
        ({"x-fapi-customer-ip-address": "fe80::1%eth0"}, 400, "Header/Invalid"),
        ({"x-fapi-customer-ip-address": "2001:db8::1%1"}, 400, "Header/Invalid"),
        ({"x-cds-client-headers": "not base64!"}, 400, "Header/Invalid"),
        ({"Accept": "text/html"}, 406, "GeneralError/Expected"),
        ({"Accept": "application/json;charset=latin1"}, 406, "GeneralError/Expected"),
        ({"Accept": "application/json;q=0"}, 406, "GeneralError/Expected"),
        ({"Accept": "application/json;q=0, */*"}, 406, "GeneralError/Expected"),
    ],
    ids=str,
)
async def test_a_header_that_is_missing_or_malformed_is_refused(
    sharing: Sharing, changed: dict[str, Any], status: int, error: str
) -> None:
    """C-I10, C-V8: also a malformed x-min-v beside a good x-v."""
    cds_error(await sharing.get(CUSTOMER, headers=changed), error, status=status)
    assert (await sharing.get(CUSTOMER)).status_code == 200


async def test_a_header_may_be_repeated_only_if_its_value_is_a_list(brand: Brand, sharing: Sharing) -> None:
    """RFC 9110 5.2, 5.3: header lines with the same name are one value, joined with commas."""
    right = (await sharing.get(CUSTOMER)).request
    lines = [line for line in right.headers.multi_items() if line[0] != "accept"]
    listed = httpx.Request("GET", right.url, headers=[*lines, ("accept", "text/html"), ("accept", "application/json")])
    assert (await sharing.client.http.send(listed)).status_code == 200
    twice = httpx.Request("GET", right.url, headers=[*right.headers.multi_items(), ("x-v", "99")])
    cds_error(await sharing.client.http.send(twice), "Header/InvalidVersion", status=400)


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "AppliCAtion/JSon;Charset=uTf-8", "text/html, application/*;q=0.5"]
)
async def test_a_media_range_that_contains_json_is_accepted(sharing: Sharing, accept: str) -> None:
    """C-I10: media types are compared without regard to case."""
    assert (await sharing.get(CUSTOMER, headers={"Accept": accept})).status_code == 200


@pytest.mark.parametrize("address", ["203.0.113.9", "2001:0db8:85a3:0000:0000:8a2e:0370:7334"])
async def test_a_call_with_the_customers_address_is_counted_as_customer_present(
    brand: Brand, sharing: Sharing, address: str
) -> None:
    present = {"x-fapi-customer-ip-address": address, "x-cds-client-headers": "VGVzdA=="}
    before = await _customer_present(brand)
    assert (await sharing.get(CUSTOMER, headers=present)).status_code == 200
    assert (await sharing.get(CUSTOMER)).status_code == 200
    assert await _customer_present(brand) == before + 1


async def test_an_unknown_path_gets_404_and_an_unsupported_method_gets_405(sharing: Sharing) -> None:
    cds_error(await sharing.get("/energy/nothing"), "Resource/NotFound", status=404)
    cds_error(await sharing.get(CUSTOMER, method="DELETE"), "GeneralError/Expected", "method is not served", 405)
    assert (await sharing.get(CUSTOMER)).status_code == 200


async def _customer_present(brand: Brand) -> int:
    return sum(row.calls for row in await brand.calls() if row.tier == "highPriority")
