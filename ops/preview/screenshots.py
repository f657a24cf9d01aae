"""Pictures of the pages of a preview, made with Chromium. It needs Playwright, which only developers install."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, sync_playwright

from haas.errors import HaasError
from haas.progress import Progress
from ops.preview.files import DEVICES, PreviewPage

CHROMIUM: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The names of the program. The first is the same browser without its own windows, which takes a third of the time."""


class NoChromium(HaasError):
    """Chromium is not installed, so there are no pictures."""


def chromium_path() -> str | None:
    """Return the path of the system's Chromium, or None if there is none."""
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


def take_pictures(folder: Path, pages: Sequence[PreviewPage], progress: Progress) -> int:
    """Write `<page>.phone.png` and `<page>.desktop.png` beside each page, and return their number. Raise NoChromium."""
    path = chromium_path()
    if path is None:
        raise NoChromium(f"no Chromium is installed (looked for {', '.join(CHROMIUM)}): there are pages, no pictures")
    with sync_playwright() as playwright, progress.bar("pages", len(pages)) as advance:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        opened = browser.new_page(reduced_motion="reduce")
        for page in pages:
            opened.goto((folder / page.file).resolve().as_uri())
            for device, window in DEVICES.items():
                _take(opened, (folder / page.file).with_suffix(f".{device}.png"), window)
            advance()
        browser.close()
    return len(pages) * len(DEVICES)


def _take(page: Page, file: Path, window: tuple[int, int]) -> None:
    """Take the whole page in a window of its height, in which a bar at the edge of the window covers nothing."""
    width, height = window
    page.set_viewport_size({"width": width, "height": height})
    whole = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": max(height, whole)})
    page.screenshot(path=file, full_page=True)
