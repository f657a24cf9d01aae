"""A person who uses the pages of one brand: the steps of the consent flow and of the dashboard.

Inputs, buttons and links are found by their documented ids, so that the tests do not depend on the layout of a page.
"""

from collections.abc import Awaitable, Callable
from typing import Self
from urllib.parse import parse_qs, urlsplit

from ops.browser.browser import Browser
from ops.browser.errors import Unexpected

ReadCode = Callable[[], Awaitable[str]]
"""Reads the one-time password that was just sent."""


class Person(Browser):
    """A person with a browser. Each method performs a step by pressing the button that a person presses."""

    # The consent flow

    async def identify(self, identifier: str) -> Self:
        """Enter the identifier; a one-time password is sent."""
        return await self.press("continue", {self._field("identifier"): identifier})

    async def verify(self, code: str) -> Self:
        """Enter the one-time password."""
        return await self.press("continue", {self._field("code"): code})

    async def choose_customer(self, number: int = 1) -> Self:
        """Choose the customer whose data is shared, if the person acts for several customers."""
        if self.step == "customer":
            await self.press("continue", checked=[f"customer-{number}"])
        return self

    async def choose_accounts(self, *account_ids: str) -> Self:
        """Tick accounts by the ids of their check boxes, by default all of them, and continue to the review."""
        return await self.press("continue", checked=account_ids or self.page.choices("account"))

    async def authorise(self) -> str:
        """Authorise on the review page, and return the authorisation response (JARM)."""
        await self.press("authorise")
        return self.response

    async def cancel(self) -> str:
        """Cancel, and return the authorisation response (JARM)."""
        await self.press("cancel")
        return self.response

    async def consent(self, url: str, identifier: str, read_code: ReadCode) -> str:
        """Perform every step from the authorisation URL to the authorisation response (JARM)."""
        await self.open(url)
        await self.identify(identifier)
        await self.verify(await read_code())
        await self.choose_customer()
        await self.choose_accounts()
        return await self.authorise()

    @property
    def step(self) -> str:
        """The step of the page, from the last part of its path: identify, verify, customer, accounts, review."""
        return urlsplit(self.page.url).path.rpartition("/")[2]

    @property
    def response(self) -> str:
        """The `response` parameter of the URI to which the browser was redirected (JARM 2.3.4)."""
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
        """Stop sharing under one arrangement, and confirm it on the next page."""
        await self.open(f"{dashboard_url}/arrangements/{arrangement_id}")
        await self.follow("stop-sharing")
        return await self.press("confirm-stop")

    def _field(self, element_id: str) -> str:
        self.page.element(element_id)
        return element_id
