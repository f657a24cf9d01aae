"""What every page must be: accessible (WCAG 2.2 AA, axe-core), no wider than its window, and without broken words."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
"""All rules of axe-core for WCAG 2.2 AA; it leaves out those of version 2.2 unless they are asked for."""
BROKEN_WORDS = """() => {
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT), broken = [];
  while (walker.nextNode()) {
    for (const part of walker.currentNode.data.matchAll(/\\S+/gu)) {
      if (part[0].length > 20 && /[\\d/]/.test(part[0])) continue;  // an address or an id, not words
      for (const word of part[0].matchAll(/[\\p{L}\\p{N}]+/gu)) {
        const range = document.createRange(), start = part.index + word.index;
        range.setStart(walker.currentNode, start);
        range.setEnd(walker.currentNode, start + word[0].length);
        const lines = new Set([...range.getClientRects()].map(each => Math.round(each.top)));
        if (lines.size > 1) broken.push(word[0]);
      }
    }
  }
  return broken;
}"""
TOO_WIDE = """() => [...document.querySelectorAll("body *")]
  .filter(each => each.getBoundingClientRect().right > window.innerWidth + 1 && !each.matches(".visually-hidden"))
  .map(each => each.outerHTML.slice(0, 120))"""


async def check_accessible(page: Page, screen: str) -> None:
    """Fail if axe-core finds a violation. The page must run scripts."""
    found = await Axe().run(page, options=RULES)
    assert found.violations_count == 0, f"{screen}: {found.generate_report()}"


async def check_layout(page: Page, screen: object) -> None:
    """Fail if something is wider than the window, or if a word is broken."""
    for found in (await page.evaluate(TOO_WIDE), await page.evaluate(BROKEN_WORDS)):
        assert found == [], (screen, found)


@asynccontextmanager
async def scripts_allowed(page: Page) -> AsyncIterator[None]:
    """Let axe-core run in a page whose context has no JavaScript, and take the permission away again.

    Chromium keeps for each DevTools session what it asked for last, so `false` alone would change nothing. The session
    stays until the page is closed: with its end, Chromium would forget what it asked for.
    """
    session = await page.context.new_cdp_session(page)
    for is_disabled in (True, False):
        await session.send("Emulation.setScriptExecutionDisabled", {"value": is_disabled})
    yield
    await session.send("Emulation.setScriptExecutionDisabled", {"value": True})
