"""A registration request is accepted once, also if it is sent again after its `exp` or several times at once."""

import asyncio
from datetime import timedelta

from haas.clock import MovableClock, epoch
from haas.jose.jwt import DEFAULT_SKEW
from ops.sandbox.messages import Deviation
from ops.sandbox.recipient.answers import Refused
from tenants.clients import store as clients
from tenants.holders.service import tell_of_end
from tenants.registration import service as registrations
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.clients import unregistered_client
from tests.support.expectations import refused


async def test_a_registration_request_cannot_be_used_again_within_the_clock_skew_after_its_exp(
    application: Application, aurora: Tenant, clock: MovableClock
) -> None:
    """A request is accepted for some seconds after its `exp`, because clocks differ; its `jti` is stored as long."""
    product, recipient = await unregistered_client(application, aurora)
    exp = Deviation(claims={"exp": epoch(application.now) + 60})
    once = Deviation(token=recipient.registration_request(product.ssa(application.now), exp))
    await recipient.register("", once)
    clock.move(timedelta(seconds=60) + DEFAULT_SKEW / 2)
    async with application.database.transaction(aurora.namespace) as tx:
        await registrations.end_client(
            tx, recipient.client_id, by="recipient", reason="a test", tell=tell_of_end(aurora), now=application.now
        )
        await clients.delete_expired_jtis(tx, application.now)
    with refused("invalid_client_metadata", "used before"):
        await recipient.register("", once)


async def test_one_of_four_identical_updates_at_once_is_accepted(application: Application, aurora: Tenant) -> None:
    product, recipient = await unregistered_client(application, aurora)
    await recipient.register(product.ssa(application.now))
    token = (await recipient.client_credentials()).access_token
    once = Deviation(token=recipient.registration_request(product.ssa(application.now)))
    answers = await asyncio.gather(
        *(recipient.update_registration(token, "", once) for _ in range(4)), return_exceptions=True
    )
    refusals = [answer for answer in answers if isinstance(answer, BaseException)]
    assert len(refusals) == 3
    for refusal in refusals:
        assert isinstance(refusal, Refused)
        assert (refusal.status, refusal.error) == (400, "invalid_client_metadata")
