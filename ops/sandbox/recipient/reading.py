"""Reads the resource APIs of a data holder: all pages of a list, within limits of time and size."""

import asyncio
import re
from asyncio import sleep
from base64 import b64encode
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import httpx
import msgspec

from haas.errors import HaasError
from ops.sandbox.recipient.client import RecipientClient
from ops.sandbox.recipient.records import Fetched

CUSTOMER_PRESENT = {
    "x-fapi-customer-ip-address": "127.0.0.1",
    "x-cds-client-headers": b64encode(b"User-Agent: browser\r\n").decode(),
}
"""The headers of a request for which the customer is present (CDS, HTTP Headers)."""
PAGE_SIZE: Final = 1000
MAXIMUM_PAGES: Final = 10
"""How many pages of one list are read."""
MAXIMUM_BYTES: Final = 4 * 1024 * 1024
"""The longest response that is read."""
MAXIMUM_SECONDS: Final = 30.0
"""After this time no response is waited for."""
CALLS_AT_ONCE: Final = 4
"""Few enough for the traffic threshold of a customer, 10 calls in a second (CDS, Traffic Thresholds)."""
RETRIES: Final = 2
"""How often a request above a traffic threshold is repeated (CDS, Data Recipient Requirements)."""
_SHORT: Final = 2
"""The longest Retry-After, in seconds, for which a person can wait."""
_SECONDS: Final = re.compile("[0-9]{1,6}")


class Operation(NamedTuple):
    """An operation of the resource APIs. `items` is the list in the data of its responses, if it has pages."""

    scope: str
    title: str
    path: str
    version: int
    items: str | None = None

    def path_of(self, resource_id: str) -> str:
        """Return the path for one account or service point."""
        return self.path.replace("{id}", resource_id)


class UnusableResponse(HaasError):
    """A response that is not read further. The message is for the person."""


class Reader:
    """Reads data with one access token. All of its calls together may take `seconds`."""

    def __init__(self, client: RecipientClient, access_token: str, *, seconds: float = MAXIMUM_SECONDS) -> None:
        """Read from the holder of `client`."""
        self._client = client
        self._access_token = access_token
        self._deadline = asyncio.get_running_loop().time() + seconds
        self._slots = asyncio.Semaphore(CALLS_AT_ONCE)

    async def read(
        self, operation: Operation, resource_id: str = "", params: Mapping[str, str] | None = None
    ) -> Fetched:
        """Return the answer of an operation. It has the items of all pages. Its status is 0 if there was none.

        A list with an error on a later page is that error: a part of a list would look like the whole. A list with
        more than MAXIMUM_PAGES is cut, and not `complete`.
        """
        path = operation.path_of(resource_id)
        async with self._slots:
            try:
                async with asyncio.timeout_at(self._deadline):
                    return await self._pages(operation, path, dict(params or {}))
            except TimeoutError:
                problem = "There was no answer in time."
            except UnusableResponse as error:
                problem = str(error)
            except httpx.HTTPError as error:
                problem = f"The connection failed ({type(error).__name__})."
        return Fetched(title=operation.title, path=path, status=0, problem=problem)

    async def _pages(self, operation: Operation, path: str, params: dict[str, str]) -> Fetched:
        name = operation.items
        query = params if name is None else {**params, "page-size": str(PAGE_SIZE)}
        url = httpx.URL(self._client.resource_url(path), params=query)
        items: list[Any] = []
        page = 0
        while True:
            response, body = await self._patiently(url, operation.version)
            page += 1
            answer = Fetched(
                title=operation.title,
                path=path,
                status=response.status_code,
                body=body,
                pages=page,
                retry_after=_retry_after(response),
            )
            if response.status_code != HTTPStatus.OK or name is None:
                return answer
            items += _items(body, name)
            following = _next(body)
            if following is None or page == MAXIMUM_PAGES:
                merged = {"data": {name: items}}
                return msgspec.structs.replace(answer, body=merged, complete=following is None)
            url = self._followed(following)

    async def _patiently(self, url: httpx.URL, version: int) -> tuple[httpx.Response, Any]:
        """Return a response, after the short times that a holder states with 429."""
        for _ in range(RETRIES):
            response, body = await self._get(url, version)
            seconds = _retry_after(response)
            if response.status_code != HTTPStatus.TOO_MANY_REQUESTS or not seconds or seconds > _SHORT:
                return response, body
            await sleep(seconds)
        return await self._get(url, version)

    async def _get(self, url: httpx.URL, version: int) -> tuple[httpx.Response, Any]:
        headers = self._client.resource_headers(self._access_token, version=version, headers=CUSTOMER_PRESENT)
        async with self._client.http.stream("GET", url, headers=headers) as response:
            content = bytearray()
            async for part in response.aiter_bytes():
                content += part
                if len(content) > MAXIMUM_BYTES:
                    raise UnusableResponse("The answer is longer than we read.")
        try:
            return response, msgspec.json.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            if response.is_success:
                raise UnusableResponse("The answer is not JSON.") from None
            return response, None

    def _followed(self, link: str) -> httpx.URL:
        """Return the address of the next page. A token is sent to the resource APIs of its holder only."""
        if not link.startswith(self._client.resource_url("/")):
            raise UnusableResponse("The link to the next page leads to another server.")
        return httpx.URL(link)


def _items(body: Any, name: str) -> list[Any]:
    items = body["data"].get(name) if isinstance(body, dict) and isinstance(body.get("data"), dict) else None
    if not isinstance(items, list):
        raise UnusableResponse(f"The answer has no list of {name}.")
    return items


def _next(body: dict[str, Any]) -> str | None:
    links = body.get("links")
    following = links.get("next") if isinstance(links, dict) else None
    return following if isinstance(following, str) else None


def _retry_after(response: httpx.Response) -> int | None:
    value = response.headers.get("retry-after", "")
    return int(value) if _SECONDS.fullmatch(value) else None
