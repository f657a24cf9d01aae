"""A real Chromium that trusts the stack's root certificate through NSS."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, async_playwright

from ops.preview.screenshots import CHROMIUM
from ops.smoke.command import participants_of
from ops.smoke.control import SandboxControl
from ops.stack.embedded import Stack
from tests.system.browser.visit import Visit

REQUIRED = "HAAS_REQUIRE_BROWSER"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# The options of Playwright for a desktop window and a phone.
VIEWPORTS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "phone": {
        "viewport": {"width": 360, "height": 740},
        "is_mobile": True,
        "has_touch": True,
        "device_scale_factor": 2,
    },
}


def _program(*names: str) -> str:
    """Return the path of a program; where there is none, skip the test, or fail it if the run requires a browser."""
    for name in names:
        if found := shutil.which(name):
            return found
    missing = f"{names[0]} is not installed: THE MAIN JOB WAS NOT TESTED IN A REAL BROWSER"
    if os.environ.get(REQUIRED):
        pytest.fail(f"{missing}, and {REQUIRED} is set")
    pytest.skip(missing)


@pytest.fixture(scope="session")
async def chromium(stack: Stack) -> AsyncIterator[Browser]:
    """Chromium with certificate verification on, whose only extra trust is the stack's root of the public web."""
    program, certutil = _program(*CHROMIUM), _program("certutil")
    with tempfile.TemporaryDirectory(prefix="haas-browser-") as home:
        await _trust(certutil, Path(home), Path(stack.description.roots.web))
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=program, args=list(ARGUMENTS), env={**os.environ, "HOME": home}
            )
            yield browser
            await browser.close()


async def _trust(certutil: str, home: Path, root: Path) -> None:
    """Put a root into the certificate store that Chromium reads on Linux."""
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    database = f"sql:{store}"
    for arguments in (("-N", "--empty-password"), ("-A", "-t", "C,,", "-n", "web root", "-i", str(root))):
        process = await asyncio.create_subprocess_exec(certutil, "-d", database, *arguments)
        assert await process.wait() == 0


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
