"""The endpoint table."""

import json
from pathlib import Path

import pytest

from tenants.cds.tiers import THRESHOLD_MILLISECONDS
from tenants.oauth.scopes import DATA_SCOPES
from tenants.operations.endpoints import ENDPOINTS, Endpoint, endpoints_not_served

OPERATIONS = json.loads((Path(__file__).parents[1] / "cds_1_36_0.json").read_text())["operations"]


def test_every_operation_of_the_standards_is_in_the_table_once() -> None:
    assert sorted(endpoint.operation for endpoint in ENDPOINTS) == sorted(OPERATIONS)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.operation)
def test_an_operation_has_the_properties_of_the_standards(endpoint: Endpoint) -> None:
    said = OPERATIONS[endpoint.operation]
    assert (endpoint.method, endpoint.path, endpoint.scope, endpoint.paginated) == (
        said["method"],
        said["path"],
        said["scope"],
        said["paginated"],
    )
    assert endpoint.versions[-1].number == said["version"]
    assert endpoint.scope is None or endpoint.scope in DATA_SCOPES
    assert endpoint.transport == ("public" if endpoint.scope is None else "secure")
    assert {endpoint.tier(customer_present=True), endpoint.tier(customer_present=False)} <= set(THRESHOLD_MILLISECONDS)


def test_version_numbers_are_consecutive_and_the_newest_is_not_retired() -> None:
    for endpoint in ENDPOINTS:
        numbers = [version.number for version in endpoint.versions]
        assert numbers == list(range(1, len(numbers) + 1))
        assert endpoint.versions[-1].retired_from is None
        assert sorted(version.binding_from for version in endpoint.versions) == [
            version.binding_from for version in endpoint.versions
        ]


def test_a_served_operation_serves_its_newest_version() -> None:
    waiting = set(endpoints_not_served())
    for endpoint in ENDPOINTS:
        assert endpoint in waiting or endpoint.served_versions[-1] == endpoint.versions[-1].number
