"""Chromium that trusts the root certificate of an embedded stack."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, Page, async_playwright

from ops.preview.screenshots import CHROMIUM, NoChromium, chromium_path

_CERTUTIL: Final = "certutil"
_ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@asynccontextmanager
async def trusting_chromium(root: Path) -> AsyncIterator[Browser]:
    """Run Chromium, which verifies certificates; its only extra trust is `root`, in PEM. Raise NoChromium."""
    program = chromium_path()
    if program is None or shutil.which(_CERTUTIL) is None:
        raise NoChromium(f"Chromium ({', '.join(CHROMIUM)}) or {_CERTUTIL} is not installed")
    with tempfile.TemporaryDirectory(prefix="haas-browser-") as home:
        await _trust(Path(home), root)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=program, args=list(_ARGUMENTS), env={**os.environ, "HOME": home}
            )
            yield browser
            await browser.close()


async def whole_page(page: Page) -> bytes:
    """Return a picture of the page in a window of its height: a bar at the edge of the window covers nothing then."""
    window = page.viewport_size
    if window is not None:
        height = await page.evaluate("document.documentElement.scrollHeight")
        await page.set_viewport_size({"width": window["width"], "height": max(height, window["height"])})
    picture = await page.screenshot(full_page=True)
    if window is not None:
        await page.set_viewport_size(window)
    return picture


async def _trust(home: Path, root: Path) -> None:
    """Put a root into the certificate store (NSS) that Chromium reads on Linux."""
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    database = f"sql:{store}"
    for arguments in (("-N", "--empty-password"), ("-A", "-t", "C,,", "-n", "web root", "-i", str(root))):
        process = await asyncio.create_subprocess_exec(_CERTUTIL, "-d", database, *arguments)
        if await process.wait():
            raise NoChromium(f"{_CERTUTIL} could not store the root certificate for Chromium")
