"""Which scopes are supported."""

import json
from pathlib import Path

import pytest

from tenants.oauth import scopes
from tenants.operations.endpoints import ADMIN_ENDPOINTS, ENDPOINTS
from tenants.operations.models import Endpoint
from tenants.payloads.status_v1 import CommonDiscoveryStatus
from tests.support.served import serve, serve_nothing_with

OPERATIONS = json.loads((Path(__file__).parents[1] / "cds_1_36_0.json").read_text())["operations"]
NEEDED = {endpoint.scope for endpoint in ENDPOINTS if endpoint.served_versions and endpoint.scope}


def test_the_data_scopes_are_those_of_the_operations_of_the_standards() -> None:
    assert len(scopes.DATA_SCOPES) == len(set(scopes.DATA_SCOPES))
    assert set(scopes.DATA_SCOPES) == {operation["scope"] for operation in OPERATIONS.values()} - {None}


def test_a_scope_is_supported_exactly_if_a_served_operation_needs_it() -> None:
    without_data = {"openid", "profile"}
    assert set(scopes.served_data_scopes()) == NEEDED
    assert set(scopes.consumer_scopes()) == NEEDED | without_data
    assert set(scopes.recipient_scopes()) == NEEDED | without_data | {"cdr:registration"}
    assert set(scopes.supported()) == NEEDED | without_data | {"cdr:registration", *scopes.ADMIN_SCOPES}


@pytest.mark.parametrize("endpoint", [one for one in ENDPOINTS if one.scope], ids=lambda one: one.operation)
def test_an_operation_brings_its_scope_with_it(monkeypatch: pytest.MonkeyPatch, endpoint: Endpoint) -> None:
    scope = str(endpoint.scope)
    serve(monkeypatch, scope)
    for offered in (scopes.consumer_scopes(), scopes.recipient_scopes(), scopes.supported()):
        assert scope in offered
    assert set(scopes.served_data_scopes()) == NEEDED | {scope}
    serve_nothing_with(monkeypatch, scope)
    for offered in (scopes.consumer_scopes(), scopes.recipient_scopes(), scopes.supported()):
        assert scope not in offered


def test_one_served_operation_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    billing = [endpoint for endpoint in ENDPOINTS if endpoint.scope == "energy:billing:read"]
    assert len(billing) > 1
    first, *others = billing
    table = (first._replace(versions=(first.versions[-1]._replace(payload=CommonDiscoveryStatus),)), *others)
    monkeypatch.setattr("tenants.operations.endpoints.ENDPOINTS", table)
    assert scopes.served_data_scopes() == ("energy:billing:read",)


def test_the_order_is_that_of_the_standards(monkeypatch: pytest.MonkeyPatch) -> None:
    in_order = sorted(NEEDED, key=scopes.DATA_SCOPES.index)
    assert scopes.supported()[: len(in_order) + 3] == ("openid", "profile", *in_order, "cdr:registration")
    serve(monkeypatch, *scopes.DATA_SCOPES)
    assert scopes.served_data_scopes() == scopes.DATA_SCOPES


def test_an_admin_scope_is_supported_while_its_operation_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics, update = ADMIN_ENDPOINTS
    monkeypatch.setattr("tenants.operations.endpoints.ADMIN_ENDPOINTS", (metrics, update._replace(versions=())))
    assert [scope for scope in scopes.supported() if scope in scopes.ADMIN_SCOPES] == [metrics.scope]
    assert scopes.supported()[-1] == metrics.scope
    assert metrics.scope not in scopes.recipient_scopes()
