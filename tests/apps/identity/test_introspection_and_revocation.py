"""Introspection of refresh tokens, and revocation of tokens."""

from typing import Any

import httpx
import pytest

from ops.sandbox.messages import ABSENT
from ops.sandbox.recipient.client import RecipientClient
from tenants.arrangements.tables import arrangement
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.clients import registered_client, set_client
from tests.support.consents import SCOPE, consent
from tests.support.expectations import refused
from tests.support.rows import one


async def _introspected(recipient: RecipientClient, token: str, **form: object) -> httpx.Response:
    fields = {"token": token, **form}
    return await recipient.post(recipient.holder.metadata.introspection_endpoint, fields)


async def test_introspection_of_an_active_refresh_token_returns_its_members(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    tokens = await consent(application, aurora, recipient)
    response = await _introspected(recipient, tokens.refresh_token)
    body = response.json()
    assert set(body) == {"active", "exp", "scope", "cdr_arrangement_id"}
    assert (body["active"], body["scope"]) == (True, SCOPE)
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("hint", [None, "refresh_token", "access_token", "unknown"])
async def test_introspection_and_revocation_ignore_the_token_type_hint(
    application: Application, aurora: Tenant, recipient: RecipientClient, hint: str | None
) -> None:
    tokens = await consent(application, aurora, recipient)
    assert (await recipient.introspect(tokens.refresh_token, hint=hint)).active
    await recipient.revoke_token(tokens.refresh_token, hint=hint)
    assert not (await recipient.introspect(tokens.refresh_token, hint=hint)).active


async def test_introspection_of_any_other_token_than_a_refresh_token_returns_inactive(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    tokens = await consent(application, aurora, recipient)
    for token in (tokens.access_token, tokens.id_token, "nonsense"):
        assert (await _introspected(recipient, str(token))).json() == {"active": False}


async def test_introspection_of_a_token_of_another_client_or_tenant_returns_inactive(
    application: Application, aurora: Tenant, banksia: Tenant, recipient: RecipientClient
) -> None:
    tokens = await consent(application, aurora, recipient)
    for tenant in (aurora, banksia):
        other = await registered_client(application, tenant)
        assert (await _introspected(other, tokens.refresh_token)).json() == {"active": False}


async def test_a_request_without_a_token_is_refused(recipient: RecipientClient) -> None:
    with refused("invalid_request", "token is missing"):
        await recipient.introspect("", form={"token": ABSENT})
    with refused("invalid_request", "token is missing"):
        await recipient.revoke_token("", form={"token": ABSENT})


async def test_revoking_a_refresh_token_revokes_its_access_tokens_and_keeps_the_arrangement(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    tokens = await consent(application, aurora, recipient)
    await recipient.revoke_token(tokens.refresh_token)
    assert not (await recipient.introspect(tokens.refresh_token)).active
    with refused("invalid_grant", "revoked"):
        await recipient.refresh(tokens.refresh_token)
    with refused("invalid_token", "was revoked", 401):
        await recipient.userinfo(tokens.access_token)
    assert await _is_in_force(application, aurora, tokens.cdr_arrangement_id)


async def test_revoking_an_access_token_keeps_the_refresh_token(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    tokens = await consent(application, aurora, recipient)
    await recipient.revoke_token(tokens.access_token)
    with refused("invalid_token", "was revoked", 401):
        await recipient.userinfo(tokens.access_token)
    assert await recipient.userinfo((await recipient.refresh(tokens.refresh_token)).access_token)
    assert await _is_in_force(application, aurora, tokens.cdr_arrangement_id)


async def test_revoking_an_unknown_or_revoked_token_succeeds(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    await recipient.revoke_token("nonsense")
    tokens = await consent(application, aurora, recipient)
    for _ in range(2):
        await recipient.revoke_token(tokens.refresh_token)
        await recipient.revoke_token(tokens.access_token)


async def test_a_client_can_revoke_only_its_own_tokens(
    application: Application, aurora: Tenant, banksia: Tenant, recipient: RecipientClient
) -> None:
    tokens = await consent(application, aurora, recipient)
    other = await registered_client(application, aurora)
    for token in (tokens.refresh_token, tokens.access_token):
        with refused("invalid_request", "not issued to this client"):
            await other.revoke_token(token)
    await (await registered_client(application, banksia)).revoke_token(tokens.refresh_token)
    assert await recipient.userinfo(tokens.access_token)
    assert (await recipient.introspect(tokens.refresh_token)).active


async def test_an_inactive_recipient_can_still_revoke_and_introspect(application: Application, aurora: Tenant) -> None:
    recipient = await registered_client(application, aurora)
    tokens = await consent(application, aurora, recipient)
    statuses: dict[str, Any] = {"recipient_status": "SUSPENDED", "product_status": "INACTIVE"}
    await set_client(application.database, aurora, recipient.client_id, **statuses)
    assert (await recipient.introspect(tokens.refresh_token)).active
    await recipient.revoke_token(tokens.refresh_token)
    assert not (await recipient.introspect(tokens.refresh_token)).active


async def _is_in_force(application: Application, tenant: Tenant, arrangement_id: str | None) -> bool:
    return (await one(application.database, tenant, arrangement, id=arrangement_id)).ended_at is None
