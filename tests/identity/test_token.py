"""The token endpoint: client credentials, and what holds for every grant."""

from typing import Any

import pytest
from sqlalchemy import func, select

from ops.sandbox.jose import SigningKey
from ops.sandbox.messages import ABSENT, Deviation
from ops.sandbox.recipient.client import RecipientClient
from tenants.registry.models import Tenant
from tenants.tokens.tables import access_token
from tests.identity.conftest import SCOPE, World, refused


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
        "error_description": "a parameter occurs more than once",
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
