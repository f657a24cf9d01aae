"""A person at a page: reads it, presses what has an id, and fills in fields, with a pointer or by keyboard alone."""

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from playwright.async_api import Page, expect

from ops.browser.errors import Unexpected
from ops.smoke.control import SandboxControl

Look = Callable[[Page, str], Awaitable[None]]
"""Is called with the page and the name of each screen that a person has reached."""
STEPS: Final = {
    "identify": "identify",
    "one-time-password": "verify",
    "customer": "customer",
    "accounts": "accounts",
    "review": "review",
}
"""The last part of the address of each step of the consent flow, by the name of its screen."""
_MOST_TABS: Final = 90
"""More than any page has links, buttons and fields."""
_MOST_CHOICES: Final = 20
_CHOSEN: Final = """box => box.type === "radio" && box.form.querySelector(`[name="${box.name}"]:checked`)?.id || "" """
"""The id of the radio button that is chosen in the group of a radio button, or an empty text."""
_FOCUS: Final = """() => {
  const at = document.activeElement, around = at.closest("label, .arrangement") || at;
  const outlined = style => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  const seen = [getComputedStyle(at), getComputedStyle(around), getComputedStyle(at, "::after")].some(outlined);
  const [box] = at.getClientRects();  // of the first line
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return [seen ? "" : "no outline", top && around.contains(top) || at.contains(top) ? "" : "covered or out of sight"]
    .filter(Boolean).join(", ");
}"""
"""What is wrong with how the element with the focus looks (WCAG 2.4.7 and 2.4.11), or an empty text."""


class Visitor:
    """Uses one page of a browser."""

    def __init__(self, page: Page, control: SandboxControl, look: Look, *, by_keyboard: bool = False) -> None:
        """`control` reads the mailbox.

        By keyboard, only Tab, Space, Enter, the keys of text and, in a group of radio buttons, an arrow are used.
        """
        self.page, self.control = page, control
        self._look, self._by_keyboard = look, by_keyboard

    async def look(self, screen: str) -> None:
        """Check that a step of the consent flow is the expected one, and show the screen to `look`."""
        if screen in STEPS:
            await self.page.wait_for_url(lambda url: "/flow/" in url and _last_part(url) == STEPS[screen])
        await self._look(self.page, screen)

    async def press(self, element_id: str) -> None:
        """Use a link or a button, and wait for the next page."""
        if self._by_keyboard:
            await self._reach(element_id)
        async with self.page.expect_navigation():
            if self._by_keyboard:
                await self.page.keyboard.press("Enter")
            else:
                await self.page.locator(f"#{element_id}").click()

    async def tick(self, element_id: str) -> None:
        """Choose a check box or a radio button. In a group of radio buttons, the arrow keys move to the next one."""
        box = self.page.locator(f"#{element_id}")
        if not self._by_keyboard:
            await box.check()
        elif chosen := await box.evaluate(_CHOSEN):
            await self._reach(chosen)
            for _ in range(_MOST_CHOICES):
                if await box.is_checked():
                    break
                await self.page.keyboard.press("ArrowDown")
        else:
            await self._reach(element_id)
            await self.page.keyboard.press("Space")
        await expect(box).to_be_checked()

    async def fill(self, element_id: str, text: str) -> None:
        """Replace the text of a field."""
        if self._by_keyboard:
            await self._reach(element_id)
            await self.page.keyboard.press("ControlOrMeta+a")
            await self.page.keyboard.type(text)
        else:
            await self.page.locator(f"#{element_id}").fill(text)

    async def identify(self, identifier: str) -> str:
        """Enter the identifier, in the flow or at the dashboard. Return the one-time password that was sent."""
        await self.fill("identifier", identifier)
        seen = await self.control.newest_message()
        await self.press("continue")
        await expect(self.page.locator("#code")).to_be_visible()
        return await self.control.code(identifier, seen)

    async def answer(self, code: str) -> None:
        """Enter a one-time password."""
        await self.fill("code", code)
        await self.press("continue")

    async def sign_in(self, identifier: str, screens: tuple[str, str]) -> None:
        """Enter the identifier and the one-time password. `screens` names the two pages."""
        await self.look(screens[0])
        code = await self.identify(identifier)
        await self.look(screens[1])
        await self.answer(code)

    async def _reach(self, element_id: str) -> None:
        """Move to an element with the Tab key. Raise Unexpected if it is not reached or its focus is not seen."""
        found = self.page.locator(f"#{element_id}")
        await expect(found).to_be_visible()
        focused = self.page.locator(f"#{element_id}:focus")
        for _ in range(_MOST_TABS):
            if await focused.count():
                break
            await self.page.keyboard.press("Tab")
        else:
            raise Unexpected(f"#{element_id} with the focus after {_MOST_TABS} tabs", self.page.url)
        if wrong := await self.page.evaluate(_FOCUS):
            raise Unexpected(f"a visible focus of #{element_id}", f"{wrong} at {self.page.url}")


def _last_part(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[2]
