"""The pages about joint accounts, as the people of a household use them."""

from typing import Any
from uuid import UUID

from ops.browser.browser import Browser
from ops.browser.page import Page
from tests.support.consent_pages import ConsentPages
from tests.support.joint_home import JointHome, joint_home


class JointPages:
    """A household, and the dashboard of its brand."""

    def __init__(self, pages: ConsentPages, home: JointHome) -> None:
        self.pages, self.home = pages, home

    @classmethod
    async def open(cls, pages: ConsentPages) -> "JointPages":
        """Add a household to the brand of `pages`."""
        return cls(pages, await joint_home(pages.application, pages.tenant, pages.recipient))

    async def browser(self, customer_id: UUID) -> Browser:
        """Return a browser in which the person who is this customer has signed in."""
        browser = self.pages.browser()
        await self.pages.signed_in(browser, self.home.identifiers[customer_id])
        return browser

    def path(self, customer_id: UUID, *parts: object, account_id: UUID | None = None) -> str:
        """Return the address of the page of the house, or of another account, or of a page below it."""
        return "/".join(
            map(str, ("/dashboard/joint-accounts", customer_id, account_id or self.home.house, *parts)),
        )

    async def press(self, browser: Browser, path: str, **values: str) -> Page:
        """Open a page that asks for confirmation, and confirm."""
        page = await browser.get(path)
        assert page.path == path, page.described()
        return await browser.send(page, path, **values)

    async def forged(self, browser: Browser, path: str, **values: str) -> int:
        """Send a form with the browser's own token to an address, and return the status."""
        token = (await browser.get("/dashboard")).form("/sign-out").entries()
        return (await browser.http.post(path, data={**token, **values})).status_code

    async def link(self, browser: Browser, path: str, element_id: str) -> str:
        """Return where a link of a page leads."""
        return (await browser.get(path)).element(element_id).attributes["href"]

    async def do(self, function: Any, *arguments: Any) -> Any:
        """Call a service for holders."""
        return await self.home.do(function, *arguments)
