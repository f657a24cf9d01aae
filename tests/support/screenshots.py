"""Screenshots of pages that browser tests visit: the recording of a path, and others for people who want to look."""

import os
from pathlib import Path

from playwright.async_api import Page

FOLDER = Path(__file__).parents[2] / ".haas" / "screenshots"
VARIABLE = "HAAS_TEST_SCREENSHOTS"


async def take_screenshot(page: Page, name: str, recording: Path | None = None) -> None:
    """Write the whole page to `name`, a path without `.png`: below FOLDER if VARIABLE is set, and below `recording`."""
    folders = [*([FOLDER] if os.environ.get(VARIABLE) else []), *([recording] if recording else [])]
    if folders:
        picture = await page.screenshot(full_page=True)
        for folder in folders:
            file = folder / f"{name}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(picture)
