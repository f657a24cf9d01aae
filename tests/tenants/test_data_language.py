"""CDS, Data Language Standards."""

import json
from pathlib import Path

import pytest

from tenants.data_language import clusters, covered_clusters, has_history, needs_accounts
from tenants.oauth.scopes import DATA_SCOPES


def titles(*scopes: str, kind: str = "person", claims: tuple[str, ...] = ()) -> list[str]:
    return [cluster.title for cluster in clusters(scopes, kind, claims)]  # type: ignore[arg-type]


# The tables of the standards as published.
PUBLISHED = json.loads(Path(__file__).with_name("data_language_standards.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: row["title"])
def test_titles_and_permissions_are_those_of_the_standards(row: dict[str, object]) -> None:
    scope, marks = str(row["scope"]), str(row["marks"])
    asked = [scope] if "‡" in marks or ".detail" not in scope else [scope.replace(".detail", ".basic"), scope]
    described = clusters(asked, "organisation" if "*" in marks else "person")
    assert (row["title"], row["permissions"]) == (described[-1].title, list(described[-1].permissions))


def test_an_amendment_marks_only_clusters_that_were_not_shared_before() -> None:
    basic, detail = "energy:accounts.basic:read", "energy:accounts.detail:read"

    def added(before: list[str], after: list[str]) -> list[str]:
        known = covered_clusters(before, "person")
        return [cluster.title for cluster in clusters(after, "person") if cluster not in known]

    assert added([basic], [basic, detail]) == ["Account and plan details"]
    assert added([detail], [basic, detail]) == []
    assert added([basic, detail], [detail]) == []
    assert added([basic, detail], [basic]) == []
    assert added([basic], [detail]) == ["Account and plan details"]


def test_every_data_scope_is_described_also_one_that_is_not_supported_yet() -> None:
    for scope in DATA_SCOPES:
        for kind in ("person", "organisation"):
            assert len(titles(scope, kind=kind)) == 1, scope
    assert len(titles("openid", "profile", *DATA_SCOPES)) == len(DATA_SCOPES) + 1
    assert titles("openid") == []


@pytest.mark.parametrize(
    ("basic", "detail", "alone", "both"),
    [
        (
            "common:customer.basic:read",
            "common:customer.detail:read",
            "Name, occupation, contact details",
            ["Name and occupation", "Contact details"],
        ),
        (
            "energy:accounts.basic:read",
            "energy:accounts.detail:read",
            "Account and plan details",
            ["Accounts and plans", "Account and plan details"],
        ),
        (
            "energy:electricity.servicepoints.basic:read",
            "energy:electricity.servicepoints.detail:read",
            "Electricity connection and meter",
            ["Electricity connection", "Electricity meter"],
        ),
    ],
)
def test_a_detailed_scope_alone_includes_the_permissions_of_the_basic_one(
    basic: str, detail: str, alone: str, both: list[str]
) -> None:
    assert titles(detail) == [alone]
    assert titles(basic, detail) == both
    (merged,) = clusters([detail], "person")
    (first,) = clusters([basic], "person")
    assert set(first.permissions) < set(merged.permissions)


def test_the_nmi_is_described_only_with_the_scopes_of_service_points() -> None:
    """C-D23: standards-maintenance issue 529."""
    points = {"energy:electricity.servicepoints.basic:read", "energy:electricity.servicepoints.detail:read"}
    naming = {
        scope
        for scope in DATA_SCOPES
        for cluster in clusters([scope], "person")
        if any("NMI" in permission for permission in cluster.permissions)
    }
    assert naming == points
    [connection] = [
        each for each in clusters(points, "person") if "National Meter Identifier (NMI)" in each.permissions
    ]
    assert connection.title == "Electricity connection"


def test_organisations_have_their_own_titles() -> None:
    assert titles("common:customer.basic:read", kind="organisation") == ["Organisation profile"]
    assert titles("common:customer.detail:read", kind="organisation") == ["Organisation profile and contact details"]


def test_claims_have_the_clusters_of_the_profile_scope() -> None:
    assert titles("openid", claims=("given_name",)) == ["Name"]
    assert titles("profile", claims=("name",)) == ["Name"]
    assert titles("openid", claims=("email",)) == ["Contact details"]
    assert titles("openid", claims=("birthdate",)) == []


def test_scopes_decide_whether_accounts_and_historical_data_are_needed() -> None:
    assert not needs_accounts(("openid", "profile", "common:customer.detail:read"))
    assert needs_accounts(("openid", "energy:billing:read"))
    assert has_history(("energy:electricity.usage:read",))
    assert not has_history(("energy:accounts.basic:read",))
