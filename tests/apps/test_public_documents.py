"""Scripts of any website may read the public APIs, discovery, the JWKS and their errors (Fetch, CORS protocol)."""

from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest

from apps.asgi import HostRouter
from ops.deployment import Deployment
from tenants.registry.models import Tenant
from tenants.services import Services

DISCOVERY, JWKS = "/.well-known/openid-configuration", "/jwks"
STATUS, OUTAGES = "/cds-au/v1/discovery/status", "/cds-au/v1/discovery/outages"
VERSION = {"x-v": "1"}


def readable_by_any_origin(answer: httpx.Response) -> bool:
    return answer.headers.get_list("access-control-allow-origin") == ["*"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", [DISCOVERY, JWKS, STATUS, OUTAGES])
async def test_any_origin_may_read_a_public_document(
    http: httpx.AsyncClient, aurora: Tenant, method: str, path: str
) -> None:
    answer = await http.request(method, aurora.issuer + path, headers=VERSION)
    assert answer.status_code == 200
    assert readable_by_any_origin(answer)


@pytest.mark.parametrize("path", [DISCOVERY, JWKS, STATUS, OUTAGES])
async def test_a_preflight_request_for_a_public_document_is_allowed(
    http: httpx.AsyncClient, aurora: Tenant, path: str
) -> None:
    headers = {"Origin": "https://elsewhere.test", "Access-Control-Request-Method": "GET"}
    answer = await http.options(aurora.issuer + path, headers=headers)
    assert answer.status_code == 204
    assert readable_by_any_origin(answer)
    assert "x-v" in answer.headers["access-control-allow-headers"]


@pytest.mark.parametrize(
    ("method", "path", "status", "member"),
    [
        ("POST", DISCOVERY, 405, "error"),
        ("DELETE", JWKS, 405, "error"),
        ("GET", "/.well-known/openid-federation", 404, "error"),
        ("GET", STATUS, 400, "errors"),
        ("POST", OUTAGES, 405, "errors"),
        ("GET", "/cds-au/v1/discovery/nothing", 404, "errors"),
        ("GET", "/cds-au/v2/discovery/status", 404, "errors"),
        ("GET", "/cds-au", 404, "errors"),
    ],
)
async def test_an_error_of_a_public_document_is_json_that_any_origin_may_read(
    http: httpx.AsyncClient, aurora: Tenant, method: str, path: str, status: int, member: str
) -> None:
    answer = await http.request(method, aurora.issuer + path)
    assert answer.status_code == status
    assert member in answer.json()
    assert readable_by_any_origin(answer)
    assert answer.headers["x-fapi-interaction-id"]


async def test_other_origins_may_not_read_an_html_page(http: httpx.AsyncClient, aurora: Tenant) -> None:
    for path in ("/authorise", "/dashboard/sign-in", "/nothing", "/cds-australia", "/jwks2"):
        answer = await http.get(aurora.issuer + path)
        assert answer.headers["content-type"].startswith("text/html"), path
        assert "access-control-allow-origin" not in answer.headers, path


async def test_the_secure_host_has_no_cors_headers(http: httpx.AsyncClient, aurora: Tenant) -> None:
    for path in ("/token", "/cds-au/v1/energy/accounts"):
        answer = await http.get(aurora.secure_base + path, headers={"Client-Cert": ":bm8gREVS:"})
        assert "access-control-allow-origin" not in answer.headers


@pytest.fixture
async def without_a_registry(deployment: Deployment) -> AsyncIterator[httpx.AsyncClient]:
    """An application that never reached its database."""
    url = "postgresql://nobody:nothing@127.0.0.1:1/nothing"
    services = Services.open(msgspec.structs.replace(deployment.settings, database_url=url))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(HostRouter(services))) as http:
        yield http
    await services.outbound.close()
    await services.database.close()


async def test_any_origin_may_read_the_error_while_the_registry_is_unavailable(
    without_a_registry: httpx.AsyncClient,
) -> None:
    headers = {"x-fapi-interaction-id": "8c4b2d1e-7a59-4a2e-9f04-3f0f5f1f6a11"}
    answer = await without_a_registry.get(f"https://brand.test{STATUS}", headers=headers)
    assert answer.status_code == 503
    assert answer.json()["errors"][0]["code"] == "urn:au-cds:error:cds-all:Service/Unavailable"
    assert readable_by_any_origin(answer)
    assert answer.headers["x-fapi-interaction-id"] == headers["x-fapi-interaction-id"]
