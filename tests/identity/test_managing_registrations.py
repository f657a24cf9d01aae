"""Reading, updating and deleting a registration."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from ops.sandbox.messages import ABSENT, Deviation
from ops.sandbox.recipient.client import RecipientClient
from tenants.arrangements.tables import arrangement
from tenants.registry.models import Tenant
from tests.identity.conftest import World, refused

METADATA = "invalid_client_metadata"
STATEMENT = "invalid_software_statement"
REDIRECT = "invalid_redirect_uri"


async def test_a_registration_is_updated_with_a_new_statement(world: World, aurora: Tenant) -> None:
    product, recipient = await world.unregistered(aurora)
    await recipient.register(product.ssa(world.now))
    token = (await recipient.client_credentials()).access_token
    ssa = product.ssa(world.now, client_name="Renamed", scope="openid profile cdr:registration")
    updated = await recipient.update_registration(token, ssa)
    assert (updated["client_name"], updated["scope"]) == ("Renamed", "openid profile cdr:registration")
    assert updated["client_id"] == recipient.client_id
    assert updated["software_statement"] == ssa
    assert await recipient.read_registration(token) == updated


async def test_an_update_goes_through_the_same_checks(world: World, aurora: Tenant) -> None:
    product, recipient = await world.unregistered(aurora)
    await recipient.register(product.ssa(world.now))
    token = (await recipient.client_credentials()).access_token
    other, _ = await world.unregistered(aurora)
    once = Deviation(token=recipient.registration_request(product.ssa(world.now)))
    await recipient.update_registration(token, "", once)
    for ssa, request, error in (
        (product.ssa(world.now), Deviation(claims={"redirect_uris": ["https://evil.example"]}), REDIRECT),
        (product.ssa(world.now, exp=1), Deviation(), STATEMENT),
        (other.ssa(world.now), Deviation(claims={"iss": other.software_id, "redirect_uris": ABSENT}), STATEMENT),
        ("", once, METADATA),
    ):
        with refused(error):
            await recipient.update_registration(token, ssa, request)


async def test_a_deleted_registration_takes_tokens_and_arrangements_along(world: World, aurora: Tenant) -> None:
    product, recipient = await world.unregistered(aurora)
    await recipient.register(product.ssa(world.now))
    tokens = await world.consent(aurora, recipient)
    own = (await recipient.client_credentials()).access_token
    await recipient.delete_registration(own)
    with refused("invalid_client", status=401):
        await recipient.client_credentials()
    for token in (own, tokens.access_token):
        with refused("invalid_token", status=401):
            await recipient.userinfo(token)
    ended = await world.row(aurora, arrangement, arrangement.c.id == tokens.cdr_arrangement_id)
    assert ended.ended_by == "recipient"
    with refused("invalid_token", status=401):
        await recipient.read_registration(own)


Call = Callable[[RecipientClient, str, str], Any]
CALLS: dict[str, Call] = {
    "get": lambda recipient, token, _: recipient.read_registration(token),
    "put": lambda recipient, token, ssa: recipient.update_registration(token, ssa),
    "delete": lambda recipient, token, _: recipient.delete_registration(token),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_managing_needs_the_clients_own_token_of_the_right_scope(
    world: World, aurora: Tenant, recipient: RecipientClient, call: Call
) -> None:
    product, mine = await world.unregistered(aurora)
    await mine.register(product.ssa(world.now))
    ssa = product.ssa(world.now)
    with refused("invalid_token", status=401):
        await call(mine, "nonsense", ssa)
    consumers = await world.consent(aurora, mine)
    with refused("insufficient_scope", "cdr:registration", status=403):
        await call(mine, consumers.access_token, ssa)
    with refused("access_denied", "another client", status=403):
        await call(mine, (await recipient.client_credentials()).access_token, ssa)
    own = (await mine.client_credentials()).access_token
    unknown = await world.recipient(aurora, product, client_id=str(uuid4()))
    with refused("invalid_token", status=401):
        await call(unknown, own, ssa)
    stolen = await world.recipient(aurora, product, certificate="another", client_id=mine.client_id)
    with refused("invalid_token", "certificate", status=401):
        await call(stolen, own, ssa)
    await call(mine, own, ssa)


async def test_managing_without_a_token_gets_a_challenge(recipient: RecipientClient) -> None:
    url = f"{recipient.holder.metadata.registration_endpoint}/{recipient.client_id}"
    response = await recipient.http.get(url)
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")


async def test_an_old_token_does_not_manage(world: World, aurora: Tenant, moved_clock: Any) -> None:
    product, recipient = await world.unregistered(aurora)
    await recipient.register(product.ssa(world.now))
    token = (await recipient.client_credentials()).access_token
    moved_clock.move(timedelta(minutes=10))
    with refused("invalid_token", "expired", status=401):
        await recipient.read_registration(token)
