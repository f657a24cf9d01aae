"""Screenshots of pages that browser tests visit: the recording of a path, and others for people who want to look."""

import os
from pathlib import Path

from playwright.async_api import Page

from ops.journeys.chromium import whole_page

FOLDER = Path(__file__).parents[2] / ".haas" / "screenshots"
VARIABLE = "HAAS_TEST_SCREENSHOTS"


def wants_screenshots() -> bool:
    """Return whether VARIABLE asks for pictures of the pages."""
    return bool(os.environ.get(VARIABLE))


async def take_screenshot(page: Page, name: str, recording: Path | None = None, *, wanted: bool = False) -> None:
    """Write the whole page to `name`, a path without `.png`, below FOLDER and below `recording`.

    It is written below FOLDER if VARIABLE is set or if it is `wanted`.
    """
    folders = [*([FOLDER] if wanted or wants_screenshots() else []), *([recording] if recording else [])]
    if folders:
        picture = await whole_page(page)
        for folder in folders:
            file = folder / f"{name}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(picture)
