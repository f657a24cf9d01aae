"""A recipient, person or arrangement whose status changes while a person is on the pages."""

from uuid import UUID

import pytest
from sqlalchemy import delete, update

from tenants.arrangements.tables import arrangement, authorisation
from tenants.clients.tables import client
from tenants.parties.tables import login, representation
from tests.consent.ground import Ground, away


@pytest.mark.parametrize("status", [{"product_status": "INACTIVE"}, {"recipient_status": "SUSPENDED"}])
async def test_nothing_is_authorised_for_who_is_not_active_any_more(ground: Ground, status: dict[str, str]) -> None:
    """CDS, Data Holder Responsibilities: consent is facilitated for the active alone."""
    recipient = await ground.world.registered(ground.tenant)
    mine = client.c.client_id == recipient.client_id
    browser, before = ground.browser(), ground.recipient
    ground.recipient = recipient
    try:
        page = await ground.reviewed(browser)
    finally:
        ground.recipient = before
    await ground.world.set(ground.tenant, update(client).where(mine).values(**status))
    claims = await ground.response(await away(browser.send(page, "/authorise")))
    assert claims["error"] == "unauthorized_client"
    assert "code" not in claims
    async with ground.world.services.database.transaction(ground.tenant.namespace) as tx:
        made = await tx.execute(arrangement.select().where(arrangement.c.client_id == recipient.client_id))
        assert made.all() == []


@pytest.mark.parametrize("lost", ["login", "representation"])
async def test_nothing_is_authorised_by_who_may_not_act_any_more(ground: Ground, lost: str) -> None:
    """Who authenticated may have been shut out since: what counts is who may act when the consent is given."""
    browser = ground.browser()
    page = await ground.reviewed(browser)
    world, tenant = ground.world, ground.tenant
    if lost == "login":
        mine = login.c.id == ground.login_id
        await world.set(tenant, update(login).where(mine).values(disabled_at=world.now))
    else:
        mine = representation.c.login_id == ground.login_id
        await world.set(tenant, delete(representation).where(mine))
    claims = await ground.response(await away(browser.send(page, "/authorise")))
    if lost == "login":
        await world.set(tenant, update(login).where(mine).values(disabled_at=None))
    else:
        await ground.people.represent(ground.login_id, ground.customer_id, "self")
    assert claims["error"] == "access_denied"
    assert "code" not in claims


async def test_an_arrangement_that_expires_on_the_way_is_not_amended(ground: Ground) -> None:
    """Between authentication and authorisation, and before anything has marked it as ended."""
    first = await ground.consented(ground.browser())
    browser = ground.browser()
    page = await ground.reviewed(browser, cdr_arrangement_id=first.cdr_arrangement_id)
    over = authorisation.c.arrangement_id == UUID(first.cdr_arrangement_id)
    await ground.world.set(ground.tenant, update(authorisation).where(over).values(expires_at=ground.world.now))
    claims = await ground.response(await away(browser.send(page, "/authorise")))
    assert claims["error"] == "invalid_request"
    assert "code" not in claims
