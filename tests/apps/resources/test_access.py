"""Who may have a customer's data: each check that refuses, with its status, error and challenge."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update

from haas.clock import MovableClock
from haas.digest import digest
from ops.sandbox.messages import ABSENT
from tenants.arrangements.tables import arrangement, authorisation
from tenants.calls import CallRecord
from tenants.clients.tables import client
from tenants.tokens.tables import access_token
from tests.apps.resources.conftest import Brand, Sharing
from tests.support.application import Application
from tests.support.clients import registered_client
from tests.support.expectations import cds_error

ACCOUNTS = "/energy/accounts"
INVALID = "GeneralError/Expected"


def change_token(sharing: Sharing, **columns: Any) -> Any:
    """Return the statement that changes the row of a consent's access token."""
    return update(access_token).where(access_token.c.token_hash == digest(sharing.tokens.access_token)).values(columns)


async def test_a_valid_token_gets_the_data(sharing: Sharing) -> None:
    assert len(await sharing.account_ids()) == 2


@pytest.mark.parametrize("authorization", [ABSENT, "Bearer", "Basic YTpi", "Bearer a b", "token"])
async def test_a_request_without_a_bearer_token_gets_a_challenge_without_an_error_code(
    sharing: Sharing, authorization: Any
) -> None:
    response = await sharing.get(ACCOUNTS, headers={"Authorization": authorization})
    cds_error(response, INVALID, "access token is required", 401)
    assert response.headers["www-authenticate"] == "Bearer"


async def test_a_token_in_the_query_is_ignored(sharing: Sharing) -> None:
    parameters = {"access_token": sharing.tokens.access_token}
    response = await sharing.get(ACCOUNTS, headers={"Authorization": ABSENT}, params=parameters)
    cds_error(response, INVALID, "access token is required", 401)
    assert response.headers["www-authenticate"] == "Bearer"
    assert (await sharing.get(ACCOUNTS)).status_code == 200


@pytest.mark.parametrize("column", ["expires_at", "revoked_at", "certificate_thumbprint"])
async def test_a_token_that_expired_or_was_revoked_or_is_bound_to_another_certificate_is_invalid(
    brand: Brand, sharing: Sharing, column: str
) -> None:
    value: datetime | bytes = b"another" if column == "certificate_thumbprint" else brand.application.now
    assert (await sharing.get(ACCOUNTS)).status_code == 200
    await brand.execute(change_token(sharing, **{column: value}))
    response = await sharing.get(ACCOUNTS)
    cds_error(response, INVALID, "access token is invalid", 401)
    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_an_unknown_token_is_invalid(sharing: Sharing) -> None:
    response = await sharing.get(ACCOUNTS, "unknown")
    cds_error(response, INVALID, "access token is invalid", 401)
    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_a_token_of_another_tenant_is_invalid(application: Application, sharing: Sharing) -> None:
    elsewhere = await registered_client(application, await application.new_tenant())
    cds_error(await elsewhere.resource(ACCOUNTS, sharing.tokens.access_token), INVALID, "access token is invalid", 401)


async def test_a_scope_that_the_consumer_did_not_authorise_is_refused(brand: Brand) -> None:
    """C-E12: 403 with the challenge of RFC 6750, and the error of the standards for a consent."""
    sharing = await brand.share(scope="openid energy:accounts.detail:read")
    response = await sharing.get(ACCOUNTS)
    cds_error(response, "Authorisation/InvalidConsent", "energy:accounts.basic:read", 403)
    assert response.headers["www-authenticate"] == (
        'Bearer error="insufficient_scope", scope="energy:accounts.basic:read"'
    )


@pytest.mark.parametrize(
    ("recipient_status", "product_status", "shown"),
    [
        ("ACTIVE", "INACTIVE", "INACTIVE"),
        ("ACTIVE", "REMOVED", "REMOVED"),
        ("SUSPENDED", "ACTIVE", "SUSPENDED"),
        ("SUSPENDED", "INACTIVE", "SUSPENDED"),
        ("REVOKED", "REMOVED", "REVOKED"),
        ("SURRENDERED", "REMOVED", "SURRENDERED"),
    ],
)
async def test_the_error_for_a_recipient_that_is_not_active_contains_its_status(
    brand: Brand, sharing: Sharing, recipient_status: str, product_status: str, shown: str
) -> None:
    statuses = {"recipient_status": recipient_status, "product_status": product_status}
    await brand.execute(update(client).where(client.c.client_id == sharing.client.client_id).values(statuses))
    cds_error(await sharing.get(ACCOUNTS), "Authorisation/AdrStatusNotActive", f"^{shown}$", 403)


async def test_the_token_of_a_removed_client_is_invalid(brand: Brand, sharing: Sharing) -> None:
    removed = update(client).where(client.c.client_id == sharing.client.client_id)
    await brand.execute(removed.values(removed_at=brand.application.now))
    cds_error(await sharing.get(ACCOUNTS), INVALID, "access token is invalid", 401)


async def test_a_revoked_token_of_a_withdrawn_consent_gets_the_revoked_consent_error(
    brand: Brand, sharing: Sharing
) -> None:
    await sharing.client.revoke_arrangement(str(sharing.arrangement_id))
    cds_error(await sharing.get(ACCOUNTS), "Authorisation/RevokedConsent", "withdrawn or has expired", 403)


async def test_a_token_of_an_expired_consent_gets_the_revoked_consent_error(brand: Brand, sharing: Sharing) -> None:
    version = update(authorisation).where(authorisation.c.arrangement_id == sharing.arrangement_id)
    await brand.execute(version.values(expires_at=brand.application.now))
    cds_error(await sharing.get(ACCOUNTS), "Authorisation/RevokedConsent", "withdrawn or has expired", 403)


async def test_a_token_of_an_arrangement_that_is_not_active_yet_is_refused(brand: Brand, sharing: Sharing) -> None:
    await brand.execute(update(arrangement).where(arrangement.c.id == sharing.arrangement_id).values(active_at=None))
    cds_error(await sharing.get(ACCOUNTS), "Authorisation/InvalidConsent", status=403)


async def test_a_token_without_a_consent_is_refused(brand: Brand, sharing: Sharing) -> None:
    own = await sharing.client.client_credentials()
    response = await sharing.get(ACCOUNTS, own.access_token)
    cds_error(response, "Authorisation/InvalidConsent", "energy:accounts.basic:read", 403)
    await brand.execute(change_token(sharing, arrangement_id=None, authorisation_id=None))
    cds_error(await sharing.get(ACCOUNTS), "Authorisation/InvalidConsent", status=403)


async def test_a_token_from_before_an_amendment_is_invalid_even_if_it_was_not_revoked(
    brand: Brand, sharing: Sharing
) -> None:
    amended = await brand.share(sharing.consumer, sharing.client, cdr_arrangement_id=str(sharing.arrangement_id))
    assert amended.arrangement_id == sharing.arrangement_id
    await brand.execute(change_token(sharing, revoked_at=None))
    cds_error(await sharing.get(ACCOUNTS), INVALID, "access token is invalid", 401)
    assert (await amended.get(ACCOUNTS)).status_code == 200


async def test_an_invalid_token_is_refused_before_versions_and_accounts_are_checked(sharing: Sharing) -> None:
    for path in (ACCOUNTS, f"{ACCOUNTS}/anything"):
        cds_error(await sharing.get(path, "unknown", headers={"x-v": "foo"}), INVALID, "token is invalid", 401)


async def test_the_version_is_checked_before_the_account(sharing: Sharing) -> None:
    """C-V10: so an account that the caller may not have cannot be told from others."""
    cds_error(
        await sharing.get(f"{ACCOUNTS}/anything", headers={"x-v": "99", "x-min-v": "99"}),
        "Header/UnsupportedVersion",
        status=406,
    )
    cds_error(
        await sharing.get(f"{ACCOUNTS}/anything", headers={"x-fapi-auth-date": ABSENT}), "Header/Missing", status=400
    )
    cds_error(await sharing.get(f"{ACCOUNTS}/anything"), "cds-energy:Authorisation/InvalidEnergyAccount", status=404)


async def test_a_token_expires_five_minutes_after_it_was_issued(sharing: Sharing, clock: MovableClock) -> None:
    clock.move(timedelta(minutes=4, seconds=30))
    assert (await sharing.get(ACCOUNTS)).status_code == 200
    clock.move(timedelta(minutes=1))
    cds_error(await sharing.get(ACCOUNTS), INVALID, "access token is invalid", 401)


async def test_the_record_of_a_call_has_its_client_and_arrangement(
    sharing: Sharing, monkeypatch: pytest.MonkeyPatch
) -> None:
    records: list[CallRecord] = []
    monkeypatch.setattr("apps.asgi.record", records.append)  # only counts are stored, which contain neither id
    interaction_id = str(uuid4())
    assert (await sharing.get(ACCOUNTS, headers={"x-fapi-interaction-id": interaction_id})).status_code == 200
    (record,) = records
    assert (record.operation, record.status, record.interaction_id) == ("listEnergyAccounts", 200, interaction_id)
    assert (record.client_id, record.arrangement_id) == (sharing.client.client_id, sharing.arrangement_id)


async def test_a_refusal_is_counted_by_operation_tier_and_error(brand: Brand) -> None:
    sharing = await brand.share(scope="openid")
    cds_error(await sharing.get(ACCOUNTS), "Authorisation/InvalidConsent", status=403)
    counted = {(row.operation, row.tier, row.status, row.error) for row in await brand.calls()}
    refusal = "urn:au-cds:error:cds-all:Authorisation/InvalidConsent"
    assert ("listEnergyAccounts", "unattended", 403, refusal) in counted
