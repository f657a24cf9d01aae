"""A real Chromium that trusts the stack's root certificate, and the brands and people of the journeys."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext

from ops.deployment import Deployment
from ops.journeys.chromium import trusting_chromium
from ops.preview.screenshots import NoChromium
from ops.smoke.command import participants_of
from ops.smoke.control import SandboxControl
from ops.stack.embedded import Stack
from tests.system.browser.combinations import Combination
from tests.system.browser.journey import Journey, JourneyBrands
from tests.system.browser.visit import Visit

REQUIRED = "HAAS_REQUIRE_BROWSER"


@pytest.fixture(scope="session")
async def chromium(stack: Stack) -> AsyncIterator[Browser]:
    """Chromium with certificate verification on, whose only extra trust is the stack's root of the public web.

    Without Chromium the test is skipped, or fails if the run requires a browser.
    """
    try:
        async with trusting_chromium(Path(stack.description.roots.web)) as browser:
            yield browser
    except NoChromium as missing:
        if os.environ.get(REQUIRED):
            pytest.fail(f"{missing}, and {REQUIRED} is set")
        pytest.skip(f"{missing}: THE MAIN JOB WAS NOT TESTED IN A REAL BROWSER")


@pytest.fixture
async def control(stack: Stack) -> AsyncIterator[SandboxControl]:
    """The sandbox's control API: the mailbox, the Register, the clock."""
    async with participants_of(stack) as outside:
        yield outside.control


@pytest.fixture
async def visit(stack: Stack) -> AsyncIterator[Visit]:
    """A newly registered recipient of the brand aurora, and a customer of that brand."""
    async with participants_of(stack) as outside:
        tenant = next(tenant for tenant in stack.description.tenants if tenant.slug == "aurora")
        recipient = await outside.recipient(tenant)
        await recipient.client.register(await outside.control.ssa(recipient.product))
        yield Visit(outside, recipient, tenant)


@pytest.fixture
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    """A browser without cookies."""
    opened = await chromium.new_context()
    opened.set_default_timeout(20_000)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
async def journey_brands(stack: Stack) -> AsyncIterator[JourneyBrands]:
    """Brands with the themes of the demonstration and no customers, to which journeys add their own people."""
    async with Deployment.open(stack.settings) as deployment, participants_of(stack) as outside:
        yield JourneyBrands(stack, deployment, outside)


@pytest.fixture
async def journey(
    request: pytest.FixtureRequest, chromium: Browser, journey_brands: JourneyBrands, combination: Combination
) -> AsyncIterator[Journey]:
    """The journey of a test in the combination of its parameter."""
    name = request.path.stem.removeprefix("test_").removesuffix("_journey").replace("_", "-")
    brand = await journey_brands.open(combination.brand)
    opened = Journey(chromium, brand, combination, name)
    yield opened
    await opened.close()
