"""The checks of generated requests find what is wrong with a response."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tenants.operations.endpoints import ENDPOINTS
from tests.system.generated_requests.expectations import is_declared

NMI = "4102000001"
[OPERATION] = [each for each in ENDPOINTS if each.operation == "getEnergyAccountBalance"]
PREFIX = "urn:au-cds:error:cds-all:"
INVALID = {"code": f"{PREFIX}Field/Invalid", "title": "Invalid Field", "detail": "page"}


def response(status: int = 400, *errors: dict[str, str], **headers: str) -> httpx.Response:
    """Return a response with errors, or with Field/Invalid."""
    sent = {"x-fapi-interaction-id": str(uuid4()), **{name.replace("_", "-"): value for name, value in headers.items()}}
    return httpx.Response(status, headers=sent, json={"errors": list(errors) or [INVALID]})


@pytest.mark.parametrize("right", [response(), response(200, x_v="1")])
def test_a_right_response_passes(right: httpx.Response) -> None:
    is_declared(OPERATION, right, [NMI])


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (response(500), AssertionError),
        (response(422), AssertionError),
        (response(404), AssertionError),
        (response(200, x_v="2"), AssertionError),
        (response(200), KeyError),
        (response(x_fapi_interaction_id="1"), ValueError),
        (response(400, {**INVALID, "code": f"{PREFIX}Field/Wrong"}), KeyError),
        (response(400, {**INVALID, "title": "Wrong"}), AssertionError),
        (response(400, {**INVALID, "more": "1"}), ValueError),
        (response(400, {**INVALID, "detail": f"no reads of {NMI}"}), AssertionError),
        (response(400, {**INVALID, "detail": "asyncpg: no connection"}), AssertionError),
        (response(location=f"/{NMI}"), AssertionError),
        (httpx.Response(404, text="Not Found", headers={"x-fapi-interaction-id": str(uuid4())}), AssertionError),
        (httpx.Response(400, json=INVALID), KeyError),
    ],
)
def test_a_wrong_response_is_found(wrong: httpx.Response, error: Any) -> None:
    with pytest.raises(error):
        is_declared(OPERATION, wrong, [NMI])
