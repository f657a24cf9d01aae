"""Codes at the token endpoint."""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import update

from haas.clock import MovableClock, epoch
from haas.errors import Unavailable
from ops.sandbox.jose import PublicKeys, half_hash, verify
from ops.sandbox.messages import ABSENT, Deviation
from ops.sandbox.recipient.answers import Flow, Refused, Tokens
from ops.sandbox.recipient.client import RecipientClient
from tenants.arrangements.tables import arrangement
from tenants.attempts import service as attempts
from tenants.attempts.errors import AttemptAtWrongStage
from tenants.grants.authorization_code import STEPS
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.clients import load_client, new_product, registered_client, set_client, unregistered_client
from tests.support.consents import SCOPE, attempt_of, authorised_code, consent
from tests.support.customers import new_consumer
from tests.support.expectations import oauth_error, refused
from tests.support.rows import execute, notices_of, one


async def _code(application: Application, tenant: Tenant, recipient: RecipientClient, **asked: Any) -> tuple[str, Flow]:
    flow = await recipient.push(SCOPE, **{"sharing_duration": 86_400, **asked})
    return await authorised_code(application, tenant, recipient, flow, await new_consumer(application, tenant)), flow


async def test_the_token_response_has_every_member_and_must_not_be_cached(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    code, flow = await _code(application, aurora, recipient)
    response = await recipient.post(
        recipient.holder.metadata.token_endpoint,
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": flow.redirect_uri,
            "code_verifier": flow.code_verifier,
        },
    )
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert set(body) == {
        "access_token",
        "token_type",
        "expires_in",
        "scope",
        "refresh_token",
        "id_token",
        "cdr_arrangement_id",
    }
    assert body["token_type"] == "Bearer"
    assert 120 <= body["expires_in"] <= 600


@pytest.mark.parametrize("algorithm", ["PS256", "ES256"])
async def test_the_id_token_has_the_authentication_claims_and_no_personal_data(
    application: Application, aurora: Tenant, algorithm: str
) -> None:
    product = new_product(application)
    recipient = await registered_client(application, aurora, product, id_token_signed_response_alg=algorithm)
    code, flow = await _code(application, aurora, recipient)
    tokens = await recipient.exchange(code, flow)
    assert tokens.id_token is not None
    jwks = (await recipient.http.get(recipient.holder.metadata.jwks_uri)).content
    header, claims = verify(tokens.id_token, PublicKeys.from_jwks(jwks))
    assert header["alg"] == algorithm
    assert set(claims) == {"iss", "sub", "aud", "iat", "nbf", "exp", "auth_time", "acr", "at_hash", "nonce"}
    assert (claims["iss"], claims["aud"]) == (aurora.issuer, recipient.client_id)
    assert (claims["nonce"], claims["acr"]) == (flow.nonce, "urn:cds.au:cdr:2")
    assert claims["at_hash"] == half_hash(tokens.access_token)
    assert abs(claims["auth_time"] - epoch(application.now)) <= 5


FIELDS: dict[str, list[dict[str, Any]]] = {
    "code_has_not_expired": [],  # see test_a_code_expires
    "redirect_uri_is_the_same": [{"redirect_uri": ABSENT}, {"redirect_uri": "https://evil.example"}],
    "code_verifier_matches_the_challenge": [
        {"code_verifier": ABSENT},
        {"code_verifier": "short"},
        {"code_verifier": "a" * 43},
        {"code_verifier": "a" * 129},
    ],
}


def test_the_cases_name_existing_steps() -> None:
    assert set(FIELDS) <= {step.__name__ for step in STEPS}


@pytest.mark.parametrize("fields", [case for cases in FIELDS.values() for case in cases], ids=str)
async def test_an_exchange_that_does_not_match_its_request_is_refused_and_the_code_stays_valid(
    application: Application, aurora: Tenant, recipient: RecipientClient, fields: dict[str, Any]
) -> None:
    code, flow = await _code(application, aurora, recipient)
    with refused("invalid_grant", next(iter(fields))):
        await recipient.exchange(code, flow, form=fields)
    await recipient.exchange(code, flow)


async def test_a_code_for_a_redirect_uri_that_an_update_dropped_is_refused(
    application: Application, aurora: Tenant
) -> None:
    """The code is within its minute. It can be exchanged again if the redirect_uri is registered again."""
    product, recipient = await unregistered_client(application, aurora)
    kept = f"{recipient.redirect_uri}?kept"

    async def update_to(*redirect_uris: str) -> None:
        token = (await recipient.client_credentials()).access_token
        ssa = product.ssa(application.now, redirect_uris=redirect_uris)
        await recipient.update_registration(token, ssa, Deviation(claims={"redirect_uris": redirect_uris}))

    await recipient.register(product.ssa(application.now))
    code, flow = await _code(application, aurora, recipient)
    await update_to(kept)
    with refused("invalid_grant", "no longer one of the client's registered redirect_uris"):
        await recipient.exchange(code, flow)
    attempt = await attempt_of(application, aurora, flow, recipient.client_id)
    pending = await one(application.database, aurora, arrangement, id=attempt.arrangement_id)
    assert (attempt.stage, pending.active_at) == ("preTokenExchange", None)
    await update_to(kept, recipient.redirect_uri)
    assert (await recipient.exchange(code, flow)).refresh_token


async def test_a_code_expires(
    application: Application, aurora: Tenant, recipient: RecipientClient, clock: MovableClock
) -> None:
    code, flow = await _code(application, aurora, recipient)
    clock.move(timedelta(seconds=61))
    with refused("invalid_grant", "expired"):
        await recipient.exchange(code, flow)


@pytest.mark.parametrize(("code", "error"), [(ABSENT, "invalid_request"), ("nonsense", "invalid_grant")])
async def test_a_missing_or_unknown_code_is_refused(
    application: Application, aurora: Tenant, recipient: RecipientClient, code: Any, error: str
) -> None:
    _, flow = await _code(application, aurora, recipient)
    with refused(error, "code"):
        await recipient.exchange("", flow, form={"code": code})


async def test_a_code_is_refused_to_another_client(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    code, flow = await _code(application, aurora, recipient)
    thief = await registered_client(application, aurora)
    with refused("invalid_grant", "unknown or was issued to another"):
        await thief.exchange(code, flow)
    tokens = await recipient.exchange(code, flow)
    with refused("invalid_grant", "unknown or was issued to another"):
        await thief.exchange(code, flow)
    assert await _is_alive(recipient, tokens)


async def test_a_code_is_refused_at_another_tenant(
    application: Application, aurora: Tenant, banksia: Tenant, recipient: RecipientClient
) -> None:
    code, flow = await _code(application, aurora, recipient)
    elsewhere = await registered_client(application, banksia)
    with refused("invalid_grant", "unknown"):
        await elsewhere.exchange(code, flow)


async def test_exchanging_a_code_again_ends_its_arrangement(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    code, flow = await _code(application, aurora, recipient)
    tokens = await recipient.exchange(code, flow)
    for _ in range(2):
        with refused("invalid_grant", "used before"):
            await recipient.exchange(code, flow)
    assert not await _is_alive(recipient, tokens)
    with refused("invalid_token", "was revoked", 401):
        await recipient.userinfo(tokens.access_token)
    ended = await one(application.database, aurora, arrangement, id=tokens.cdr_arrangement_id)
    assert ended.ended_by == "replay"
    told = await notices_of(application.database, aurora, tokens.cdr_arrangement_id)
    assert [notice.kind for notice in told] == ["arrangement-revoked"]


async def test_one_of_two_exchanges_of_a_code_at_once_is_refused(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    code, flow = await _code(application, aurora, recipient)
    outcomes = await asyncio.gather(*(recipient.exchange(code, flow) for _ in range(2)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {Tokens, Refused}
    (refusal,) = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    oauth_error(refusal.response, "invalid_grant", "used before")


async def test_a_code_can_be_sent_again_after_the_tenants_keys_could_not_be_read(
    application: Application, aurora: Tenant, recipient: RecipientClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ID token is signed after the commit. A code that was recorded as used would end its arrangement."""

    async def unreadable(_: Tenant) -> bytes:
        raise Unavailable("the keys cannot be read")

    code, flow = await _code(application, aurora, recipient)
    with monkeypatch.context() as patched:
        patched.setattr(application.services.keyring, "subject_key", unreadable)
        with refused("temporarily_unavailable", "not available now", 503):
            await recipient.exchange(code, flow)
    assert await _is_alive(recipient, await recipient.exchange(code, flow))


async def test_a_code_of_an_ended_arrangement_is_refused(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    code, flow = await _code(application, aurora, recipient)
    attempt = await attempt_of(application, aurora, flow, recipient.client_id)
    this = arrangement.c.id == attempt.arrangement_id
    ended = {"ended_at": application.now, "ended_by": "consumer"}
    await execute(application.database, aurora, update(arrangement).where(this).values(**ended))
    with refused("invalid_grant", "ended"):
        await recipient.exchange(code, flow)


async def test_a_recipient_that_became_inactive_gets_no_tokens(application: Application, aurora: Tenant) -> None:
    recipient = await registered_client(application, aurora)
    code, flow = await _code(application, aurora, recipient)
    await set_client(application.database, aurora, recipient.client_id, product_status="INACTIVE")
    with refused("unauthorized_client", "not active"):
        await recipient.exchange(code, flow)


async def test_an_arrangement_becomes_active_when_its_code_is_exchanged(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    code, flow = await _code(application, aurora, recipient)
    attempt = await attempt_of(application, aurora, flow, recipient.client_id)
    this = arrangement.c.id == attempt.arrangement_id
    assert (await one(application.database, aurora, arrangement, this)).active_at is None
    await recipient.exchange(code, flow)
    assert (await one(application.database, aurora, arrangement, this)).active_at is not None
    assert (await attempt_of(application, aurora, flow, recipient.client_id)).stage == "completed"


@pytest.mark.parametrize("duration", [None, 0])
async def test_a_once_only_consent_has_no_refresh_token_and_ends_with_its_access_token(
    application: Application, aurora: Tenant, recipient: RecipientClient, clock: MovableClock, duration: int | None
) -> None:
    tokens = await consent(application, aurora, recipient, sharing_duration=duration)
    assert tokens.refresh_token is None
    assert await recipient.userinfo(tokens.access_token)
    clock.move(timedelta(seconds=tokens.expires_in))
    with refused("invalid_token", "has expired", 401):
        await recipient.userinfo(tokens.access_token)


async def test_a_client_without_the_refresh_grant_gets_no_refresh_token(
    application: Application, aurora: Tenant
) -> None:
    recipient = await registered_client(application, aurora, grant_types=("client_credentials", "authorization_code"))
    code, flow = await _code(application, aurora, recipient)
    assert (await recipient.exchange(code, flow)).refresh_token is None


async def test_a_code_is_issued_only_once_and_only_after_authentication(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    _, flow = await _code(application, aurora, recipient)
    attempt = await attempt_of(application, aurora, flow, recipient.client_id)
    of = await load_client(application.database, aurora, recipient.client_id)
    nobody = msgspec.structs.replace(attempt, stage="preAuthorisation", login_id=None)
    for wrong in (attempt, nobody):
        with pytest.raises(AttemptAtWrongStage):
            async with application.database.transaction(aurora.namespace) as tx:
                await attempts.issue_code(tx, wrong, of, application.now)


async def _is_alive(recipient: RecipientClient, tokens: Tokens) -> bool:
    return (await recipient.introspect(tokens.refresh_token)).active
