"""Calls for data of the brand whose data is on other servers: its retailer's own server, and AEMO.

While one of these servers is disturbed, the calls that need it may be refused, with an error that says so. Those that
need the other one must be answered, and so must all of them soon after the disturbance.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from typing import Any, Final, Literal

import httpx
import msgspec

from haas.errors import HaasError
from ops.bench.faults.ledger import Ledger
from ops.sandbox.recipient.answers import Tokens
from ops.sandbox.recipient.client import RecipientClient

Source = Literal["retailer", "aemo"]
RATE: Final = 4.0
"""Calls per second. Each of them needs a request to the server, because nothing of it is in the cache."""
_DAYS: Final = 700
_LIFETIME: Final = timedelta(seconds=200)
"""For how long an access token is used. It is valid for longer."""
_OK, _UNAVAILABLE, _GATEWAY_TIMEOUT = 200, 503, 504


class _CdsError(msgspec.Struct):
    """An error of the error payload (CDS, Payload Conventions)."""

    code: str
    title: str
    detail: str
    meta: dict[str, Any] = {}
    is_of_secondary_holder: bool = msgspec.field(default=False, name="isSecondaryDataHolderError")


class _Errors(msgspec.Struct):
    errors: list[_CdsError]


class NotAnswered(HaasError):
    """A call was not answered with status 200."""


class SourceCalls:
    """The calls of one consent. Both sources are asked in turn."""

    def __init__(self, client: RecipientClient, tokens: Tokens, ledger: Ledger, server: Source) -> None:
        """Nothing was sent yet. `server` is the one that is disturbed."""
        self._client = client
        self._tokens = tokens
        self._token_until = client.clock.now()
        self._ledger = ledger
        self._account_id = ""
        self._calls: set[asyncio.Task[None]] = set()
        self._server = server
        self.disturbed = False
        """Whether the server is disturbed now, or has not yet recovered. Otherwise no call may fail."""

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        """Send RATE calls in a second until the block ends, and then wait for the last answers."""
        self._account_id = (await self._get("/energy/accounts", 2)).json()["data"]["accounts"][0]["accountId"]
        sending = asyncio.create_task(self._send(), name="calls of other servers")
        try:
            yield
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            await asyncio.gather(*self._calls)

    async def _send(self) -> None:
        due = asyncio.get_running_loop().time()
        for number in count():
            call = asyncio.create_task(self._call("aemo" if number % 2 else "retailer", number))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)
            due += 1 / RATE
            await asyncio.sleep(due - asyncio.get_running_loop().time())

    async def _call(self, source: Source, number: int) -> None:
        disturbed_before = self.disturbed
        self._ledger.sent += 1
        try:
            response = await self._ask(source, number)
        except (HaasError, httpx.HTTPError) as error:
            self._ledger.fail(source, error, not_now=False)
            return
        if response.status_code == _OK:
            self._ledger.answered[source] += 1
            return
        may_fail = source == self._server and (disturbed_before or self.disturbed)
        problem = NotAnswered(f"{response.status_code} {response.text[:300]}")
        self._ledger.fail(source, problem, not_now=may_fail and says_not_now(source, response))

    async def _ask(self, source: Source, number: int) -> httpx.Response:
        if source == "retailer":
            return await self._get(f"/energy/accounts/{self._account_id}", 4)
        # Another period has another key in the cache of AEMO's answers.
        oldest = self._client.clock.now().date() - timedelta(days=2 + number % _DAYS)
        return await self._get("/energy/electricity/servicepoints/usage", 1, {"oldest-date": str(oldest)})

    async def _get(self, path: str, version: int, params: dict[str, str] | None = None) -> httpx.Response:
        if self._client.clock.now() >= self._token_until:
            self._token_until = self._client.clock.now() + _LIFETIME
            renewed = await self._client.refresh(str(self._tokens.refresh_token))
            self._tokens = msgspec.structs.replace(self._tokens, access_token=renewed.access_token)
        return await self._client.resource(path, self._tokens.access_token, version=version, params=params)


def says_not_now(source: Source, response: httpx.Response) -> bool:
    """Return whether a response says in the right way that a server behind the holder cannot be asked at present.

    It has status 503 or 504, Retry-After and the error payload, and names the secondary data holder if that is AEMO.
    """
    if response.status_code not in {_UNAVAILABLE, _GATEWAY_TIMEOUT} or "retry-after" not in response.headers:
        return False
    try:
        found = msgspec.json.decode(response.content, type=_Errors).errors
    except msgspec.DecodeError:
        return False
    return bool(found) and all(each.is_of_secondary_holder == (source == "aemo") for each in found)
