"""x-fapi-interaction-id on every answer of a secure host (CDS, HTTP Headers; FAPI 1.0 Baseline 6.2.1-11)."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from litestar.routes import HTTPRoute

from apps.surfaces import applications
from tenants.registry.models import Tenant

INTERACTION_ID = "x-fapi-interaction-id"
VERIFIED = {"Client-Cert": ":bm8gREVS:"}
APPLICATION: Any = applications()["secure"]
CALLS = sorted(
    (method, route.path_format)
    for route in APPLICATION.routes
    if isinstance(route, HTTPRoute)
    for method in route.methods
)


def played_back(answer: httpx.Response) -> list[str]:
    return answer.headers.get_list(INTERACTION_ID)


@pytest.mark.parametrize(
    "certificate",
    [VERIFIED, {}, {"Client-Cert": "", "HAAS-Refused": "certificate-invalid"}, {"Client-Cert": "malformed"}],
    ids=["verified", "missing", "refused", "malformed"],
)
async def test_every_endpoint_plays_back_the_interaction_id(
    http: httpx.AsyncClient, aurora: Tenant, certificate: dict[str, str]
) -> None:
    assert len(CALLS) > 20
    for method, path in [*CALLS, ("GET", "/nothing"), ("DELETE", "/token"), ("OPTIONS", "/cds-au/v1/nothing")]:
        interaction = str(uuid4())
        answer = await http.request(
            method, aurora.secure_base + path, headers={**certificate, INTERACTION_ID: interaction}
        )
        assert played_back(answer) == [interaction], (method, path, answer.status_code)


async def test_a_request_without_an_interaction_id_gets_a_new_one(http: httpx.AsyncClient, aurora: Tenant) -> None:
    for path in ("/token", "/userinfo", "/cds-au/v1/energy/accounts"):
        first, second = [await http.get(aurora.secure_base + path, headers=VERIFIED) for _ in range(2)]
        assert len({UUID(one) for answer in (first, second) for one in played_back(answer)}) == 2


async def test_an_unknown_host_plays_back_the_interaction_id(http: httpx.AsyncClient) -> None:
    interaction = str(uuid4())
    answer = await http.get("https://mtls.nobody.test/token", headers={INTERACTION_ID: interaction})
    assert answer.status_code == 404
    assert played_back(answer) == [interaction]


async def test_the_application_uses_the_interaction_id_that_the_proxy_logs(
    http: httpx.AsyncClient, aurora: Tenant
) -> None:
    """Even if the client has sent another value, which the application checks separately."""
    logged = str(uuid4())
    for sent in ({}, {INTERACTION_ID: "no uuid"}):
        headers: dict[str, Any] = {"HAAS-Interaction-Id": logged, **sent}
        answer = await http.get(f"{aurora.secure_base}/token", headers=headers)
        assert played_back(answer) == [logged]
