"""The secure host refuses a request without a verified client certificate, even if the proxy forwards it."""

import gc
from typing import Any

import httpx
import pytest

from apps import asgi
from tenants.oauth import endpoints
from tenants.operations.models import BASE_PATH
from tenants.registry.models import Tenant
from tests.support.application import Application, client_cert_header

PATHS = [
    endpoints.PAR, endpoints.TOKEN, endpoints.INTROSPECT, endpoints.REVOKE, endpoints.USERINFO, endpoints.REGISTER,
    f"{endpoints.REGISTER}/somebody", endpoints.ARRANGEMENT_REVOCATION, f"{BASE_PATH}/energy/accounts",
]  # fmt: skip
HEADERS: dict[str, dict[str, str]] = {
    "none": {},
    "empty": {"Client-Cert": ""},
    "malformed": {"Client-Cert": "MIIB"},
    "of another register environment": {
        "Client-Cert": client_cert_header("certificate"),
        "HAAS-Register-Environment": "conformance",
    },
    "of no register environment": {"Client-Cert": client_cert_header("certificate")},
    "refused": {"Client-Cert": client_cert_header("certificate"), "HAAS-Refused": "certificate-invalid"},
}


class AnySettings:
    log_level = "INFO"

    @classmethod
    def from_environment(cls, _: object) -> "AnySettings":
        return cls()


@pytest.mark.parametrize("headers", HEADERS.values(), ids=list(HEADERS))
@pytest.mark.parametrize("path", PATHS)
async def test_requests_without_a_verified_certificate_are_refused(
    application: Application, aurora: Tenant, path: str, headers: dict[str, str]
) -> None:
    """CDS, Use of MTLS; FAPI 1.0 Advanced 5.2.2-5."""
    transport: Any = httpx.ASGITransport(application.asgi)
    async with httpx.AsyncClient(transport=transport, base_url=aurora.secure_base, headers=headers) as http:
        for method in ("GET", "POST"):
            answer = await http.request(method, path)
            assert answer.status_code == 400
            if path.startswith(BASE_PATH):
                [error] = answer.json()["errors"]
                assert error["code"] == "urn:au-cds:error:cds-all:GeneralError/Expected"
                assert error["title"] == "Expected Error Encountered"
                assert "certificate" in error["detail"]
            else:
                assert answer.json()["error"] == "invalid_client"
                assert "certificate" in answer.json()["error_description"]


def test_the_garbage_collector_leaves_out_what_exists_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise it stops all requests for 0.1 s after some thousands of records."""
    events: list[str] = []
    monkeypatch.setattr(asgi, "ApplicationSettings", AnySettings)
    monkeypatch.setattr(asgi, "configure", lambda _: None)
    monkeypatch.setattr("apps.asgi.Services.open", lambda _: None)
    monkeypatch.setattr(asgi, "HostRouter", lambda _: events.append("router"))
    monkeypatch.setattr(gc, "collect", lambda: events.append("collect"))
    monkeypatch.setattr(gc, "freeze", lambda: events.append("freeze"))
    asgi.create()
    assert events == ["router", "collect", "freeze"]
