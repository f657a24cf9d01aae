"""UserInfo, and the access token that it asks for."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from haas.clock import epoch
from ops.sandbox.messages import Deviation
from ops.sandbox.recipient.client import RecipientClient
from tenants.clients.tables import client
from tenants.registry.models import Tenant
from tests.identity.conftest import World, refused


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_profile_scope_gives_the_persons_names(
    world: World, aurora: Tenant, recipient: RecipientClient, method: str
) -> None:
    tokens = await world.consent(aurora, recipient)
    response = await recipient.http.request(
        method,
        recipient.holder.metadata.userinfo_endpoint,
        headers={"Authorization": f"Bearer {tokens.access_token}"},
    )
    assert response.headers["cache-control"] == "no-store"
    body = response.json()
    assert abs(body.pop("updated_at") - epoch(world.now)) <= 5
    assert body == {
        "sub": tokens.id_claims["sub"],
        "name": "Mia Wong",
        "given_name": "Mia",
        "family_name": "Wong",
    }


async def _with_claims(world: World, tenant: Tenant, recipient: RecipientClient, asked: Any) -> dict[str, Any]:
    request = Deviation(claims={"scope": "openid", "claims": {"userinfo": asked}})
    tokens = await world.consent(tenant, recipient, request=request)
    return await recipient.userinfo(tokens.access_token)


async def test_claims_may_be_asked_for_one_by_one_and_others_are_ignored(
    world: World, aurora: Tenant, recipient: RecipientClient
) -> None:
    asked = {"given_name": None, "family_name": {"essential": True}, "email": None, "birthdate": {"essential": True}}
    body = await _with_claims(world, aurora, recipient, asked)
    assert set(body) == {"sub", "given_name", "family_name"}


@pytest.mark.parametrize("asked", [{}, None])
async def test_openid_alone_gives_the_subject_alone(
    world: World, aurora: Tenant, recipient: RecipientClient, asked: Any
) -> None:
    assert set(await _with_claims(world, aurora, recipient, asked)) == {"sub"}


async def test_a_token_without_openid_is_not_enough(world: World, aurora: Tenant, recipient: RecipientClient) -> None:
    tokens = await world.consent(aurora, recipient)
    assert tokens.refresh_token is not None
    narrow = await recipient.refresh(tokens.refresh_token, form={"scope": "energy:accounts.basic:read"})
    own = await recipient.client_credentials()
    for token in (narrow.access_token, own.access_token):
        with refused("insufficient_scope", status=403) as refusal:
            await recipient.userinfo(token)
        assert refusal.value.response.headers["www-authenticate"].startswith('Bearer error="insufficient_scope"')


async def test_an_inactive_recipient_is_told_nothing(world: World, aurora: Tenant) -> None:
    recipient = await world.registered(aurora)
    tokens = await world.consent(aurora, recipient)
    this = client.c.client_id == recipient.client_id
    await world.set(aurora, update(client).where(this).values(product_status="INACTIVE"))
    with refused("access_denied", "not active", status=403):
        await recipient.userinfo(tokens.access_token)


async def test_an_access_token_expires(
    world: World, aurora: Tenant, recipient: RecipientClient, moved_clock: Any
) -> None:
    tokens = await world.consent(aurora, recipient)
    moved_clock.move(timedelta(seconds=tokens.expires_in - 5))
    assert await recipient.userinfo(tokens.access_token)
    moved_clock.move(timedelta(seconds=6))
    with refused("invalid_token", "expired", status=401) as refusal:
        await recipient.userinfo(tokens.access_token)
    assert refusal.value.response.headers["www-authenticate"].startswith('Bearer error="invalid_token"')


async def test_an_access_token_ends_with_the_sharing(
    world: World, aurora: Tenant, recipient: RecipientClient, moved_clock: Any
) -> None:
    tokens = await world.consent(aurora, recipient, sharing_duration=60)
    moved_clock.move(timedelta(seconds=70))
    with refused("invalid_token", "expired", status=401):
        await recipient.userinfo(tokens.access_token)


async def test_an_access_token_is_bound_to_its_certificate(
    world: World, aurora: Tenant, recipient: RecipientClient
) -> None:
    tokens = await world.consent(aurora, recipient)
    other = world.http("another certificate")
    response = await other.get(
        recipient.holder.metadata.userinfo_endpoint, headers={"Authorization": f"Bearer {tokens.access_token}"}
    )
    assert (response.status_code, response.json()["error"]) == (401, "invalid_token")


async def test_a_token_of_another_tenant_is_unknown(
    world: World, aurora: Tenant, banksia: Tenant, recipient: RecipientClient
) -> None:
    tokens = await world.consent(aurora, recipient)
    with refused("invalid_token", "unknown", status=401):
        await (await world.registered(banksia)).userinfo(tokens.access_token)


@pytest.mark.parametrize(
    ("authorization", "challenge"),
    [
        (None, "Bearer"),
        ("Bearer", 'Bearer error="invalid_token"'),
        ("Bearer nonsense", 'Bearer error="invalid_token"'),
        ("Basic dTpw", 'Bearer error="invalid_token"'),
    ],
)
async def test_without_a_token_there_is_a_challenge(
    recipient: RecipientClient, authorization: str | None, challenge: str
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    response = await recipient.http.get(recipient.holder.metadata.userinfo_endpoint, headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith(challenge)
    assert ("error=" in response.headers["www-authenticate"]) == (authorization is not None)


async def test_a_token_in_the_query_does_not_count(world: World, aurora: Tenant, recipient: RecipientClient) -> None:
    tokens = await world.consent(aurora, recipient)
    url = f"{recipient.holder.metadata.userinfo_endpoint}?access_token={tokens.access_token}"
    assert (await recipient.http.get(url)).status_code == 401
