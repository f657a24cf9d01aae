"""A person without a browser: one cookie jar, the pages in it, and what a person does on them.

Everything is found by the documented ids of inputs and buttons, so that a page may look as it likes.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final, Self
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

from ops.smoke.errors import Unexpected
from ops.smoke.page import Element, Page

MAXIMUM_REDIRECTS: Final = 10
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_METHOD_KEPT: Final = frozenset({307, 308})
ReadCode = Callable[[], Awaitable[str]]
"""Reads the one-time code that was just sent."""


class Person:
    """Somebody in front of the pages of one brand.

    `page` is what they see; when a redirect leads away to another host, `left_for` is the address and `page` stays.
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        """Browse with `http`, whose cookie jar is this person's."""
        self.http = http
        self._page: Page | None = None
        self.left_for: str | None = None

    async def __aenter__(self) -> Self:
        """Browse until the block ends."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self.http.aclose()

    @property
    def page(self) -> Page:
        """The page in front of the person. Raises Unexpected when there is none."""
        if self._page is None:
            raise Unexpected("a page", f"none: the browser was sent to {self.left_for}")
        return self._page

    async def open(self, url: str) -> Self:
        """Go to an address and follow where it leads, on the same host."""
        await self._go("GET", url, None)
        return self

    async def follow(self, link_id: str) -> Self:
        """Follow a link."""
        return await self.open(self._address(self.page.element(link_id).attributes.get("href", "")))

    async def press(self, button_id: str, filled: Mapping[str, str] | None = None, checked: Iterable[str] = ()) -> Self:
        """Press a button with texts filled in and boxes ticked, each by the control's id."""
        button = self.page.element(button_id)
        form = button.form
        if button.tag != "button" or form is None:
            raise Unexpected(f"a button #{button_id} of a form", self.page.described())
        entries = form.entries(dict(filled or {}), set(checked))
        entries.update(_entry_of(button))
        await self._go(form.method.upper(), self._address(form.action), entries)
        return self

    # The consent flow

    async def identify(self, identifier: str) -> Self:
        """Say who one is; a one-time code is sent."""
        return await self.press("continue", {self._field("identifier"): identifier})

    async def verify(self, code: str) -> Self:
        """Enter the one-time code."""
        return await self.press("continue", {self._field("code"): code})

    async def choose_customer(self, number: int = 1) -> Self:
        """Choose whose data to share, where the person acts for several customers; otherwise nothing."""
        if self.step == "customer":
            await self.press("continue", checked=[f"customer-{number}"])
        return self

    async def choose_accounts(self, *account_ids: str) -> Self:
        """Tick accounts by the ids of their boxes (all that can be shared by default) and go on to the review."""
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
        """Take the whole way from the authorisation address to the response (JARM)."""
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
        """Sign in to the dashboard by identifier and one-time code."""
        await self.open(dashboard_url)
        await self.identify(identifier)
        await self.verify(await read_code())
        self.page.element("current")
        return self

    async def withdraw(self, dashboard_url: str, arrangement_id: str) -> Self:
        """Stop sharing under one arrangement, through its page and the question whether one is sure."""
        await self.open(f"{dashboard_url}/arrangements/{arrangement_id}")
        await self.follow("stop-sharing")
        return await self.press("confirm-stop")

    def _field(self, element_id: str) -> str:
        self.page.element(element_id)
        return element_id

    def _address(self, reference: str) -> str:
        return urljoin(self.page.url, reference)

    async def _go(self, method: str, url: str, form: Mapping[str, list[str]] | None) -> None:
        home = urlsplit(url).netloc
        for _ in range(MAXIMUM_REDIRECTS):
            response = await self.http.request(method, url, data=form)
            if response.status_code not in _REDIRECTS:
                self._page, self.left_for = Page(url, response.status_code, response.text), None
                return
            url = urljoin(url, response.headers["location"])
            if urlsplit(url).netloc != home:
                self._page, self.left_for = None, url
                return
            if response.status_code not in _METHOD_KEPT:
                method, form = "GET", None
        raise Unexpected("a page", f"more than {MAXIMUM_REDIRECTS} redirects, the last to {url}")


def _entry_of(button: Element) -> dict[str, list[str]]:
    name = button.attributes.get("name")
    return {name: [button.attributes.get("value", "")]} if name else {}
