"""CDS, Data Language Standards."""

import pytest

from tenants.consent.data_language import clusters, has_history, needs_accounts
from tenants.oauth.scopes import CONSUMER_SCOPES, DATA_SCOPES


def titles(*scopes: str, kind: str = "person", claims: tuple[str, ...] = ()) -> list[str]:
    return [cluster.title for cluster in clusters(scopes, kind, claims)]  # type: ignore[arg-type]


def test_every_data_scope_is_described() -> None:
    for scope in DATA_SCOPES:
        for kind in ("person", "organisation"):
            assert len(titles(scope, kind=kind)) == 1, scope
    assert len(titles(*CONSUMER_SCOPES)) == len(DATA_SCOPES) + 1
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
def test_a_detailed_scope_alone_says_that_it_holds_the_basic_data(
    basic: str, detail: str, alone: str, both: list[str]
) -> None:
    assert titles(detail) == [alone]
    assert titles(basic, detail) == both
    (merged,) = clusters([detail], "person")
    (first,) = clusters([basic], "person")
    assert set(first.permissions) < set(merged.permissions)


def test_organisations_have_words_of_their_own() -> None:
    assert titles("common:customer.basic:read", kind="organisation") == ["Organisation profile"]
    assert titles("common:customer.detail:read", kind="organisation") == ["Organisation profile and contact details"]


def test_claims_are_described_like_the_profile_scope() -> None:
    assert titles("openid", claims=("given_name",)) == ["Name"]
    assert titles("profile", claims=("name",)) == ["Name"]
    assert titles("openid", claims=("email",)) == ["Contact details"]
    assert titles("openid", claims=("birthdate",)) == []


def test_accounts_and_history_are_asked_for_where_the_data_has_them() -> None:
    assert not needs_accounts(("openid", "profile", "common:customer.detail:read"))
    assert needs_accounts(("openid", "energy:billing:read"))
    assert has_history(("energy:electricity.usage:read",))
    assert not has_history(("energy:accounts.basic:read",))
