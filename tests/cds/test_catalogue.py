"""The error catalogue and the endpoint table."""

import json
from pathlib import Path

import pytest

from tenants.cds.errors import CATALOGUE
from tenants.cds.tiers import THRESHOLD_MILLISECONDS
from tenants.oauth.scopes import DATA_SCOPES
from tenants.operations.endpoints import ENDPOINTS, Endpoint, endpoints_not_served

OPERATIONS = json.loads((Path(__file__).parent.parent / "energy" / "fixtures" / "cds_1_36_0.json").read_text())[
    "operations"
]

# Title and status by code, from the standards' tables ("Standard Error Codes").
STANDARD_ERRORS = {
    "cds-all:GeneralError/Expected": ("Expected Error Encountered", 400),
    "cds-all:GeneralError/Unexpected": ("Unexpected Error Encountered", 500),
    "cds-all:Service/Unavailable": ("Service Unavailable", 503),
    "cds-all:Field/Missing": ("Missing Required Field", 400),
    "cds-all:Header/Missing": ("Missing Required Header", 400),
    "cds-all:Field/Invalid": ("Invalid Field", 400),
    "cds-all:Header/Invalid": ("Invalid Header", 400),
    "cds-all:Field/InvalidDateTime": ("Invalid Date", 400),
    "cds-all:Field/InvalidPageSize": ("Invalid Page Size", 400),
    "cds-all:Header/InvalidVersion": ("Invalid Version", 400),
    "cds-all:Authorisation/AdrStatusNotActive": ("ADR Status Is Not Active", 403),
    "cds-all:Authorisation/RevokedConsent": ("Consent Is Revoked", 403),
    "cds-all:Authorisation/InvalidConsent": ("Consent Is Invalid", 403),
    "cds-all:Resource/NotImplemented": ("Resource Not Implemented", 404),
    "cds-all:Resource/NotFound": ("Resource Not Found", 404),
    "cds-all:Resource/Invalid": ("Invalid Resource", 404),
    "cds-all:Resource/Unavailable": ("Unavailable Resource", 404),
    "cds-energy:Authorisation/InvalidEnergyAccount": ("Invalid Energy Account", 404),
    "cds-energy:Authorisation/UnavailableEnergyAccount": ("Unavailable Energy Account", 404),
    "cds-energy:Authorisation/InvalidServicePoint": ("Invalid Service Point", 404),
    "cds-energy:Authorisation/UnavailableServicePoint": ("Unavailable Service Point", 404),
    "cds-all:Header/UnsupportedVersion": ("Unsupported Version", 406),
    "cds-all:Authorisation/InvalidArrangement": ("Invalid Consent Arrangement", 422),
    "cds-all:Field/InvalidPage": ("Invalid Page", 422),
}


def test_the_catalogue_is_the_standards() -> None:
    ours = {urn.removeprefix("urn:au-cds:error:"): (kind.title, kind.status) for urn, kind in CATALOGUE.items()}
    assert ours == STANDARD_ERRORS


def test_every_operation_of_the_standards_is_in_the_table_once() -> None:
    assert sorted(endpoint.operation for endpoint in ENDPOINTS) == sorted(OPERATIONS)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.operation)
def test_a_row_says_what_the_standards_say(endpoint: Endpoint) -> None:
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


def test_versions_follow_each_other_and_the_newest_is_not_retired() -> None:
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
