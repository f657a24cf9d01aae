"""A scripted browser without JavaScript: it follows redirects within one origin and sends the forms that pages hold."""

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin

import httpx


class Form:
    """A form, with the values that it is sent with when nobody touches it."""

    def __init__(self, attributes: dict[str, str]) -> None:
        self.attributes = attributes
        self.fields: list[tuple[str, str]] = []

    @property
    def action(self) -> str:
        return self.attributes["action"]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.ids: dict[str, dict[str, str]] = {}
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if "id" in attributes:
            assert attributes["id"] not in self.ids, f"the id {attributes['id']} is there twice"
            self.ids[attributes["id"]] = attributes
        if tag == "form":
            self.forms.append(Form(attributes))
        elif tag == "input" and "name" in attributes:
            kind = attributes.get("type", "text")
            if kind not in {"checkbox", "radio"} or "checked" in attributes:
                self.forms[-1].fields.append((attributes["name"], attributes.get("value", "")))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


class Page:
    """What the browser shows."""

    def __init__(self, response: httpx.Response) -> None:
        self.status, self.headers, self.html = response.status_code, response.headers, response.text
        self.url, self.path = str(response.url), response.url.path
        reader = _Reader()
        reader.feed(self.html)
        self.forms, self.ids = reader.forms, reader.ids
        self.text = re.sub(r"\s+", " ", " ".join(reader.texts))

    def form(self, action_end: str) -> Form:
        """The form whose action ends so."""
        return next(form for form in self.forms if form.action.endswith(action_end))


class Away(Exception):
    """The browser was sent to another origin."""

    def __init__(self, url: str, page: Page | None) -> None:
        super().__init__(url)
        self.url, self.page = url, page


class Browser:
    """One person's browser, with its cookies, at one brand."""

    def __init__(self, application: Any, issuer: str) -> None:
        self.issuer = issuer
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url=issuer)
        self.page: Page | None = None

    async def get(self, url: str) -> Page:
        return await self._shown(await self.http.get(url))

    async def send(self, page: Page, action_end: str, /, **fields: str | list[str]) -> Page:
        """Send a form of a page with these values; raises Away where that leads to another origin."""
        return await self._shown(await self.post(page, action_end, **fields))

    async def post(self, page: Page, action_end: str, /, **fields: str | list[str]) -> httpx.Response:
        """Send a form, and return the bare answer."""
        form = page.form(action_end)
        values = [(name, value) for name, value in form.fields if name not in fields]
        for name, value in fields.items():
            values.extend((name, one) for one in ([value] if isinstance(value, str) else value))
        headers = {
            "Content-Type": "application/x-www-form-urlencoded", "Origin": "null", "Sec-Fetch-Site": "same-origin",
        }  # fmt: skip
        return await self.http.post(form.action, content=urlencode(values), headers=headers)

    async def _shown(self, response: httpx.Response) -> Page:
        for _ in range(5):
            if not response.is_redirect:
                break
            target = urljoin(str(response.url), response.headers["location"])
            if not target.startswith(f"{self.issuer}/"):
                raise Away(target, self.page)
            response = await self.http.get(target)
        self.page = Page(response)
        return self.page
