"""Ending, listing and expiring arrangements."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from haas.clock import MovableClock
from tenants.arrangements import service
from tenants.arrangements.errors import ArrangementEnded, ArrangementNotFound
from tenants.arrangements.models import EndedBy
from tenants.holders.service import tell_of_end
from tenants.registry.models import Tenant
from tenants.tokens.tables import access_token, refresh_token
from tests.support.application import Application
from tests.support.clients import registered_client
from tests.support.consents import SCOPE, attempt_of, authorise, consent
from tests.support.customers import Consumer, new_consumer
from tests.support.rows import notices_of


async def _arrangement(application: Application, tenant: Tenant, **asked: Any) -> tuple[UUID, str, Consumer]:
    recipient = await registered_client(application, tenant)
    person = await new_consumer(application, tenant)
    tokens = await consent(application, tenant, recipient, person, **asked)
    return UUID(tokens.cdr_arrangement_id), recipient.client_id, person


async def _notices(application: Application, tenant: Tenant, arrangement_id: UUID) -> list[Any]:
    return [notice.payload for notice in await notices_of(application.database, tenant, arrangement_id)]


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
async def test_ending_an_arrangement_revokes_its_tokens_and_notifies_the_recipient_where_required(
    application: Application, aurora: Tenant, by: EndedBy, *, told: bool
) -> None:
    arrangement_id, client_id, _ = await _arrangement(application, aurora)
    async with application.database.transaction(aurora.namespace) as tx:
        await service.end(tx, arrangement_id, by=by, reason="why", tell=tell_of_end(aurora), now=application.now)
        for table in (access_token, refresh_token):
            rows = (await tx.execute(select(table).where(table.c.arrangement_id == arrangement_id))).all()
            assert rows
            assert all(row.revoked_at is not None for row in rows)
    expected = [{"arrangement_id": str(arrangement_id), "client_id": client_id}] if told else []
    assert await _notices(application, aurora, arrangement_id) == expected


async def test_ending_an_ended_arrangement_is_refused(application: Application, aurora: Tenant) -> None:
    tell, (arrangement_id, client_id, _) = tell_of_end(aurora), await _arrangement(application, aurora)
    async with application.database.transaction(aurora.namespace) as tx:
        await service.end(tx, arrangement_id, by="consumer", tell=tell, now=application.now)
    for by in ("consumer", "recipient"):
        with pytest.raises(ArrangementEnded):
            async with application.database.transaction(aurora.namespace) as tx:
                if by == "consumer":
                    await service.end(tx, arrangement_id, by="consumer", tell=tell, now=application.now)
                else:
                    await service.end_for_recipient(tx, arrangement_id, client_id, tell=tell, now=application.now)
    assert len(await _notices(application, aurora, arrangement_id)) == 1


async def test_an_unknown_arrangement_or_one_of_another_tenant_cannot_be_ended(
    application: Application, aurora: Tenant, banksia: Tenant
) -> None:
    arrangement_id, _, _ = await _arrangement(application, aurora)
    for tenant, unknown in ((aurora, uuid4()), (banksia, arrangement_id)):
        with pytest.raises(ArrangementNotFound):
            async with application.database.transaction(tenant.namespace) as tx:
                await service.end(tx, unknown, by="consumer", tell=tell_of_end(tenant), now=application.now)


async def test_a_pending_arrangement_is_not_listed_and_ends_without_a_notice(
    application: Application, aurora: Tenant
) -> None:
    recipient, person = await registered_client(application, aurora), await new_consumer(application, aurora)
    flow = await recipient.push(SCOPE)
    await authorise(application, aurora, recipient, flow, person)
    attempt = await attempt_of(application, aurora, flow, recipient.client_id)
    assert attempt.arrangement_id is not None
    async with application.database.transaction(aurora.namespace) as tx:
        assert await service.list_for_login(tx, person.login_id, application.now) == []
        with pytest.raises(ArrangementNotFound):
            await service.get_for_login(tx, attempt.arrangement_id, person.login_id, application.now)
        await service.end(tx, attempt.arrangement_id, by="consumer", tell=tell_of_end(aurora), now=application.now)
    assert await _notices(application, aurora, attempt.arrangement_id) == []


async def test_a_login_sees_only_the_arrangements_of_its_own_customers(
    application: Application, aurora: Tenant
) -> None:
    arrangement_id, client_id, person = await _arrangement(application, aurora)
    stranger = await new_consumer(application, aurora)
    async with application.database.transaction(aurora.namespace) as tx:
        (listed,) = await service.list_for_login(tx, person.login_id, application.now)
        assert await service.get_for_login(tx, arrangement_id, person.login_id, application.now) == listed
        assert await service.list_for_login(tx, stranger.login_id, application.now) == []
        with pytest.raises(ArrangementNotFound):
            await service.get_for_login(tx, arrangement_id, stranger.login_id, application.now)
    assert (listed.id, listed.customer_id) == (arrangement_id, person.customer_id)
    assert (listed.recipient.client_id, listed.recipient.org_name) == (client_id, "Mock Company")
    assert [account.id for account in listed.authorisation.accounts] == person.account_ids
    assert listed.state(application.now) == "active"
    assert listed.state(listed.authorisation.expires_at) == "expired"


async def test_all_arrangements_of_a_client_are_ended_together(application: Application, aurora: Tenant) -> None:
    recipient, tell = await registered_client(application, aurora), tell_of_end(aurora)
    for _ in range(2):
        await consent(application, aurora, recipient)
    async with application.database.transaction(aurora.namespace) as tx:
        ended = await service.end_all_of_client(tx, recipient.client_id, by="register", tell=tell, now=application.now)
        again = await service.end_all_of_client(tx, recipient.client_id, by="register", tell=tell, now=application.now)
    assert (ended, again) == (2, 0)


async def test_expired_arrangements_are_marked_as_ended_by_expiry(
    application: Application, banksia: Tenant, clock: MovableClock
) -> None:
    short, _, person = await _arrangement(application, banksia, sharing_duration=3600)
    await _arrangement(application, banksia, sharing_duration=86_400)
    clock.move(timedelta(hours=2))
    async with application.database.transaction(banksia.namespace) as tx:
        await service.end_expired(tx, application.now, tell=tell_of_end(banksia))
        assert await service.end_expired(tx, application.now, tell=tell_of_end(banksia)) == 0
        found = await service.get_for_login(tx, short, person.login_id, application.now)
    assert (found.ended_by, found.state(application.now)) == ("expiry", "expired")
    assert await _notices(application, banksia, short) == []
