"""Screenshots of pages that browser tests visit: the recording of a path, and others for people who want to look."""

import os
from pathlib import Path

from playwright.async_api import Page

FOLDER = Path(__file__).parents[2] / ".haas" / "screenshots"
VARIABLE = "HAAS_TEST_SCREENSHOTS"


async def _whole_page(page: Page) -> bytes:
    """Return a picture of the page in a window of its height: a bar at the edge of the window covers nothing then."""
    window = page.viewport_size
    if window is not None:
        height = await page.evaluate("document.documentElement.scrollHeight")
        await page.set_viewport_size({"width": window["width"], "height": max(height, window["height"])})
    picture = await page.screenshot(full_page=True)
    if window is not None:
        await page.set_viewport_size(window)
    return picture


async def take_screenshot(page: Page, name: str, recording: Path | None = None) -> None:
    """Write the whole page to `name`, a path without `.png`: below FOLDER if VARIABLE is set, and below `recording`."""
    folders = [*([FOLDER] if os.environ.get(VARIABLE) else []), *([recording] if recording else [])]
    if folders:
        picture = await _whole_page(page)
        for folder in folders:
            file = folder / f"{name}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(picture)
