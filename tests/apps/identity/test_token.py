"""The token endpoint: client credentials, and the checks of every grant."""

from typing import Any

import pytest
from sqlalchemy import select

from haas.digest import digest
from ops.sandbox.jose import SigningKey
from ops.sandbox.messages import ABSENT, Deviation
from ops.sandbox.recipient.client import RecipientClient
from tenants.registry.models import Tenant
from tenants.tokens.tables import access_token
from tests.support.application import Application
from tests.support.clients import new_product, product_client, registered_client
from tests.support.consents import SCOPE, consent
from tests.support.expectations import oauth_error, refused
from tests.support.rows import count, execute


async def test_client_credentials_give_only_an_access_token_with_the_registration_scope(
    recipient: RecipientClient,
) -> None:
    tokens = await recipient.client_credentials()
    assert tokens.scope == "cdr:registration"
    assert tokens.refresh_token is None
    assert tokens.id_token is None
    assert tokens.cdr_arrangement_id is None


@pytest.mark.parametrize(
    "scope",
    [
        *("openid", "cdr:registration openid", "energy:accounts.basic:read", "energy:billing:read"),
        *("admin:metrics.basic:read", "x"),
    ],
)
async def test_client_credentials_with_another_scope_are_refused(recipient: RecipientClient, scope: str) -> None:
    with refused("invalid_scope", "cannot request with client_credentials"):
        await recipient.client_credentials(scope)


async def test_client_credentials_without_a_scope_are_refused(recipient: RecipientClient) -> None:
    with refused("invalid_scope", "scope is required: cdr:registration"):
        await recipient.client_credentials(form={"scope": ABSENT})


async def test_a_client_without_the_client_credentials_grant_is_refused(
    application: Application, aurora: Tenant
) -> None:
    recipient = await registered_client(application, aurora, grant_types=("authorization_code", "refresh_token"))
    with refused("unauthorized_client", "client_credentials"):
        await recipient.client_credentials()


@pytest.mark.parametrize("scope", ["admin:metrics.basic:read", "admin:metadata:update"])
async def test_the_register_gets_tokens_for_admin_scopes(application: Application, aurora: Tenant, scope: str) -> None:
    product = new_product(application)
    register = await product_client(application, aurora, product, client_id="cdr-register")
    register.key = application.register_key
    assert (await register.client_credentials(scope)).scope == scope


async def test_the_register_client_gets_no_other_scope_and_needs_the_key_of_the_register(
    application: Application, aurora: Tenant
) -> None:
    register = await product_client(application, aurora, new_product(application), client_id="cdr-register")
    with refused("invalid_client", "unknown, or its assertion", 401):
        await register.client_credentials("admin:metrics.basic:read")
    register.key = application.register_key
    for scope in ("cdr:registration", "openid"):
        with refused("invalid_scope", "cannot request with client_credentials"):
            await register.client_credentials(scope)
    with refused("unauthorized_client", "not registered for the authorization_code grant"):
        await register.push(SCOPE)


@pytest.mark.parametrize(
    ("grant", "error"),
    [(ABSENT, "invalid_request"), ("password", "unsupported_grant_type"), ("implicit", "unsupported_grant_type")],
)
async def test_a_missing_or_unsupported_grant_type_is_refused(
    recipient: RecipientClient, grant: Any, error: str
) -> None:
    with refused(error, "grant_type"):
        await recipient.tokens("", {}, form={"grant_type": grant})


async def test_a_repeated_parameter_is_refused(recipient: RecipientClient) -> None:
    response = await recipient.http.post(
        recipient.holder.metadata.token_endpoint,
        content=b"grant_type=refresh_token&grant_type=authorization_code",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    oauth_error(response, "invalid_request", "a parameter occurs more than once")


async def test_only_the_hash_of_a_token_is_stored(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    tokens = await consent(application, aurora, recipient)
    rows = await execute(application.database, aurora, select(access_token))
    assert digest(tokens.access_token) in {row.token_hash for row in rows}
    assert tokens.access_token not in repr(rows)
    assert len(tokens.access_token) == 43


async def test_a_refused_request_stores_no_access_token(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    before = await count(application.database, aurora, access_token)
    with refused("invalid_client", "unknown, or its assertion", 401):
        await recipient.client_credentials(assertion=Deviation(key=SigningKey.generate("ES256")))
    with refused("invalid_scope", "cannot request with client_credentials"):
        await recipient.client_credentials("openid")
    assert await count(application.database, aurora, access_token) == before
    await recipient.client_credentials()
    assert await count(application.database, aurora, access_token) == before + 1
