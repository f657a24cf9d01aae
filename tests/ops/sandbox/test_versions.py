"""Version negotiation of the Register APIs."""

import httpx
import pytest

from tests.ops.sandbox.addresses import REGISTER_API
from tests.ops.sandbox.register.schemas import check


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 400, "Header/Missing"),
        ({"x-v": "0"}, 400, "Header/InvalidVersion"),
        ({"x-v": "one"}, 400, "Header/InvalidVersion"),
        ({"x-v": "4", "x-min-v": "-1"}, 400, "Header/InvalidVersion"),
        ({"x-v": "3"}, 406, "Header/UnsupportedVersion"),
        ({"x-v": "9", "x-min-v": "5"}, 406, "Header/UnsupportedVersion"),
    ],
)
async def test_a_version_that_is_not_supported_is_refused(
    anonymous: httpx.AsyncClient, headers: dict[str, str], status: int, code: str
) -> None:
    answer = await anonymous.get(f"{REGISTER_API}/data-recipients", headers=headers)
    assert answer.status_code == status
    assert (await anonymous.get(f"{REGISTER_API}/data-recipients", headers={"x-v": "4"})).status_code == 200
    check("ResponseErrorListV2", answer.json())
    assert answer.json()["errors"][0]["code"].endswith(code)


@pytest.mark.parametrize("headers", [{"x-v": "4"}, {"x-v": "9", "x-min-v": "2"}, {"x-v": "4", "x-min-v": "7"}])
async def test_the_highest_supported_version_is_answered(anonymous: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await anonymous.get(f"{REGISTER_API}/data-recipients", headers=headers)
    assert (answer.status_code, answer.headers["x-v"]) == (200, "4")
