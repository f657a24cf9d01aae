"""Refresh tokens at the token endpoint."""

from datetime import timedelta
from typing import Any

import pytest

from haas.clock import MovableClock, epoch
from ops.sandbox.messages import ABSENT
from ops.sandbox.recipient.answers import Tokens
from ops.sandbox.recipient.client import RecipientClient
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.clients import registered_client, set_client
from tests.support.consents import SCOPE, YEAR, consent
from tests.support.expectations import refused


@pytest.mark.parametrize("duration", [3600, 86_400, YEAR])
async def test_a_refresh_token_expires_with_the_sharing_duration(
    application: Application, aurora: Tenant, recipient: RecipientClient, clock: MovableClock, duration: int
) -> None:
    start = epoch(application.now)
    tokens = await consent(application, aurora, recipient, sharing_duration=duration)
    state = await recipient.introspect(tokens.refresh_token)
    assert state.exp is not None
    assert duration <= state.exp - start <= duration + 5
    clock.move(timedelta(seconds=duration - 30))
    assert (await recipient.refresh(tokens.refresh_token)).refresh_token == tokens.refresh_token
    clock.move(timedelta(seconds=60))
    assert not (await recipient.introspect(tokens.refresh_token)).active
    with refused("invalid_grant", "expired"):
        await recipient.refresh(tokens.refresh_token)


async def test_a_refreshed_id_token_keeps_auth_time_and_has_no_nonce(
    application: Application, aurora: Tenant, recipient: RecipientClient, clock: MovableClock
) -> None:
    tokens = await consent(application, aurora, recipient)
    clock.move(timedelta(minutes=3))
    refreshed = await recipient.refresh(tokens.refresh_token)
    assert "nonce" not in refreshed.id_claims
    assert refreshed.id_claims["auth_time"] == tokens.id_claims["auth_time"]
    assert refreshed.id_claims["iat"] > tokens.id_claims["iat"]


async def test_a_refresh_may_reduce_the_scope_and_not_extend_it(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    tokens = await consent(application, aurora, recipient)
    assert (await recipient.refresh(tokens.refresh_token, form={"scope": "openid"})).scope == "openid"
    assert (await recipient.refresh(tokens.refresh_token)).scope == SCOPE
    for wider in ("energy:accounts.detail:read", "energy:billing:read"):
        with refused("invalid_scope", "exceeds"):
            await recipient.refresh(tokens.refresh_token, form={"scope": f"openid {wider}"})


@pytest.mark.parametrize(("token", "error"), [(ABSENT, "invalid_request"), ("nonsense", "invalid_grant")])
async def test_a_missing_or_unknown_refresh_token_is_refused(
    recipient: RecipientClient, token: Any, error: str
) -> None:
    with refused(error, "refresh"):
        await recipient.refresh("", form={"refresh_token": token})


async def test_a_refresh_token_is_refused_to_another_client_or_tenant(
    application: Application, aurora: Tenant, banksia: Tenant, recipient: RecipientClient
) -> None:
    tokens = await consent(application, aurora, recipient)
    for tenant in (aurora, banksia):
        with refused("invalid_grant", "another client"):
            await (await registered_client(application, tenant)).refresh(tokens.refresh_token)
    assert await _is_alive(recipient, tokens)


async def test_an_access_token_is_refused_as_a_refresh_token(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    tokens = await consent(application, aurora, recipient)
    with refused("invalid_grant", "unknown or was issued to another client"):
        await recipient.refresh(tokens.access_token)


async def test_a_client_with_a_renewed_certificate_can_refresh(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    product_key = recipient.key
    tokens = await consent(application, aurora, recipient)
    renewed = RecipientClient(
        recipient.holder,
        application.http("renewed certificate"),
        product_key,
        software_product_id=recipient.software_product_id,
        redirect_uri=recipient.redirect_uri,
        resource_base_uri=recipient.resource_base_uri,
        client_id=recipient.client_id,
        clock=application.services.clock,
    )
    refreshed = await renewed.refresh(tokens.refresh_token)
    assert await renewed.userinfo(refreshed.access_token)
    with refused("invalid_token", "certificate", 401):
        await recipient.userinfo(refreshed.access_token)


async def test_an_inactive_recipient_can_refresh(application: Application, aurora: Tenant) -> None:
    recipient = await registered_client(application, aurora)
    tokens = await consent(application, aurora, recipient)
    await set_client(application.database, aurora, recipient.client_id, product_status="INACTIVE")
    assert (await recipient.refresh(tokens.refresh_token)).access_token


async def _is_alive(recipient: RecipientClient, tokens: Tokens) -> bool:
    return (await recipient.introspect(tokens.refresh_token)).active
