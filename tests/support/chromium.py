"""The system's Chromium, for tests of pages."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, async_playwright

from ops.preview.screenshots import chromium_path


@asynccontextmanager
async def running_chromium() -> AsyncIterator[Browser]:
    """Run Chromium. Without one, tests that need it are skipped, or fail if HAAS_REQUIRE_BROWSER is set."""
    path = chromium_path()
    if path is None:
        if os.environ.get("HAAS_REQUIRE_BROWSER"):
            pytest.fail("no Chromium is installed, and HAAS_REQUIRE_BROWSER is set")
        pytest.skip("no Chromium is installed: the pages were not checked")
    async with async_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        await browser.close()
