"""Amending an arrangement: a new version under the same id; the old tokens end when the new ones are there."""

import pytest
from sqlalchemy import update

from ops.sandbox.recipient.client import RecipientClient
from tenants.arrangements import service as arrangements
from tenants.arrangements.errors import ArrangementEnded, ArrangementNotFound
from tenants.parties.tables import login
from tenants.registry.models import Tenant
from tests.identity.conftest import SCOPE, Person, World, refused


async def test_an_amendment_keeps_the_id_and_ends_the_old_tokens_when_its_code_is_exchanged(
    world: World, aurora: Tenant, recipient: RecipientClient
) -> None:
    person = await world.person(aurora)
    first = await world.consent(aurora, recipient, person)
    assert first.refresh_token is not None
    assert first.cdr_arrangement_id is not None
    flow = await recipient.push(
        f"{SCOPE} energy:billing:read", sharing_duration=86_400, cdr_arrangement_id=first.cdr_arrangement_id
    )
    code = await world.code(aurora, recipient, flow, person)
    assert (await recipient.introspect(first.refresh_token)).active
    assert await recipient.userinfo(first.access_token)
    second = await recipient.exchange(code, flow)
    assert second.cdr_arrangement_id == first.cdr_arrangement_id
    assert second.id_claims["sub"] == first.id_claims["sub"]
    assert not (await recipient.introspect(first.refresh_token)).active
    with refused("invalid_token", status=401):
        await recipient.userinfo(first.access_token)
    with refused("invalid_grant"):
        await recipient.refresh(first.refresh_token)
    assert second.refresh_token is not None
    assert (await recipient.introspect(second.refresh_token)).scope == f"{SCOPE} energy:billing:read"
    async with world.services.database.transaction(aurora.namespace) as tx:
        (listed,) = await arrangements.list_for_login(tx, person.login_id, world.now)
    assert [version.version for version in listed.amendments] == [1, 2]
    assert listed.authorisation.version == 2
    assert listed.authorisation.sharing_duration == 86_400
    assert [account.id for account in listed.authorisation.accounts] == [person.account_id]


async def test_an_amendment_that_is_not_exchanged_changes_nothing(
    world: World, aurora: Tenant, recipient: RecipientClient
) -> None:
    person = await world.person(aurora)
    first = await world.consent(aurora, recipient, person)
    flow = await recipient.push(SCOPE, sharing_duration=3600, cdr_arrangement_id=first.cdr_arrangement_id)
    await world.code(aurora, recipient, flow, person)
    assert first.refresh_token is not None
    assert (await recipient.introspect(first.refresh_token)).active
    async with world.services.database.transaction(aurora.namespace) as tx:
        (listed,) = await arrangements.list_for_login(tx, person.login_id, world.now)
    assert listed.authorisation.version == 1


async def test_another_customer_cannot_amend_it(world: World, aurora: Tenant, recipient: RecipientClient) -> None:
    tokens = await world.consent(aurora, recipient)
    flow = await recipient.push(SCOPE, cdr_arrangement_id=tokens.cdr_arrangement_id)
    with pytest.raises(ArrangementNotFound):
        await world.code(aurora, recipient, flow, await world.person(aurora))


async def test_an_arrangement_that_ended_on_the_way_cannot_be_amended(
    world: World, aurora: Tenant, recipient: RecipientClient
) -> None:
    person = await world.person(aurora)
    tokens = await world.consent(aurora, recipient, person)
    assert tokens.cdr_arrangement_id is not None
    flow = await recipient.push(SCOPE, cdr_arrangement_id=tokens.cdr_arrangement_id)
    await recipient.revoke_arrangement(tokens.cdr_arrangement_id)
    with pytest.raises(ArrangementEnded):
        await world.code(aurora, recipient, flow, person)


async def test_one_customer_may_have_several_arrangements_with_a_product(
    world: World, aurora: Tenant, recipient: RecipientClient
) -> None:
    person = await world.person(aurora)
    first = await world.consent(aurora, recipient, person)
    second = await world.consent(aurora, recipient, person)
    assert first.cdr_arrangement_id != second.cdr_arrangement_id
    assert first.refresh_token is not None
    assert (await recipient.introspect(first.refresh_token)).active


async def test_whoever_authorised_last_is_whom_userinfo_tells_of(
    world: World, aurora: Tenant, recipient: RecipientClient
) -> None:
    first, second = await world.person(aurora), await world.person(aurora)
    await world.set(aurora, update(login).where(login.c.id == second.login_id).values(given_name="Noah"))
    tokens = await world.consent(aurora, recipient, first)
    representative = Person(second.login_id, first.customer_id, first.account_id)
    amended = await world.consent(aurora, recipient, representative, cdr_arrangement_id=tokens.cdr_arrangement_id)
    claims = await recipient.userinfo(amended.access_token)
    assert (claims["given_name"], claims["sub"]) == ("Noah", tokens.id_claims["sub"])
