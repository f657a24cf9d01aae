"""A registration request counts once: however late it comes again, and also twice at the same moment."""

import asyncio
from datetime import timedelta
from typing import Any

from haas.clock import epoch
from haas.jose.jwt import DEFAULT_SKEW
from ops.sandbox.messages import Deviation
from ops.sandbox.recipient.answers import Refused
from tenants.clients import store as clients
from tenants.registration import service as registrations
from tenants.registry.models import Tenant
from tests.identity.conftest import World, refused


async def test_a_request_is_spent_for_as_long_as_it_is_accepted(world: World, aurora: Tenant, moved_clock: Any) -> None:
    """Clocks differ: a request is taken for a while after its `exp`, and must be known for as long."""
    product, recipient = await world.unregistered(aurora)
    exp = Deviation(claims={"exp": epoch(world.now) + 60})
    once = Deviation(token=recipient.registration_request(product.ssa(world.now), exp))
    await recipient.register("", once)
    moved_clock.move(timedelta(seconds=60) + DEFAULT_SKEW / 2)
    async with world.services.database.transaction(aurora.namespace) as tx:
        await registrations.end_client(tx, recipient.client_id, by="recipient", reason="a test", now=world.now)
        await clients.delete_expired_jtis(tx, world.now)
    with refused("invalid_client_metadata", "used before"):
        await recipient.register("", once)


async def test_an_update_sent_twice_at_once_counts_once(world: World, aurora: Tenant) -> None:
    product, recipient = await world.unregistered(aurora)
    await recipient.register(product.ssa(world.now))
    token = (await recipient.client_credentials()).access_token
    once = Deviation(token=recipient.registration_request(product.ssa(world.now)))
    answers = await asyncio.gather(
        *(recipient.update_registration(token, "", once) for _ in range(4)), return_exceptions=True
    )
    refusals = [answer for answer in answers if isinstance(answer, BaseException)]
    assert len(refusals) == 3
    for refusal in refusals:
        assert isinstance(refusal, Refused)
        assert (refusal.status, refusal.error) == (400, "invalid_client_metadata")
