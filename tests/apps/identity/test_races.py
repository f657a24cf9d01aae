"""Two concurrent requests, of which one revokes, replaces or removes what the other one uses."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

import msgspec
import pytest

from haas.digest import digest
from haas.steps import run
from ops.sandbox.recipient.client import RecipientClient
from tenants.grants import access_token_rules, authorization_code, refresh, store
from tenants.grants.access_token_rules import TokenUse
from tenants.grants.authorization_code import CodeExchange
from tenants.grants.refresh import TokenRefresh
from tenants.oauth.errors import InvalidToken
from tenants.registration import service as registrations
from tenants.registration.validation_steps import ValidatedRegistration
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.clients import load_client, new_product, registered_client, set_client, unregistered_client
from tests.support.consents import SCOPE, authorised_code, consent
from tests.support.customers import new_consumer
from tests.support.expectations import refused

THUMBPRINT = bytes(32)
SECONDS_UNTIL_BLOCKED = 0.5


async def _refresh_concurrently(
    application: Application, tenant: Tenant, recipient: RecipientClient, refresh_token: str, other: Awaitable[object]
) -> str:
    """Refresh, and let `other` begin between the check of the refresh token and the COMMIT; return the access token."""
    client = await load_client(application.database, tenant, recipient.client_id)
    async with application.database.transaction(tenant.namespace) as tx:
        refreshing = TokenRefresh(
            tx, tenant, client, {"refresh_token": refresh_token}, thumbprint=THUMBPRINT, now=application.now
        )
        await run(refresh.STEPS, refreshing)
        task = asyncio.ensure_future(other)
        await asyncio.wait({task}, timeout=SECONDS_UNTIL_BLOCKED)
    await task
    return refreshing.issued.access_token


async def _check_access_token(application: Application, tenant: Tenant, token: str) -> None:
    """Raise InvalidToken unless the access token is in force."""
    async with application.database.transaction(tenant.namespace) as tx:
        found = await store.load_access_token(tx, digest(token))
    assert found is not None
    use = TokenUse(token=found, certificate_thumbprint=THUMBPRINT, scope="openid", now=application.now)
    access_token_rules.has_not_expired(use)
    access_token_rules.is_not_revoked(use)


async def test_an_access_token_issued_while_its_refresh_token_is_revoked_is_revoked_too(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    refresh_token = (await consent(application, aurora, recipient)).refresh_token
    valid = await _refresh_concurrently(application, aurora, recipient, refresh_token, asyncio.sleep(0))
    await _check_access_token(application, aurora, valid)
    revocation = recipient.revoke_token(refresh_token)
    revoked = await _refresh_concurrently(application, aurora, recipient, refresh_token, revocation)
    for token in (valid, revoked):
        with pytest.raises(InvalidToken, match="revoked"):
            await _check_access_token(application, aurora, token)


async def test_an_access_token_issued_while_its_authorisation_is_amended_is_revoked_too(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    """ "MUST revoke any existing tokens related to the arrangement" (CDS, Specifying an existing arrangement)."""
    person = await new_consumer(application, aurora)
    first = await consent(application, aurora, recipient, person)
    flow = await recipient.push(SCOPE, sharing_duration=3600, cdr_arrangement_id=first.cdr_arrangement_id)
    code = await authorised_code(application, aurora, recipient, flow, person)
    amendment = recipient.exchange(code, flow)
    token = await _refresh_concurrently(application, aurora, recipient, first.refresh_token, amendment)
    with pytest.raises(InvalidToken, match="revoked"):
        await _check_access_token(application, aurora, token)


async def test_the_second_of_two_concurrent_exchanges_of_a_code_is_refused(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    flow = await recipient.push(SCOPE, sharing_duration=3600)
    code = await authorised_code(application, aurora, recipient, flow, await new_consumer(application, aurora))
    parameters = {"code": code, "redirect_uri": flow.redirect_uri, "code_verifier": flow.code_verifier}
    of = await load_client(application.database, aurora, recipient.client_id)
    async with application.database.transaction(aurora.namespace) as tx:
        exchange = CodeExchange(tx, aurora, of, parameters, thumbprint=THUMBPRINT, now=application.now)
        await run(authorization_code.STEPS, exchange)
        second = asyncio.ensure_future(recipient.exchange(code, flow))
        await asyncio.wait({second}, timeout=SECONDS_UNTIL_BLOCKED)
    with refused("invalid_grant", "used before"):
        await second


async def test_the_code_of_an_earlier_amendment_is_refused_after_a_later_one_was_exchanged(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    """The codes may be exchanged in any order; the last consent stays in force."""
    person = await new_consumer(application, aurora)
    tokens = await consent(application, aurora, recipient, person)
    wide = await recipient.push(
        f"{SCOPE} energy:accounts.detail:read", sharing_duration=86_400, cdr_arrangement_id=tokens.cdr_arrangement_id
    )
    narrow = await recipient.push("openid", sharing_duration=3600, cdr_arrangement_id=tokens.cdr_arrangement_id)
    wide_code = await authorised_code(application, aurora, recipient, wide, person)
    narrow_code = await authorised_code(application, aurora, recipient, narrow, person)
    last = await recipient.exchange(narrow_code, narrow)
    with refused("invalid_grant", "later authorisation"):
        await recipient.exchange(wide_code, wide)
    assert (await recipient.introspect(last.refresh_token)).scope == "openid"


async def test_a_client_whose_update_removed_the_refresh_token_grant_cannot_refresh(
    application: Application, aurora: Tenant
) -> None:
    """`grant_types` are what "the client can use at the token endpoint" (CDS, Registration Request)."""
    product = new_product(application)
    recipient = await registered_client(application, aurora, product)
    tokens = await consent(application, aurora, recipient)
    without = msgspec.to_builtins(product.registration(grant_types=("authorization_code",)))
    await set_client(application.database, aurora, recipient.client_id, registration=without)
    with refused("unauthorized_client", "refresh_token"):
        await recipient.refresh(tokens.refresh_token)


async def test_an_update_is_refused_if_the_registration_is_removed_meanwhile(
    application: Application, aurora: Tenant
) -> None:
    """The removal happens after the update has read the client and before it writes."""
    product, recipient = await unregistered_client(application, aurora)
    await recipient.register(product.ssa(application.now))
    of = await load_client(application.database, aurora, recipient.client_id)
    await recipient.delete_registration((await recipient.client_credentials()).access_token)
    validated = ValidatedRegistration(
        registration=of.registration,
        recipient_id=of.recipient_id,
        jti_hash=bytes(32),
        expires_at=application.now + timedelta(minutes=1),
    )
    async with application.database.transaction(aurora.namespace) as tx:
        with pytest.raises(InvalidToken):
            await registrations.update(tx, of, validated, application.now)
