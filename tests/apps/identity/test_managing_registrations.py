"""Reading, updating and deleting a registration."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from haas.clock import MovableClock
from haas.digest import digest
from ops.sandbox.messages import ABSENT, Deviation
from ops.sandbox.recipient.client import RecipientClient
from tenants.arrangements.tables import arrangement
from tenants.registry.models import Tenant
from tenants.tokens.tables import access_token
from tests.support.application import Application
from tests.support.clients import product_client, unregistered_client
from tests.support.consents import DAY, authorised_code, consent
from tests.support.customers import new_consumer
from tests.support.expectations import refused
from tests.support.rows import one

METADATA = "invalid_client_metadata"
STATEMENT = "invalid_software_statement"
REDIRECT = "invalid_redirect_uri"


async def test_a_registration_is_updated_with_a_new_statement(application: Application, aurora: Tenant) -> None:
    product, recipient = await unregistered_client(application, aurora)
    await recipient.register(product.ssa(application.now))
    token = (await recipient.client_credentials()).access_token
    ssa = product.ssa(application.now, client_name="Renamed", scope="openid profile cdr:registration")
    updated = await recipient.update_registration(token, ssa)
    assert (updated["client_name"], updated["scope"]) == ("Renamed", "openid profile cdr:registration")
    assert updated["client_id"] == recipient.client_id
    assert updated["software_statement"] == ssa
    assert await recipient.read_registration(token) == updated


async def test_an_update_is_checked_like_a_registration(application: Application, aurora: Tenant) -> None:
    product, recipient = await unregistered_client(application, aurora)
    await recipient.register(product.ssa(application.now))
    token = (await recipient.client_credentials()).access_token
    other, _ = await unregistered_client(application, aurora)
    once = Deviation(token=recipient.registration_request(product.ssa(application.now)))
    await recipient.update_registration(token, "", once)
    right = product.ssa(application.now)
    elsewhere = Deviation(claims={"redirect_uris": ["https://evil.example"]})
    others = Deviation(claims={"iss": other.software_id, "redirect_uris": ABSENT})
    for ssa, request, error, said in (
        (right, elsewhere, REDIRECT, "must be in the software statement"),
        (product.ssa(application.now, exp=1), Deviation(), STATEMENT, "expired"),
        (other.ssa(application.now), others, STATEMENT, "of another software product"),
        ("", once, METADATA, "used before"),
    ):
        with refused(error, said):
            await recipient.update_registration(token, ssa, request)
    await recipient.update_registration(token, right)


async def test_deleting_a_registration_ends_its_tokens_and_arrangements(
    application: Application, aurora: Tenant
) -> None:
    product, recipient = await unregistered_client(application, aurora)
    await recipient.register(product.ssa(application.now))
    tokens = await consent(application, aurora, recipient)
    own = (await recipient.client_credentials()).access_token
    await recipient.delete_registration(own)
    with refused("invalid_client", "unknown, or its assertion", 401):
        await recipient.client_credentials()
    for token in (own, tokens.access_token):
        with refused("invalid_token", "was revoked", 401):
            await recipient.userinfo(token)
    ended = await one(application.database, aurora, arrangement, id=tokens.cdr_arrangement_id)
    assert ended.ended_by == "recipient"
    with refused("invalid_token", "was revoked", 401):
        await recipient.read_registration(own)


async def test_tokens_have_no_scope_that_the_client_has_removed_from_its_registration(
    application: Application, aurora: Tenant
) -> None:
    """The registered scopes are those "that the client can use when requesting access tokens" (CDS, SSA Definition)."""
    product, recipient = await unregistered_client(application, aurora)
    await recipient.register(product.ssa(application.now))
    own = (await recipient.client_credentials()).access_token
    granted = "openid energy:accounts.basic:read energy:billing:read"
    person = await new_consumer(application, aurora)
    tokens = await consent(application, aurora, recipient, person, scope=granted)
    flow = await recipient.push(granted, sharing_duration=DAY)
    code = await authorised_code(application, aurora, recipient, flow, person)

    assert tokens.refresh_token is not None
    narrow = "openid energy:accounts.basic:read"
    await recipient.update_registration(own, product.ssa(application.now, scope=f"{narrow} cdr:registration"))
    refreshed = await recipient.refresh(tokens.refresh_token)
    asked = await recipient.refresh(
        tokens.refresh_token, form={"scope": "energy:accounts.basic:read energy:billing:read"}
    )
    exchanged = await recipient.exchange(code, flow)
    assert [each.scope for each in (refreshed, asked, exchanged)] == [narrow, "energy:accounts.basic:read", narrow]
    assert (await recipient.introspect(tokens.refresh_token)).scope == narrow
    with refused("invalid_scope", "no longer registered"):
        await recipient.refresh(tokens.refresh_token, form={"scope": "energy:billing:read"})
    stored = await one(application.database, aurora, access_token, token_hash=digest(refreshed.access_token))
    assert stored.scope == narrow

    await recipient.update_registration(own, product.ssa(application.now))
    assert exchanged.refresh_token is not None
    for refresh_token in (tokens.refresh_token, exchanged.refresh_token):
        assert (await recipient.refresh(refresh_token)).scope == granted
        assert (await recipient.introspect(refresh_token)).scope == granted


async def test_a_code_of_which_the_client_has_removed_every_scope_is_refused(
    application: Application, aurora: Tenant
) -> None:
    product, recipient = await unregistered_client(application, aurora)
    await recipient.register(product.ssa(application.now))
    own = (await recipient.client_credentials()).access_token
    flow = await recipient.push("openid energy:accounts.basic:read", sharing_duration=DAY)
    code = await authorised_code(application, aurora, recipient, flow, await new_consumer(application, aurora))
    await recipient.update_registration(own, product.ssa(application.now, scope="profile cdr:registration"))
    with refused("invalid_scope", "no longer registered"):
        await recipient.exchange(code, flow)


Call = Callable[[RecipientClient, str, str], Any]
CALLS: dict[str, Call] = {
    "get": lambda recipient, token, _: recipient.read_registration(token),
    "put": lambda recipient, token, ssa: recipient.update_registration(token, ssa),
    "delete": lambda recipient, token, _: recipient.delete_registration(token),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_managing_a_registration_needs_a_registration_token_of_the_same_client(
    application: Application, aurora: Tenant, recipient: RecipientClient, call: Call
) -> None:
    product, mine = await unregistered_client(application, aurora)
    await mine.register(product.ssa(application.now))
    ssa = product.ssa(application.now)
    with refused("invalid_token", "token is unknown", 401):
        await call(mine, "nonsense", ssa)
    consumers = await consent(application, aurora, mine)
    with refused("insufficient_scope", "cdr:registration", 403):
        await call(mine, consumers.access_token, ssa)
    with refused("access_denied", "another client", 403):
        await call(mine, (await recipient.client_credentials()).access_token, ssa)
    own = (await mine.client_credentials()).access_token
    unknown = await product_client(application, aurora, product, client_id=str(uuid4()))
    with refused("invalid_token", "client is unknown", 401):
        await call(unknown, own, ssa)
    stolen = await product_client(application, aurora, product, certificate="another", client_id=mine.client_id)
    with refused("invalid_token", "certificate", 401):
        await call(stolen, own, ssa)
    await call(mine, own, ssa)


async def test_reading_a_registration_without_a_token_gets_a_bearer_challenge(recipient: RecipientClient) -> None:
    url = f"{recipient.holder.metadata.registration_endpoint}/{recipient.client_id}"
    response = await recipient.http.get(url)
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")


async def test_reading_a_registration_with_an_expired_token_is_refused(
    application: Application, aurora: Tenant, clock: MovableClock
) -> None:
    product, recipient = await unregistered_client(application, aurora)
    await recipient.register(product.ssa(application.now))
    token = (await recipient.client_credentials()).access_token
    clock.move(timedelta(minutes=10))
    with refused("invalid_token", "expired", 401):
        await recipient.read_registration(token)
