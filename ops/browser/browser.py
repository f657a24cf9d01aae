"""The scripted browser: cookies, redirects within one site, and forms, with the headers that browsers send."""

from collections.abc import Iterable, Mapping
from typing import Final, Self
from urllib.parse import urlencode, urljoin, urlsplit

import httpx

from ops.browser.cookies import BrowserCookies
from ops.browser.errors import LeftSite, Unexpected
from ops.browser.page import Element, Form, Page

MAXIMUM_REDIRECTS: Final = 10
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_METHOD_KEPT: Final = frozenset({307, 308})
_NAVIGATION: Final = {"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


class Browser:
    """One browser window. Windows of the same person use the same `http` and so share its cookies.

    A redirect to another origin is not followed. In that case there is no page, and `left_for` is the redirect's URL.
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        """Send requests with `http`, which must not follow redirects and has the person's cookies."""
        self.http = http
        http.cookies.jar.set_policy(BrowserCookies())
        self._page: Page | None = None
        self.left_for: str | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    @property
    def page(self) -> Page:
        """The page that is shown. Raises LeftSite after a redirect to another origin, Unexpected before any page."""
        if self._page is None:
            raise LeftSite(self.left_for) if self.left_for else Unexpected("a page", "no page: nothing was opened")
        return self._page

    async def open(self, url: str) -> Self:
        """Open an address as if the person typed it, and follow redirects within its origin."""
        await self._navigate("GET", urljoin(str(self.http.base_url), url), None, None)
        return self

    async def get(self, url: str) -> Page:
        """Open an address and return the page. Raises LeftSite."""
        return (await self.open(url)).page

    async def follow(self, link_id: str) -> Self:
        """Follow the link with that id."""
        page = self.page
        await self._navigate("GET", urljoin(page.url, page.element(link_id).attributes.get("href", "")), None, page)
        return self

    async def press(self, button_id: str, filled: Mapping[str, str] | None = None, checked: Iterable[str] = ()) -> Self:
        """Fill in texts and tick boxes, both by the id of the control, and press a button."""
        page = self.page
        button = page.element(button_id)
        if button.tag != "button" or button.form is None:
            raise Unexpected(f"a button #{button_id} of a form", page.described())
        entries = button.form.entries(filled, set(checked)) | _entry_of(button)
        await self._navigate(button.form.method.upper(), urljoin(page.url, button.form.action), entries, page)
        return self

    async def send(self, page: Page, action_end: str, /, **values: str | list[str]) -> Page:
        """Submit a form of `page`, which may be an earlier page. `values` replace the form's values by name.

        Unlike `press`, this can send values that the page does not offer. Raises LeftSite.
        """
        form = page.form(action_end)
        entries = _with_values(form, values)
        await self._navigate(form.method.upper(), urljoin(page.url, form.action), entries, page)
        return self.page

    async def post(self, page: Page, action_end: str, /, **values: str | list[str]) -> httpx.Response:
        """Submit a form like `send`, but return the HTTP response: do not follow a redirect, and keep the page."""
        form = page.form(action_end)
        return await self._request("POST", urljoin(page.url, form.action), _with_values(form, values), page)

    async def _navigate(
        self, method: str, url: str, entries: Mapping[str, list[str]] | None, source: Page | None
    ) -> None:
        if method == "GET" and entries:
            url, entries = f"{url.partition('?')[0]}?{urlencode(entries, doseq=True)}", None
        origin = _origin(url)
        for _ in range(MAXIMUM_REDIRECTS):
            response = await self._request(method, url, entries, source)
            if response.status_code not in _REDIRECTS:
                self._page = Page(url, response.status_code, response.text, response.headers)
                self.left_for = None
                return
            url = urljoin(url, response.headers["location"])
            if _origin(url) != origin:
                self._page, self.left_for = None, url
                return
            if response.status_code not in _METHOD_KEPT:
                method, entries = "GET", None
        raise Unexpected("a page", f"more than {MAXIMUM_REDIRECTS} redirects, the last to {url}")

    async def _request(
        self, method: str, url: str, entries: Mapping[str, list[str]] | None, source: Page | None
    ) -> httpx.Response:
        headers = {**_NAVIGATION, "Sec-Fetch-Site": _site(source, url)}
        if method != "GET":
            headers["Origin"] = _sent_origin(source)
        return await self.http.request(method, url, data=entries, headers=headers)


def _origin(url: str) -> str:
    """Return the origin of a URL (RFC 6454 6.2): scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _site(source: Page | None, url: str) -> str:
    """Return `Sec-Fetch-Site` (Fetch Metadata Request Headers 2.3). The pages link only to their own origin."""
    if source is None:
        return "none"
    return "same-origin" if _origin(source.url) == _origin(url) else "cross-site"


def _sent_origin(source: Page | None) -> str:
    """Return the `Origin` of a form's request (Fetch 3.1). It is `null` for a page that sends no referrer."""
    if source is None or source.headers.get("referrer-policy") == "no-referrer":
        return "null"
    return _origin(source.url)


def _entry_of(button: Element) -> dict[str, list[str]]:
    name = button.attributes.get("name")
    return {name: [button.attributes.get("value", "")]} if name else {}


def _with_values(form: Form, values: Mapping[str, str | list[str]]) -> dict[str, list[str]]:
    return form.entries() | {name: [value] if isinstance(value, str) else value for name, value in values.items()}
