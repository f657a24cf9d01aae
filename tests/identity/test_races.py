"""Two requests at once, of which one ends what the other one uses."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import update

from haas.digest import digest
from haas.steps import run
from ops.sandbox.recipient.client import RecipientClient
from tenants.clients.models import Client
from tenants.clients.tables import client
from tenants.grants import access, authorization_code, refresh, store
from tenants.grants.access import TokenUse
from tenants.grants.authorization_code import CodeExchange
from tenants.grants.refresh import Refresh
from tenants.oauth.errors import InvalidToken
from tenants.registration import service as registrations
from tenants.registration.validation import ValidatedRegistration
from tenants.registry.models import Tenant
from tests.identity.conftest import SCOPE, World, refused

THUMBPRINT = bytes(32)
SECONDS_TO_GET_AHEAD = 0.5


class Refreshing:
    """A refresh that has done everything but its COMMIT, while something else happens."""

    def __init__(self, world: World, tenant: Tenant, client: Client, token: str) -> None:
        self.world, self.tenant, self.client, self.token = world, tenant, client, token

    async def beside(self, other: Awaitable[object]) -> str:
        """Return the access token; `other` began after the refresh token was found good, and has ended."""
        async with self.world.services.database.transaction(self.tenant.namespace) as tx:
            parameters = {"refresh_token": self.token}
            refreshing = Refresh(tx, self.client, parameters, thumbprint=THUMBPRINT, now=self.world.now)
            await run(refresh.STEPS, refreshing)
            task = asyncio.ensure_future(other)
            await asyncio.wait({task}, timeout=SECONDS_TO_GET_AHEAD)
        await task
        return refreshing.issued.access_token


async def _unusable(world: World, tenant: Tenant, token: str) -> None:
    async with world.services.database.transaction(tenant.namespace) as tx:
        found = await store.load_access_token(tx, digest(token))
    assert found is not None
    use = TokenUse(token=found, certificate_thumbprint=THUMBPRINT, scope="openid", now=world.now)
    access.has_not_expired(use)
    with pytest.raises(InvalidToken):
        access.is_not_revoked(use)


async def test_no_access_token_outlives_the_revocation_of_its_refresh_token(
    world: World, aurora: Tenant, recipient: RecipientClient
) -> None:
    tokens = await world.consent(aurora, recipient)
    assert tokens.refresh_token is not None
    refreshing = Refreshing(world, aurora, await world.client(aurora, recipient.client_id), tokens.refresh_token)
    token = await refreshing.beside(recipient.revoke_token(tokens.refresh_token))
    await _unusable(world, aurora, token)


async def test_no_access_token_outlives_the_amendment_of_its_authorisation(
    world: World, aurora: Tenant, recipient: RecipientClient
) -> None:
    """ "MUST revoke any existing tokens related to the arrangement" (CDS, Specifying an existing arrangement)."""
    person = await world.person(aurora)
    first = await world.consent(aurora, recipient, person)
    assert first.refresh_token is not None
    flow = await recipient.push(SCOPE, sharing_duration=3600, cdr_arrangement_id=first.cdr_arrangement_id)
    code = await world.code(aurora, recipient, flow, person)
    refreshing = Refreshing(world, aurora, await world.client(aurora, recipient.client_id), first.refresh_token)
    token = await refreshing.beside(recipient.exchange(code, flow))
    await _unusable(world, aurora, token)


async def test_a_code_that_is_being_exchanged_is_no_code_for_others(
    world: World, aurora: Tenant, recipient: RecipientClient
) -> None:
    flow = await recipient.push(SCOPE, sharing_duration=3600)
    code = await world.code(aurora, recipient, flow, await world.person(aurora))
    parameters = {"code": code, "redirect_uri": flow.redirect_uri, "code_verifier": flow.code_verifier}
    of = await world.client(aurora, recipient.client_id)
    async with world.services.database.transaction(aurora.namespace) as tx:
        exchange = CodeExchange(tx, of, parameters, thumbprint=THUMBPRINT, now=world.now)
        await run(authorization_code.STEPS, exchange)
        second = asyncio.ensure_future(recipient.exchange(code, flow))
        await asyncio.wait({second}, timeout=SECONDS_TO_GET_AHEAD)
    with refused("invalid_grant", "used before"):
        await second


async def test_of_two_amendments_the_later_consent_stays_in_force(
    world: World, aurora: Tenant, recipient: RecipientClient
) -> None:
    """The codes may be exchanged in any order; what the person agreed to last is what counts."""
    person = await world.person(aurora)
    tokens = await world.consent(aurora, recipient, person)
    wide = await recipient.push(
        f"{SCOPE} energy:billing:read", sharing_duration=86_400, cdr_arrangement_id=tokens.cdr_arrangement_id
    )
    narrow = await recipient.push("openid", sharing_duration=3600, cdr_arrangement_id=tokens.cdr_arrangement_id)
    wide_code = await world.code(aurora, recipient, wide, person)
    narrow_code = await world.code(aurora, recipient, narrow, person)
    last = await recipient.exchange(narrow_code, narrow)
    with refused("invalid_grant", "later consent"):
        await recipient.exchange(wide_code, wide)
    assert last.refresh_token is not None
    assert (await recipient.introspect(last.refresh_token)).scope == "openid"


async def test_a_client_that_gave_the_grant_up_cannot_refresh(world: World, aurora: Tenant) -> None:
    """`grant_types` are what "the client can use at the token endpoint" (CDS, Registration Request)."""
    product = world.product()
    recipient = await world.registered(aurora, product)
    tokens = await world.consent(aurora, recipient)
    assert tokens.refresh_token is not None
    without = msgspec.to_builtins(product.registration(grant_types=("authorization_code",)))
    mine = client.c.client_id == recipient.client_id
    await world.set(aurora, update(client).where(mine).values(registration=without))
    with refused("unauthorized_client", "refresh_token"):
        await recipient.refresh(tokens.refresh_token)


async def test_an_update_of_a_registration_that_was_just_removed_meets_no_client(world: World, aurora: Tenant) -> None:
    """The removal comes between the update's first look at the client and its writing."""
    product, recipient = await world.unregistered(aurora)
    await recipient.register(product.ssa(world.now))
    of = await world.client(aurora, recipient.client_id)
    await recipient.delete_registration((await recipient.client_credentials()).access_token)
    validated = ValidatedRegistration(
        registration=of.registration,
        recipient_id=of.recipient_id,
        jti_hash=bytes(32),
        expires_at=world.now + timedelta(minutes=1),
    )
    async with world.services.database.transaction(aurora.namespace) as tx:
        with pytest.raises(InvalidToken):
            await registrations.update(tx, of, validated, world.now)
