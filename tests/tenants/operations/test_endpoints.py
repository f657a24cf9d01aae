"""The endpoint table."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tenants.cds.tiers import THRESHOLD_MILLISECONDS
from tenants.oauth.scopes import DATA_SCOPES, METADATA_UPDATE, METRICS
from tenants.operations.endpoints import ADMIN_ENDPOINTS, ENDPOINTS
from tenants.operations.models import Endpoint, Version, obligation_day
from tenants.payloads.status_v1 import CommonDiscoveryStatus

OPERATIONS = json.loads((Path(__file__).parents[1] / "cds_1_36_0.json").read_text())["operations"]


def test_every_operation_of_the_standards_is_in_the_table_once() -> None:
    assert sorted(endpoint.operation for endpoint in ENDPOINTS) == sorted(OPERATIONS)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.operation)
def test_an_operation_has_the_properties_of_the_standards(endpoint: Endpoint) -> None:
    """C-V4: the versions, scopes and tiers of release 1.36.0."""
    expected = OPERATIONS[endpoint.operation]
    assert (endpoint.method, endpoint.path, endpoint.scope, endpoint.paginated) == (
        expected["method"],
        expected["path"],
        expected["scope"],
        expected["paginated"],
    )
    assert endpoint.versions[-1].number == expected["version"]
    assert endpoint.scope is None or endpoint.scope in DATA_SCOPES
    assert endpoint.transport == ("public" if endpoint.scope is None else "secure")
    assert {endpoint.tier(customer_present=True), endpoint.tier(customer_present=False)} <= set(THRESHOLD_MILLISECONDS)


def test_the_admin_operations_are_those_of_the_standards() -> None:
    """F-1, F-3, F-6, F-67: cds_admin.json of the Data Standards Body. Only their newest versions are served."""
    found = [(each.operation, each.method, each.uri_path, each.scope, each.served_versions) for each in ADMIN_ENDPOINTS]
    assert found == [
        ("getMetrics", "GET", "/cds-au/v1/admin/metrics", METRICS, (5,)),
        ("metadataUpdate", "POST", "/cds-au/v1/admin/register/metadata", METADATA_UPDATE, (1,)),
    ]
    for each in ADMIN_ENDPOINTS:
        assert {each.tier(customer_present=True), each.tier(customer_present=False)} == {"unattended"}
        assert [version.number for version in each.versions] == list(range(1, each.versions[-1].number + 1))


def test_version_numbers_are_consecutive_and_the_newest_is_not_retired() -> None:
    for endpoint in ENDPOINTS:
        numbers = [version.number for version in endpoint.versions]
        assert numbers == list(range(1, len(numbers) + 1))
        assert endpoint.versions[-1].retired_from is None
        assert sorted(version.binding_from for version in endpoint.versions) == [
            version.binding_from for version in endpoint.versions
        ]


def test_every_operation_serves_its_newest_version() -> None:
    for endpoint in ENDPOINTS:
        assert endpoint.served_versions[-1:] == (endpoint.versions[-1].number,)


def test_an_operation_has_a_resource_when_it_has_a_payload() -> None:
    for endpoint in ENDPOINTS:
        assert (endpoint.resource is not None) == bool(endpoint.served_versions)
        for version in endpoint.versions:
            if endpoint.gives_list and endpoint.resource and version.payload:
                assert version.payload.__struct_fields__ == (endpoint.resource.list_name,)


RETIREMENT = date(2026, 3, 16)


@pytest.mark.parametrize(
    ("today", "retired_too", "served"),
    [
        (RETIREMENT - timedelta(days=1), False, True),
        (RETIREMENT, False, False),
        (RETIREMENT + timedelta(days=900), False, False),
        (RETIREMENT, True, True),
    ],
)
def test_a_version_is_served_until_its_retirement_unless_the_tenant_serves_retired_versions(
    today: date, *, retired_too: bool, served: bool
) -> None:
    version = Version(1, date(2022, 11, 15), RETIREMENT, CommonDiscoveryStatus)
    endpoint = ENDPOINTS[0]._replace(versions=(version,))
    assert version.is_served(today, retired_too=retired_too) is served
    assert endpoint.versions_on(today, retired_too=retired_too) == ({1: version} if served else {})
    assert endpoint.served_versions == (1,)


@pytest.mark.parametrize("retired_too", [False, True])
def test_a_version_without_a_payload_is_never_served(*, retired_too: bool) -> None:
    assert not Version(1, date(2022, 11, 15)).is_served(RETIREMENT, retired_too=retired_too)


def test_a_version_is_served_before_its_binding_date() -> None:
    assert Version(2, date(2027, 5, 10), payload=CommonDiscoveryStatus).is_served(RETIREMENT, retired_too=False)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-03-15T12:59:59+00:00", date(2026, 3, 15)),  # daylight saving time, UTC+11
        ("2026-03-15T13:00:00+00:00", date(2026, 3, 16)),
        ("2026-06-15T13:59:59+00:00", date(2026, 6, 15)),  # standard time, UTC+10
        ("2026-06-15T14:00:00+00:00", date(2026, 6, 16)),
    ],
)
def test_a_day_of_obligation_begins_at_midnight_in_sydney(now: str, day: date) -> None:
    assert obligation_day(datetime.fromisoformat(now)) == day


@pytest.mark.parametrize(
    "operation",
    ["getBillingForEnergyAccount", "listEnergyAccountBillingBulk", "listEnergyAccountBillingForSpecificAccounts"],
)
def test_versions_1_and_2_of_billing_are_retired(operation: str) -> None:
    """C-V1."""
    [endpoint] = [each for each in ENDPOINTS if each.operation == operation]
    assert [version.retired_from for version in endpoint.versions] == [date(2024, 9, 9), date(2024, 9, 9), None]


@pytest.mark.parametrize(
    ("operation", "ids_in", "gives_list"),
    [
        ("getCustomer", None, False),
        ("listEnergyAccounts", None, True),
        ("getEnergyAccountDetail", "path", False),
    ],
)
def test_the_row_says_where_a_request_names_ids_and_whether_the_response_is_a_list(
    operation: str, ids_in: Any, *, gives_list: bool
) -> None:
    [endpoint] = [each for each in ENDPOINTS if each.operation == operation]
    assert (endpoint.ids_in, endpoint.gives_list) == (ids_in, gives_list)
