"""Requests that the proxy has refused itself are counted, and those that are refused for their certificate."""

from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from apps.http import proxy_refusals
from tenants.calls import CallRecord
from tenants.oauth.called_operations import called_operations
from tenants.registry.models import Tenant
from tests.support.application import Application


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[CallRecord, int]]:
    """The calls that are counted in this test, with their numbers."""
    found: list[tuple[CallRecord, int]] = []

    def count(call: CallRecord, number: int = 1) -> None:
        found.append((call, number))

    monkeypatch.setattr("apps.asgi.record", count)
    monkeypatch.setattr(proxy_refusals, "record", count)
    return found


async def send(application: Application, body: object) -> int:
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application.asgi)) as http:
        response = await http.post("https://unknown.invalid/deliver", content=content, headers={"HAAS-Refusals": "1"})
    return response.status_code


def refusal(tenant: Tenant, **changes: Any) -> dict[str, Any]:
    values = {
        "age": 90,
        "host": tenant.hosts.secure,
        "operation": "getEnergyAccountDetail",
        "status": 429,
        "number": 40,
    }
    return {**values, **changes}


async def test_refusals_of_the_proxy_are_counted_for_the_tenant_of_their_host(
    application: Application, aurora: Tenant, counted: list[tuple[CallRecord, int]]
) -> None:
    """F-64, sm#298: a call that was refused at the gateway is an error, and a rejection if it exceeded a limit."""
    status = {"host": aurora.hosts.public, "operation": "getStatus", "status": 502, "number": 1, "age": -1}
    assert await send(application, [refusal(aurora), refusal(aurora, **status)]) == 204
    (limited, forty), (failed, one) = counted
    assert (forty, one) == (40, 1)
    assert (limited.tenant.id, limited.operation, limited.status, limited.tier) == (
        aurora.id,
        "getEnergyAccountDetail",
        429,
        "other",
    )
    assert (limited.authenticated, limited.throttled) == (True, True)
    assert application.now - limited.at >= timedelta(seconds=90)
    assert (failed.operation, failed.status, failed.authenticated, failed.throttled) == ("getStatus", 502, False, False)
    assert failed.at <= application.now


@pytest.mark.parametrize(
    "change",
    [
        {"host": "nobody.haas.localhost"},
        {"operation": "unknown"},
        {"operation": "getStatus"},  # on the secure host
    ],
)
async def test_refusals_of_no_operation_of_a_tenant_are_left_out(
    application: Application, aurora: Tenant, counted: list[Any], change: dict[str, Any]
) -> None:
    assert await send(application, [refusal(aurora, **change)]) == 204
    assert counted == []


async def test_refusals_to_the_host_of_a_tenant_are_not_taken(
    application: Application, aurora: Tenant, counted: list[tuple[CallRecord, int]]
) -> None:
    """A proxy of the release before does not remove the header of a client."""
    async with application.http(headers={"HAAS-Refusals": "1"}) as http:
        response = await http.post(f"{aurora.secure_base}/deliver", content=msgspec.json.encode([refusal(aurora)]))
    assert (response.status_code, counted) == (404, [])


@pytest.mark.parametrize(
    "change", [{"number": 0}, {"number": "1"}, {"status": 200}, {"age": 700_000}, {"age": -61}, None]
)
async def test_malformed_refusals_are_not_counted(
    application: Application, aurora: Tenant, counted: list[Any], change: dict[str, Any] | None
) -> None:
    body: object = b"[" if change is None else [refusal(aurora), refusal(aurora, **change)]
    assert await send(application, body) == 400
    assert counted == []


async def test_a_refused_certificate_is_counted_if_an_operation_was_called(
    application: Application, aurora: Tenant, counted: list[tuple[CallRecord, int]]
) -> None:
    headers = {"HAAS-Refused": "certificate-invalid", "Client-Cert": ""}
    async with application.http(base_url=aurora.secure_base, headers=headers) as http:
        assert (await http.get("/cds-au/v1/energy/accounts/a1/balance")).status_code == 400
        assert (await http.post("/register")).status_code == 400
        assert (await http.get("/cds-au/v1/energy/unknown")).status_code == 400
        assert (await http.put("/token")).status_code == 400
    found = [(call.operation, call.authenticated, call.status, call.tier) for call, _ in counted]
    assert found == [("clientCertificate", True, 400, "other"), ("clientCertificate", False, 400, "other")]


async def test_every_operation_is_found_as_the_application_finds_it(
    application: Application, aurora: Tenant, counted: list[tuple[CallRecord, int]]
) -> None:
    """What is counted for a request that is refused early is what would be counted if it had been routed."""
    expected = []
    async with application.http() as http:
        for each in called_operations():
            path = each.path.replace("{clientId}", "c").replace("{accountId}", "a").replace("{servicePointId}", "s")
            for method in each.methods:
                await http.request(method, aurora.origin(each.surface) + path)
                expected.append((each.operation, each.authenticated))
    assert [(call.operation, call.authenticated) for call, _ in counted] == expected
