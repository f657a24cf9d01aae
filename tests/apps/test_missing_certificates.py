"""Without a valid client certificate each path responds in its own format (CDS, Use of MTLS; Payload Conventions)."""

import httpx
import pytest

from tenants.registry.models import Tenant


@pytest.mark.parametrize(
    "refused", [{}, {"HAAS-Refused": "certificate-missing"}, {"HAAS-Refused": "certificate-invalid"}]
)
@pytest.mark.parametrize(
    "path",
    [
        "/cds-au/v1/energy/accounts",
        "/cds-au/v1/energy/accounts/1/balance",
        "/cds-au/v1/admin/metrics",
        "/cds-au/v1/nothing",
        "/cds-au/v2/energy/accounts",
        "/cds-au",
        "//cds-au/v1/energy/accounts",
    ],
)
async def test_the_data_apis_answer_with_the_error_payload_of_the_standards(
    http: httpx.AsyncClient, aurora: Tenant, path: str, refused: dict[str, str]
) -> None:
    answer = await http.get(aurora.secure_base + path, headers=refused)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    [error] = answer.json()["errors"]
    assert error["code"] == "urn:au-cds:error:cds-all:GeneralError/Expected"
    assert error["title"] == "Expected Error Encountered"
    assert "certificate" in error["detail"]


@pytest.mark.parametrize("path", ["/token", "/userinfo", "/register/1", "/nothing", "/cds-australia"])
async def test_the_authorization_server_answers_with_an_oauth_error(
    http: httpx.AsyncClient, aurora: Tenant, path: str
) -> None:
    answer = await http.get(aurora.secure_base + path)
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_client"
