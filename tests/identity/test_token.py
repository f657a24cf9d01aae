"""The token endpoint: codes, refresh tokens, client credentials."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from haas.clock import epoch
from haas.jose import PublicKeys, SigningKey, half_hash, verify
from ops.sandbox.messages import ABSENT, Deviation
from ops.sandbox.recipient.answers import Flow, Refused, Tokens
from ops.sandbox.recipient.client import RecipientClient
from tenants.arrangements.tables import arrangement
from tenants.clients.tables import client
from tenants.notices.tables import outbox
from tenants.registry.models import Tenant
from tenants.tokens.authorization_code import CHECKS
from tenants.tokens.tables import access_token
from tests.identity.conftest import SCOPE, YEAR, World, refused


async def _code(world: World, tenant: Tenant, recipient: RecipientClient, **asked: Any) -> tuple[str, Flow]:
    flow = await recipient.push(SCOPE, **{"sharing_duration": 86_400, **asked})
    return await world.code(tenant, recipient, flow, await world.person(tenant)), flow


# --- codes


async def test_the_answer_is_whole_and_nobody_may_store_it(
    world: World, aurora: Tenant, recipient: RecipientClient
) -> None:
    code, flow = await _code(world, aurora, recipient)
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
async def test_the_id_token_says_who_and_how_and_nothing_personal(world: World, aurora: Tenant, algorithm: str) -> None:
    product = world.product()
    recipient = await world.registered(aurora, product, id_token_signed_response_alg=algorithm)
    code, flow = await _code(world, aurora, recipient)
    tokens = await recipient.exchange(code, flow)
    assert tokens.id_token is not None
    jwks = (await recipient.http.get(recipient.holder.metadata.jwks_uri)).content
    header, claims = verify(tokens.id_token, PublicKeys.from_jwks(jwks))
    assert header["alg"] == algorithm
    assert set(claims) == {"iss", "sub", "aud", "iat", "nbf", "exp", "auth_time", "acr", "at_hash", "nonce"}
    assert (claims["iss"], claims["aud"]) == (aurora.issuer, recipient.client_id)
    assert (claims["nonce"], claims["acr"]) == (flow.nonce, "urn:cds.au:cdr:2")
    assert claims["at_hash"] == half_hash(tokens.access_token)
    assert abs(claims["auth_time"] - epoch(world.now)) <= 5


FIELDS: dict[str, list[dict[str, Any]]] = {
    "_has_not_expired": [],  # see test_a_code_expires
    "_names_the_same_place": [{"redirect_uri": ABSENT}, {"redirect_uri": "https://evil.example"}],
    "_answers_the_challenge": [
        {"code_verifier": ABSENT},
        {"code_verifier": "short"},
        {"code_verifier": "a" * 43},
        {"code_verifier": "a" * 129},
    ],
}


def test_every_check_has_its_cases() -> None:
    assert list(FIELDS) == [check.__name__ for check in CHECKS]


@pytest.mark.parametrize("fields", [case for cases in FIELDS.values() for case in cases], ids=str)
async def test_an_exchange_that_does_not_fit_its_request_is_refused_and_spends_nothing(
    world: World, aurora: Tenant, recipient: RecipientClient, fields: dict[str, Any]
) -> None:
    code, flow = await _code(world, aurora, recipient)
    with refused("invalid_grant", next(iter(fields))):
        await recipient.exchange(code, flow, form=fields)
    await recipient.exchange(code, flow)


async def test_a_code_expires(world: World, aurora: Tenant, recipient: RecipientClient, moved_clock: Any) -> None:
    code, flow = await _code(world, aurora, recipient)
    moved_clock.move(timedelta(seconds=61))
    with refused("invalid_grant", "expired"):
        await recipient.exchange(code, flow)


@pytest.mark.parametrize(("code", "error"), [(ABSENT, "invalid_request"), ("nonsense", "invalid_grant")])
async def test_a_code_must_be_there(
    world: World, aurora: Tenant, recipient: RecipientClient, code: Any, error: str
) -> None:
    _, flow = await _code(world, aurora, recipient)
    with refused(error, "code"):
        await recipient.exchange("", flow, form={"code": code})


async def test_a_code_is_its_clients(world: World, aurora: Tenant, recipient: RecipientClient) -> None:
    code, flow = await _code(world, aurora, recipient)
    thief = await world.registered(aurora)
    with refused("invalid_grant", "unknown or another"):
        await thief.exchange(code, flow)
    tokens = await recipient.exchange(code, flow)
    with refused("invalid_grant", "unknown or another"):
        await thief.exchange(code, flow)
    assert await _is_alive(recipient, tokens)


async def test_a_code_is_its_tenants(world: World, aurora: Tenant, banksia: Tenant, recipient: RecipientClient) -> None:
    code, flow = await _code(world, aurora, recipient)
    elsewhere = await world.registered(banksia)
    with refused("invalid_grant", "unknown"):
        await elsewhere.exchange(code, flow)


async def test_a_code_that_comes_again_ends_what_it_gave(
    world: World, aurora: Tenant, recipient: RecipientClient
) -> None:
    code, flow = await _code(world, aurora, recipient)
    tokens = await recipient.exchange(code, flow)
    for _ in range(2):
        with refused("invalid_grant", "used before"):
            await recipient.exchange(code, flow)
    assert not await _is_alive(recipient, tokens)
    with refused("invalid_token", status=401):
        await recipient.userinfo(tokens.access_token)
    ended = await world.row(aurora, arrangement, arrangement.c.id == tokens.cdr_arrangement_id)
    assert ended.ended_by == "replay"
    told = outbox.c.payload["arrangement_id"].astext == tokens.cdr_arrangement_id
    assert (await world.row(aurora, outbox, told)).kind == "arrangement-revoked"


async def test_of_two_exchanges_at_once_one_is_refused(
    world: World, aurora: Tenant, recipient: RecipientClient
) -> None:
    code, flow = await _code(world, aurora, recipient)
    outcomes = await asyncio.gather(*(recipient.exchange(code, flow) for _ in range(2)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {Tokens, Refused}


async def test_an_arrangement_that_was_ended_before_gives_no_tokens(
    world: World, aurora: Tenant, recipient: RecipientClient
) -> None:
    code, flow = await _code(world, aurora, recipient)
    attempt = await world.attempt(aurora, flow, recipient.client_id)
    this = arrangement.c.id == attempt.arrangement_id
    ended = {"ended_at": world.now, "ended_by": "consumer"}
    await world.set(aurora, update(arrangement).where(this).values(**ended))
    with refused("invalid_grant", "ended"):
        await recipient.exchange(code, flow)


async def test_a_recipient_that_became_inactive_gets_no_tokens(world: World, aurora: Tenant) -> None:
    recipient = await world.registered(aurora)
    code, flow = await _code(world, aurora, recipient)
    await world.set(aurora, update(client).where(_is(recipient)).values(product_status="INACTIVE"))
    with refused("unauthorized_client", "not active"):
        await recipient.exchange(code, flow)


async def test_an_arrangement_counts_once_its_code_is_exchanged(
    world: World, aurora: Tenant, recipient: RecipientClient
) -> None:
    code, flow = await _code(world, aurora, recipient)
    attempt = await world.attempt(aurora, flow, recipient.client_id)
    this = arrangement.c.id == attempt.arrangement_id
    assert (await world.row(aurora, arrangement, this)).active_at is None
    await recipient.exchange(code, flow)
    assert (await world.row(aurora, arrangement, this)).active_at is not None
    assert (await world.attempt(aurora, flow, recipient.client_id)).stage == "completed"


@pytest.mark.parametrize("duration", [None, 0])
async def test_a_once_off_has_no_refresh_token_and_ends_with_its_access_token(
    world: World, aurora: Tenant, recipient: RecipientClient, moved_clock: Any, duration: int | None
) -> None:
    tokens = await world.consent(aurora, recipient, sharing_duration=duration)
    assert tokens.refresh_token is None
    assert await recipient.userinfo(tokens.access_token)
    moved_clock.move(timedelta(seconds=tokens.expires_in))
    with refused("invalid_token", status=401):
        await recipient.userinfo(tokens.access_token)


async def test_a_client_without_the_refresh_grant_gets_no_refresh_token(world: World, aurora: Tenant) -> None:
    recipient = await world.registered(aurora, grant_types=("client_credentials", "authorization_code"))
    assert (await world.consent(aurora, recipient)).refresh_token is None


# --- refresh tokens


@pytest.mark.parametrize("duration", [3600, 86_400, YEAR])
async def test_a_refresh_token_lasts_as_long_as_the_sharing(
    world: World, aurora: Tenant, recipient: RecipientClient, moved_clock: Any, duration: int
) -> None:
    start = epoch(world.now)
    tokens = await world.consent(aurora, recipient, sharing_duration=duration)
    assert tokens.refresh_token is not None
    state = await recipient.introspect(tokens.refresh_token)
    assert state.exp is not None
    assert duration <= state.exp - start <= duration + 5
    moved_clock.move(timedelta(seconds=duration - 30))
    assert (await recipient.refresh(tokens.refresh_token)).refresh_token == tokens.refresh_token
    moved_clock.move(timedelta(seconds=60))
    assert not (await recipient.introspect(tokens.refresh_token)).active
    with refused("invalid_grant", "expired"):
        await recipient.refresh(tokens.refresh_token)


async def test_a_refreshed_id_token_has_the_first_ones_time_and_no_nonce(
    world: World, aurora: Tenant, recipient: RecipientClient, moved_clock: Any
) -> None:
    tokens = await world.consent(aurora, recipient)
    assert tokens.refresh_token is not None
    moved_clock.move(timedelta(minutes=3))
    refreshed = await recipient.refresh(tokens.refresh_token)
    assert "nonce" not in refreshed.id_claims
    assert refreshed.id_claims["auth_time"] == tokens.id_claims["auth_time"]
    assert refreshed.id_claims["iat"] > tokens.id_claims["iat"]


async def test_a_refresh_may_ask_for_less_and_not_for_more(
    world: World, aurora: Tenant, recipient: RecipientClient
) -> None:
    tokens = await world.consent(aurora, recipient)
    assert tokens.refresh_token is not None
    assert (await recipient.refresh(tokens.refresh_token, form={"scope": "openid"})).scope == "openid"
    assert (await recipient.refresh(tokens.refresh_token)).scope == SCOPE
    with refused("invalid_scope", "exceeds"):
        await recipient.refresh(tokens.refresh_token, form={"scope": "openid energy:billing:read"})


@pytest.mark.parametrize(("token", "error"), [(ABSENT, "invalid_request"), ("nonsense", "invalid_grant")])
async def test_a_refresh_token_must_be_there(recipient: RecipientClient, token: Any, error: str) -> None:
    with refused(error, "refresh"):
        await recipient.refresh("", form={"refresh_token": token})


async def test_a_refresh_token_is_its_clients_and_its_tenants(
    world: World, aurora: Tenant, banksia: Tenant, recipient: RecipientClient
) -> None:
    tokens = await world.consent(aurora, recipient)
    assert tokens.refresh_token is not None
    for tenant in (aurora, banksia):
        with refused("invalid_grant", "another client's"):
            await (await world.registered(tenant)).refresh(tokens.refresh_token)
    assert await _is_alive(recipient, tokens)


async def test_an_access_token_is_no_refresh_token(world: World, aurora: Tenant, recipient: RecipientClient) -> None:
    tokens = await world.consent(aurora, recipient)
    with refused("invalid_grant"):
        await recipient.refresh(tokens.access_token)


async def test_a_renewed_certificate_keeps_the_consent(
    world: World, aurora: Tenant, recipient: RecipientClient
) -> None:
    product_key = recipient.key
    tokens = await world.consent(aurora, recipient)
    assert tokens.refresh_token is not None
    renewed = RecipientClient(
        recipient.holder,
        world.http("renewed certificate"),
        product_key,
        software_product_id=recipient.software_product_id,
        redirect_uri=recipient.redirect_uri,
        resource_base_uri=recipient.resource_base_uri,
        client_id=recipient.client_id,
        clock=world.services.clock,
    )
    refreshed = await renewed.refresh(tokens.refresh_token)
    assert await renewed.userinfo(refreshed.access_token)
    with refused("invalid_token", "certificate", status=401):
        await recipient.userinfo(refreshed.access_token)


async def test_an_inactive_recipient_may_refresh(world: World, aurora: Tenant) -> None:
    recipient = await world.registered(aurora)
    tokens = await world.consent(aurora, recipient)
    assert tokens.refresh_token is not None
    await world.set(aurora, update(client).where(_is(recipient)).values(product_status="INACTIVE"))
    assert (await recipient.refresh(tokens.refresh_token)).access_token


# --- client credentials


async def test_a_product_manages_its_registration_and_nothing_else(recipient: RecipientClient) -> None:
    tokens = await recipient.client_credentials()
    assert tokens.scope == "cdr:registration"
    assert tokens.refresh_token is None
    assert tokens.id_token is None
    assert tokens.cdr_arrangement_id is None


@pytest.mark.parametrize(
    "scope", [ABSENT, "openid", "cdr:registration openid", "energy:billing:read", "admin:metrics.basic:read", "x"]
)
async def test_client_credentials_give_no_other_scope(recipient: RecipientClient, scope: Any) -> None:
    with refused("invalid_scope"):
        await recipient.client_credentials(form={"scope": scope})


async def test_client_credentials_must_be_registered(world: World, aurora: Tenant) -> None:
    recipient = await world.registered(aurora, grant_types=("authorization_code", "refresh_token"))
    with refused("unauthorized_client", "client_credentials"):
        await recipient.client_credentials()


@pytest.mark.parametrize("scope", ["admin:metrics.basic:read", "admin:metadata:update"])
async def test_the_register_asks_for_admin_scopes(world: World, aurora: Tenant, scope: str) -> None:
    product = world.product()
    register = await world.recipient(aurora, product, client_id="cdr-register")
    register.key = world.register_key
    assert (await register.client_credentials(scope)).scope == scope


async def test_the_register_gets_no_other_scope_and_nobody_else_is_the_register(world: World, aurora: Tenant) -> None:
    register = await world.recipient(aurora, world.product(), client_id="cdr-register")
    with refused("invalid_client", status=401):
        await register.client_credentials("admin:metrics.basic:read")
    register.key = world.register_key
    for scope in ("cdr:registration", "openid"):
        with refused("invalid_scope"):
            await register.client_credentials(scope)
    with refused("unauthorized_client"):
        await register.push(SCOPE)


# --- all of them


@pytest.mark.parametrize(
    ("grant", "error"),
    [(ABSENT, "invalid_request"), ("password", "unsupported_grant_type"), ("implicit", "unsupported_grant_type")],
)
async def test_other_grants_are_refused(recipient: RecipientClient, grant: Any, error: str) -> None:
    with refused(error, "grant_type"):
        await recipient.tokens("", {}, form={"grant_type": grant})


async def test_a_parameter_that_comes_twice_is_refused(recipient: RecipientClient) -> None:
    response = await recipient.http.post(
        recipient.holder.metadata.token_endpoint,
        content=b"grant_type=refresh_token&grant_type=authorization_code",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert response.json() == {
        "error": "invalid_request",
        "error_description": "a parameter is there more than once",
    }


async def test_tokens_are_kept_by_their_hash_alone(world: World, aurora: Tenant, recipient: RecipientClient) -> None:
    tokens = await world.consent(aurora, recipient)
    async with world.services.database.transaction(aurora.namespace) as tx:
        rows = (await tx.execute(select(access_token))).all()
    assert tokens.access_token not in repr(rows)
    assert len(tokens.access_token) == 43


async def test_a_refused_request_issues_nothing(world: World, aurora: Tenant, recipient: RecipientClient) -> None:
    async def count() -> int:
        async with world.services.database.transaction(aurora.namespace) as tx:
            return int((await tx.execute(select(func.count()).select_from(access_token))).scalar_one())

    before = await count()
    with refused("invalid_client", status=401):
        await recipient.client_credentials(assertion=Deviation(key=SigningKey.generate("ES256")))
    with refused("invalid_scope"):
        await recipient.client_credentials("openid")
    assert await count() == before


def _is(recipient: RecipientClient) -> Any:
    return client.c.client_id == recipient.client_id


async def _is_alive(recipient: RecipientClient, tokens: Tokens) -> bool:
    assert tokens.refresh_token is not None
    return (await recipient.introspect(tokens.refresh_token)).active
