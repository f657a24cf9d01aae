"""The product reads the e-Hub's public status, through the proxy of the stack (C-A17)."""

from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest

from haas.clock import clock_from
from haas.outbound import Outbound
from ops.stack.embedded import Stack
from tenants.availability.secondary_status import EXPLANATION, READ_AGAIN_AFTER, SecondaryStatus
from tenants.registry.models import Tenant
from tests.support.stopped_clock import StoppedClock


@pytest.fixture
async def control(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=stack.description.sandbox.ehub_control_api, trust_env=False) as client:
        yield client
        await client.put("/availability", json={})


async def test_an_outage_of_the_e_hub_is_named(stack: Stack, control: httpx.AsyncClient, tenant: Tenant) -> None:
    settings, clock = stack.settings, StoppedClock(clock_from(stack.settings.clock_file).now())
    of_aemo = msgspec.structs.replace(tenant, settings=msgspec.structs.replace(tenant.settings, market_source="aemo"))
    async with Outbound(settings) as outbound:
        status = SecondaryStatus(outbound, settings.market_status_uri, clock)
        assert status.explanation(of_aemo, clock.now()) is None, "nobody waits for the first read"
        await status.settled()
        assert status.report is not None
        assert status.report.status == "OK"
        assert status.explanation(of_aemo, clock.now()) is None
        change = {"status": "UNAVAILABLE", "explanation": "Down.", "detected_at": clock.now().isoformat()}
        assert (await control.put("/availability", json=change)).status_code == 200
        clock.move(READ_AGAIN_AFTER)
        status.explanation(of_aemo, clock.now())
        await status.settled()
        assert status.explanation(of_aemo, clock.now()) == EXPLANATION
        assert status.explanation(tenant, clock.now()) is None, "a brand with data of its own"
        await status.close()
