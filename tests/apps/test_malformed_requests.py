"""A request that the HTTP parser refused is answered in the shape of the surface and the path, and does nothing."""

import httpx
import pytest

from tenants.registry.models import Tenant
from tenants.registry.surfaces import Surface

MALFORMED = {"HAAS-Refused": "malformed"}
ID = "x-fapi-interaction-id"


@pytest.mark.parametrize(
    ("surface", "path", "content_type"),
    [
        ("public", "/cds-au/v1/discovery/status", "application/json"),
        ("public", "/jwks", "application/json"),
        ("public", "/.well-known/openid-configuration", "application/json"),
        ("public", "/dashboard", "text/html; charset=utf-8"),
        ("secure", "/cds-au/v1/energy/accounts", "application/json"),
        ("secure", "/token", "application/json"),
        ("management", "/", "application/problem+json"),
        ("admin", "/", "text/html; charset=utf-8"),
    ],
)
async def test_a_malformed_request_is_answered_in_the_shape_of_its_surface(
    http: httpx.AsyncClient, aurora: Tenant, surface: Surface, path: str, content_type: str
) -> None:
    answer = await http.get(aurora.origin(surface) + path, headers=MALFORMED)
    assert (answer.status_code, answer.headers["content-type"]) == (400, content_type)
    if path.startswith("/cds-au"):
        [error] = answer.json()["errors"]
        assert error["code"] == "urn:au-cds:error:cds-all:GeneralError/Expected"
        assert answer.headers[ID]
    elif content_type == "application/json":
        assert answer.json()["error"] == "invalid_request"
    if surface == "public" and content_type == "application/json":
        assert answer.headers["access-control-allow-origin"] == "*"
