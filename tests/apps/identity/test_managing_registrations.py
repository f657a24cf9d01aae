"""Reading, updating and deleting a registration."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from haas.clock import MovableClock
from ops.sandbox.messages import ABSENT, Deviation
from ops.sandbox.recipient.client import RecipientClient
from tenants.arrangements.tables import arrangement
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.clients import product_client, unregistered_client
from tests.support.consents import consent
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
