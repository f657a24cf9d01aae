"""A recipient whose status changes while a person is on its pages."""

import pytest
from sqlalchemy import update

from tenants.arrangements.tables import arrangement
from tenants.clients.tables import client
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
