"""Ending, listing and expiring arrangements."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from tenants.arrangements import service
from tenants.arrangements.errors import ArrangementEnded, ArrangementNotFound
from tenants.arrangements.models import EndedBy
from tenants.notices.tables import outbox
from tenants.registry.models import Tenant
from tenants.tokens.tables import access_token, refresh_token
from tests.identity.conftest import SCOPE, Person, World


async def _arrangement(world: World, tenant: Tenant, **asked: Any) -> tuple[UUID, str, Person]:
    recipient = await world.registered(tenant)
    person = await world.person(tenant)
    tokens = await world.consent(tenant, recipient, person, **asked)
    assert tokens.cdr_arrangement_id is not None
    return UUID(tokens.cdr_arrangement_id), recipient.client_id, person


async def _notices(world: World, tenant: Tenant, arrangement_id: UUID) -> list[Any]:
    async with world.services.database.transaction(tenant.namespace) as tx:
        about = outbox.c.payload["arrangement_id"].astext == str(arrangement_id)
        return list((await tx.execute(select(outbox.c.payload).where(about))).scalars())


@pytest.mark.parametrize(
    ("by", "told"),
    [
        ("consumer", True),
        ("retailer", True),
        ("replay", True),
        ("ineligible", True),
        ("harm", True),
        ("recipient", False),
        ("register", False),
        ("expiry", False),
    ],
)
async def test_an_end_revokes_all_tokens_and_tells_the_recipient_unless_it_knows(
    world: World, aurora: Tenant, by: EndedBy, *, told: bool
) -> None:
    arrangement_id, client_id, _ = await _arrangement(world, aurora)
    async with world.services.database.transaction(aurora.namespace) as tx:
        await service.end(tx, arrangement_id, by=by, reason="why", now=world.now)
        for table in (access_token, refresh_token):
            rows = (await tx.execute(select(table).where(table.c.arrangement_id == arrangement_id))).all()
            assert rows
            assert all(row.revoked_at is not None for row in rows)
    expected = [{"arrangement_id": str(arrangement_id), "client_id": client_id}] if told else []
    assert await _notices(world, aurora, arrangement_id) == expected


async def test_an_end_happens_once(world: World, aurora: Tenant) -> None:
    arrangement_id, client_id, _ = await _arrangement(world, aurora)
    async with world.services.database.transaction(aurora.namespace) as tx:
        await service.end(tx, arrangement_id, by="consumer", now=world.now)
    for by in ("consumer", "recipient"):
        with pytest.raises(ArrangementEnded):
            async with world.services.database.transaction(aurora.namespace) as tx:
                if by == "consumer":
                    await service.end(tx, arrangement_id, by="consumer", now=world.now)
                else:
                    await service.end_for_recipient(tx, arrangement_id, client_id, now=world.now)
    assert len(await _notices(world, aurora, arrangement_id)) == 1


async def test_what_is_unknown_or_another_tenants_cannot_be_ended(
    world: World, aurora: Tenant, banksia: Tenant
) -> None:
    arrangement_id, _, _ = await _arrangement(world, aurora)
    for tenant, unknown in ((aurora, uuid4()), (banksia, arrangement_id)):
        with pytest.raises(ArrangementNotFound):
            async with world.services.database.transaction(tenant.namespace) as tx:
                await service.end(tx, unknown, by="consumer", now=world.now)


async def test_a_pending_arrangement_is_not_listed_and_its_recipient_not_told(world: World, aurora: Tenant) -> None:
    recipient, person = await world.registered(aurora), await world.person(aurora)
    flow = await recipient.push(SCOPE)
    await world.authorise(aurora, recipient, flow, person)
    attempt = await world.attempt(aurora, flow, recipient.client_id)
    assert attempt.arrangement_id is not None
    async with world.services.database.transaction(aurora.namespace) as tx:
        assert await service.list_for_login(tx, person.login_id, world.now) == []
        with pytest.raises(ArrangementNotFound):
            await service.one_for(tx, attempt.arrangement_id, person.login_id, world.now)
        await service.end(tx, attempt.arrangement_id, by="consumer", now=world.now)
    assert await _notices(world, aurora, attempt.arrangement_id) == []


async def test_a_login_sees_the_arrangements_of_its_customers_alone(world: World, aurora: Tenant) -> None:
    arrangement_id, client_id, person = await _arrangement(world, aurora)
    stranger = await world.person(aurora)
    async with world.services.database.transaction(aurora.namespace) as tx:
        (listed,) = await service.list_for_login(tx, person.login_id, world.now)
        assert await service.one_for(tx, arrangement_id, person.login_id, world.now) == listed
        assert await service.list_for_login(tx, stranger.login_id, world.now) == []
        with pytest.raises(ArrangementNotFound):
            await service.one_for(tx, arrangement_id, stranger.login_id, world.now)
    assert (listed.id, listed.customer_id) == (arrangement_id, person.customer_id)
    assert (listed.recipient.client_id, listed.recipient.org_name) == (client_id, "Mock Company")
    assert [account.display_name for account in listed.authorisation.accounts] == ["Home"]
    assert listed.state(world.now) == "active"
    assert listed.state(listed.authorisation.expires_at) == "expired"


async def test_a_clients_arrangements_end_together(world: World, aurora: Tenant) -> None:
    recipient = await world.registered(aurora)
    for _ in range(2):
        await world.consent(aurora, recipient)
    async with world.services.database.transaction(aurora.namespace) as tx:
        ended = await service.end_all_of_client(tx, recipient.client_id, by="register", now=world.now)
        again = await service.end_all_of_client(tx, recipient.client_id, by="register", now=world.now)
    assert (ended, again) == (2, 0)


async def test_expired_arrangements_are_marked_by_their_natural_end(
    world: World, banksia: Tenant, moved_clock: Any
) -> None:
    short, _, person = await _arrangement(world, banksia, sharing_duration=3600)
    await _arrangement(world, banksia, sharing_duration=86_400)
    moved_clock.move(timedelta(hours=2))
    async with world.services.database.transaction(banksia.namespace) as tx:
        await service.end_expired(tx, world.now)
        assert await service.end_expired(tx, world.now) == 0
        found = await service.one_for(tx, short, person.login_id, world.now)
    assert (found.ended_by, found.state(world.now)) == ("expiry", "expired")
    assert await _notices(world, banksia, short) == []
