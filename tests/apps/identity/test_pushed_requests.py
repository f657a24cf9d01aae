"""What is stored of a pushed request, and which requests may be pushed."""

from datetime import timedelta
from typing import Any

import pytest

from haas.clock import MovableClock
from ops.sandbox.messages import ABSENT, Deviation
from ops.sandbox.recipient.answers import Flow
from ops.sandbox.recipient.client import RecipientClient
from tenants.attempts.tables import attempt
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.clients import registered_client, set_client
from tests.support.consents import SCOPE, YEAR, attempt_of, consent
from tests.support.expectations import refused
from tests.support.rows import one


async def test_the_response_is_a_request_uri_that_expires_after_90_seconds(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    response = await recipient.post(
        recipient.holder.metadata.pushed_authorization_request_endpoint,
        {"request": recipient.request_object(_claims(recipient))},
    )
    assert response.status_code == 201
    assert response.headers["cache-control"] == "no-store"
    body = response.json()
    assert set(body) == {"request_uri", "expires_in"}
    assert body["expires_in"] == 90
    assert body["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")
    flow = Flow(
        request_uri=body["request_uri"], expires_in=90, state=None, nonce=None, code_verifier="", redirect_uri=""
    )
    kept = await attempt_of(application, aurora, flow, recipient.client_id)
    assert body["request_uri"] not in repr(await one(application.database, aurora, attempt, id=kept.id))


async def test_the_audience_may_be_an_array_and_the_issuer_may_be_missing(recipient: RecipientClient) -> None:
    audience = ["https://other.example", recipient.holder.metadata.issuer]
    await recipient.push(SCOPE, request=Deviation(claims={"aud": audience, "iss": ABSENT}))


async def test_state_may_be_missing(recipient: RecipientClient) -> None:
    assert (await recipient.push(SCOPE, request=Deviation(claims={"state": ABSENT}))).state is None


async def test_repeated_scopes_and_unknown_parameters_are_ignored(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    claims = {"scope": "openid  openid profile", "ui_locales": "en", "display": "page", "prompt": "login consent"}
    flow = await recipient.push(SCOPE, request=Deviation(claims=claims))
    assert (await attempt_of(application, aurora, flow, recipient.client_id)).request.scopes == ("openid", "profile")


@pytest.mark.parametrize(
    ("asked", "kept"),
    [(None, 0), (0, 0), (3600, 3600), (3600.0, 3600), (YEAR, YEAR), (YEAR + 1, YEAR), (10 * YEAR, YEAR), (ABSENT, 0)],
)
async def test_the_sharing_duration_is_limited_to_one_year(
    application: Application, aurora: Tenant, recipient: RecipientClient, asked: Any, kept: int
) -> None:
    claims = {} if asked is ABSENT else {"sharing_duration": asked}
    flow = await recipient.push(SCOPE, request=Deviation(claims={"claims": claims}))
    assert (await attempt_of(application, aurora, flow, recipient.client_id)).request.sharing_duration == kept


@pytest.mark.parametrize("given", ["x", "e7f0a3b5-6a52-4a0e-9a35-3c1d6f0b8d21"])
async def test_an_unknown_arrangement_cannot_be_amended(recipient: RecipientClient, given: str) -> None:
    with refused("invalid_request", "cdr_arrangement_id"):
        await recipient.push(SCOPE, cdr_arrangement_id=given)


async def test_another_clients_arrangement_cannot_be_amended(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    tokens = await consent(application, aurora, recipient)
    other = await registered_client(application, aurora)
    with refused("invalid_request", "cdr_arrangement_id"):
        await other.push(SCOPE, cdr_arrangement_id=tokens.cdr_arrangement_id)


async def test_an_ended_or_expired_arrangement_cannot_be_amended(
    application: Application, aurora: Tenant, recipient: RecipientClient, clock: MovableClock
) -> None:
    ended = await consent(application, aurora, recipient)
    await recipient.revoke_arrangement(ended.cdr_arrangement_id)
    once_off = await consent(application, aurora, recipient, sharing_duration=0)
    clock.move(timedelta(minutes=6))
    for tokens in (ended, once_off):
        with refused("invalid_request", "cdr_arrangement_id"):
            await recipient.push(SCOPE, cdr_arrangement_id=tokens.cdr_arrangement_id)


@pytest.mark.parametrize(("recipient_status", "product_status"), [("ACTIVE", "INACTIVE"), ("SUSPENDED", "ACTIVE")])
async def test_a_recipient_that_is_not_active_cannot_push_a_request(
    application: Application, aurora: Tenant, recipient_status: str, product_status: str
) -> None:
    recipient = await registered_client(application, aurora)
    statuses = {"recipient_status": recipient_status, "product_status": product_status}
    await set_client(application.database, aurora, recipient.client_id, **statuses)
    with refused("unauthorized_client", "not active"):
        await recipient.push(SCOPE)


def _claims(recipient: RecipientClient) -> dict[str, Any]:
    return {
        "response_type": "code",
        "response_mode": "jwt",
        "redirect_uri": recipient.redirect_uri,
        "scope": SCOPE,
        "nonce": "n",
        "code_challenge": "A" * 43,
        "code_challenge_method": "S256",
    }
