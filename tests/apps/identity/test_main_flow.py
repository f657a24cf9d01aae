"""The main flow: register, push, authorise, exchange, refresh, introspect, revoke."""

from ops.sandbox.jose import read_unverified
from ops.sandbox.recipient.client import RecipientClient
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.consents import SCOPE, consent


async def test_tokens_of_a_consent_can_be_refreshed_introspected_and_revoked(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    tokens = await consent(application, aurora, recipient)
    assert tokens.token_type == "Bearer"
    assert tokens.expires_in == 300
    assert tokens.scope == SCOPE
    assert tokens.id_claims["acr"] == "urn:cds.au:cdr:2"
    assert tokens.id_token is not None
    assert read_unverified(tokens.id_token).header["alg"] == "PS256"
    refreshed = await recipient.refresh(tokens.refresh_token)
    assert refreshed.refresh_token == tokens.refresh_token
    assert refreshed.access_token != tokens.access_token
    assert refreshed.cdr_arrangement_id == tokens.cdr_arrangement_id
    assert refreshed.id_claims["sub"] == tokens.id_claims["sub"]
    state = await recipient.introspect(tokens.refresh_token)
    assert (state.active, state.scope, state.cdr_arrangement_id) == (True, SCOPE, tokens.cdr_arrangement_id)
    claims = await recipient.userinfo(tokens.access_token)
    assert claims["sub"] == tokens.id_claims["sub"]
    assert claims["given_name"] == "Mia"
    await recipient.revoke_arrangement(tokens.cdr_arrangement_id)
    assert not (await recipient.introspect(tokens.refresh_token)).active
