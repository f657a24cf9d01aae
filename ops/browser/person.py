"""A person at the pages of one brand: the steps of the consent flow and of the dashboard.

Everything is found by the documented ids of inputs, buttons and links, so that a page may look as it likes.
"""

from collections.abc import Awaitable, Callable
from typing import Self
from urllib.parse import parse_qs, urlsplit

from ops.browser.browser import Browser
from ops.browser.errors import Unexpected

ReadCode = Callable[[], Awaitable[str]]
"""Reads the one-time password that was just sent."""


class Person(Browser):
    """A person with a browser of their own. Each step presses the button that a person presses."""

    # The consent flow

    async def identify(self, identifier: str) -> Self:
        """Enter the identifier; a one-time password is sent."""
        return await self.press("continue", {self._field("identifier"): identifier})

    async def verify(self, code: str) -> Self:
        """Enter the one-time password."""
        return await self.press("continue", {self._field("code"): code})

    async def choose_customer(self, number: int = 1) -> Self:
        """Choose the customer whose data is shared, where the person acts for several; otherwise do nothing."""
        if self.step == "customer":
            await self.press("continue", checked=[f"customer-{number}"])
        return self

    async def choose_accounts(self, *account_ids: str) -> Self:
        """Tick accounts by the ids of their check boxes, by default all that can be shared, and go on to the review."""
        return await self.press("continue", checked=account_ids or self.page.choices("account"))

    async def authorise(self) -> str:
        """Authorise on the review page, and return the response (JARM) that the recipient is sent."""
        await self.press("authorise")
        return self.response

    async def cancel(self) -> str:
        """Cancel, and return the response (JARM) that the recipient is sent."""
        await self.press("cancel")
        return self.response

    async def consent(self, url: str, identifier: str, read_code: ReadCode) -> str:
        """Take every step from the authorisation URL to the response (JARM)."""
        await self.open(url)
        await self.identify(identifier)
        await self.verify(await read_code())
        await self.choose_customer()
        await self.choose_accounts()
        return await self.authorise()

    @property
    def step(self) -> str:
        """The last part of the page's path: identify, verify, customer, accounts, review."""
        return urlsplit(self.page.url).path.rpartition("/")[2]

    @property
    def response(self) -> str:
        """The `response` parameter of the redirect URI that the person was sent to (JARM 2.3.4)."""
        parameters = parse_qs(urlsplit(self.left_for or "").query)
        if "response" not in parameters:
            raise Unexpected("a redirect to the recipient with a response", self.left_for or self.page.described())
        return parameters["response"][0]

    # The dashboard

    async def sign_in(self, dashboard_url: str, identifier: str, read_code: ReadCode) -> Self:
        """Sign in to the dashboard by identifier and one-time password."""
        await self.open(dashboard_url)
        await self.identify(identifier)
        await self.verify(await read_code())
        self.page.element("current")
        return self

    async def withdraw(self, dashboard_url: str, arrangement_id: str) -> Self:
        """Stop sharing under one arrangement: on its page, and on the page that asks for a confirmation."""
        await self.open(f"{dashboard_url}/arrangements/{arrangement_id}")
        await self.follow("stop-sharing")
        return await self.press("confirm-stop")

    def _field(self, element_id: str) -> str:
        self.page.element(element_id)
        return element_id
