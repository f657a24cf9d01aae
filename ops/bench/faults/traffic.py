"""Requests at a constant rate through nginx with mutual TLS, as one data recipient sends them.

The rate does not depend on the answers: while the stack is slow, requests wait and become more. Each answer is written
to the ledger.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import cycle
from typing import Final

import httpx
import msgspec

from haas.errors import HaasError
from ops.bench.faults.ledger import Failure, Ledger
from ops.bench.operations import Caller
from ops.smoke.participants import SCOPES

RATE: Final = 70
"""Requests per second."""
_OK: Final = 200
Operation = Callable[["Recipient"], Awaitable[None]]


class Recipient(msgspec.Struct):
    """The recipient that sends the requests. The access token is the newest one: a token is valid for some minutes."""

    caller: Caller
    ledger: Ledger
    access_token: str


class UnexpectedStatus(HaasError):
    """A data request was not answered with 200."""


async def energy_accounts(recipient: Recipient) -> None:
    """Get Energy Accounts: a request that nginx may repeat."""
    response = await recipient.caller.client.resource("/energy/accounts", recipient.access_token, version=2)
    if response.status_code != _OK:
        raise UnexpectedStatus(f"{response.status_code} {response.text[:300]}")


async def introspection(recipient: Recipient) -> None:
    """Introspect the refresh token: a POST, which is not repeated, and which stores the `jti` of its assertion."""
    await recipient.caller.client.introspect(str(recipient.caller.tokens.refresh_token))


async def refresh(recipient: Recipient) -> None:
    """Request an access token."""
    tokens = await recipient.caller.client.refresh(str(recipient.caller.tokens.refresh_token))
    recipient.ledger.acknowledge("access tokens", tokens.access_token)
    recipient.access_token = tokens.access_token


async def pushed_request(recipient: Recipient) -> None:
    """Push an authorisation request."""
    flow = await recipient.caller.client.push(SCOPES, sharing_duration=86_400)
    recipient.ledger.acknowledge("pushed requests", flow.request_uri)


MIX: Final[tuple[Operation, ...]] = (
    *(energy_accounts, refresh, energy_accounts, introspection, energy_accounts),
    *(refresh, energy_accounts, introspection, energy_accounts, pushed_request),
)


class Traffic:
    """Sends the operations of MIX in turn, `rate` of them per second."""

    def __init__(self, caller: Caller, ledger: Ledger, rate: float = RATE) -> None:
        """Send requests as `caller`."""
        self._recipient = Recipient(caller, ledger, caller.tokens.access_token)
        self._ledger = ledger
        self._rate = rate
        self._requests: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        """Send requests until the block ends, and then wait for the last answers."""
        sending = asyncio.create_task(self._send(), name="traffic")
        try:
            yield
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            await asyncio.gather(*self._requests)

    async def _send(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        for operation in cycle(MIX):
            request = asyncio.create_task(self._request(operation))
            self._requests.add(request)
            request.add_done_callback(self._requests.discard)
            due += 1 / self._rate
            await asyncio.sleep(due - loop.time())

    async def _request(self, operation: Operation) -> None:
        name = operation.__name__
        try:
            await operation(self._recipient)
        except (HaasError, httpx.HTTPError) as error:
            self._ledger.failures.append(Failure(name, f"{type(error).__name__}: {error}"))
        else:
            self._ledger.answered[name] += 1
