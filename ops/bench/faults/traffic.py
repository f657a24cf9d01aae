"""Requests at a constant rate through nginx with mutual TLS, as one data recipient sends them.

The rate does not depend on the answers: while the stack is slow, requests wait and become more. Each answer is written
to the ledger. Each operation sends one request, so that the calls that the stack has counted can be compared.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import cycle
from typing import Final

import httpx
import msgspec

from haas.errors import HaasError
from ops.bench.faults.ledger import Ledger, is_not_now
from ops.bench.operations import Caller
from ops.sandbox.recipient.answers import Refused
from ops.sandbox.recipient.authenticated import ASSERTION_LIFETIME, accepted
from ops.smoke.participants import SCOPES

RATE: Final = 70
"""Requests per second."""
_REFUSALS: Final = (400, 401)
Operation = Callable[["Recipient"], Awaitable[None]]


class Recipient(msgspec.Struct):
    """The recipient that sends the requests. The access token is the newest one: a token is valid for some minutes."""

    caller: Caller
    ledger: Ledger
    access_token: str
    to_revoke: list[str] = []
    """Access tokens that no other operation uses."""
    used_assertion: str | None = None
    """The newest assertion with which the recipient was authenticated."""

    async def new_access_token(self) -> str:
        """Request an access token by the refresh token."""
        tokens = await self.caller.client.refresh(str(self.caller.tokens.refresh_token))
        until = self.caller.client.clock.now() + timedelta(seconds=tokens.expires_in)
        self.ledger.acknowledge("access tokens", tokens.access_token, tokens.access_token, until)
        return tokens.access_token


async def energy_accounts(recipient: Recipient) -> None:
    """Get Energy Accounts: a request that nginx may repeat."""
    accepted(await recipient.caller.client.resource("/energy/accounts", recipient.access_token, version=2))


async def introspection(recipient: Recipient) -> None:
    """Introspect the refresh token: a POST, which is not repeated, and which stores the `jti` of its assertion."""
    client = recipient.caller.client
    assertion = client.assertion()
    await client.introspect(str(recipient.caller.tokens.refresh_token), form={"client_assertion": assertion})
    until = client.clock.now() + timedelta(seconds=ASSERTION_LIFETIME)
    recipient.ledger.acknowledge("used assertions", assertion, assertion, until)
    recipient.used_assertion = assertion


async def replay(recipient: Recipient) -> None:
    """Authenticate with an assertion that was used before, which must be refused."""
    if recipient.used_assertion is None:
        await introspection(recipient)
        return
    token, form = str(recipient.caller.tokens.refresh_token), {"client_assertion": recipient.used_assertion}
    try:
        await recipient.caller.client.introspect(token, form=form)
    except Refused as refusal:
        if refusal.status not in _REFUSALS:
            raise
    else:
        recipient.ledger.wrong.append("an assertion was accepted twice")


async def refresh(recipient: Recipient) -> None:
    """Request an access token."""
    recipient.access_token = await recipient.new_access_token()


async def revocation(recipient: Recipient) -> None:
    """Request an access token for this purpose, or revoke the one of the time before."""
    if not recipient.to_revoke:
        recipient.to_revoke.append(await recipient.new_access_token())
        return
    token = recipient.to_revoke.pop()
    recipient.ledger.forget("access tokens", token)
    await recipient.caller.client.revoke_token(token)
    recipient.ledger.acknowledge("revoked access tokens", token, token)


async def pushed_request(recipient: Recipient) -> None:
    """Push an authorisation request."""
    client = recipient.caller.client
    flow = await client.push(SCOPES, sharing_duration=86_400)
    until = client.clock.now() + timedelta(seconds=flow.expires_in)
    recipient.ledger.acknowledge("pushed requests", flow.request_uri, flow, until)


MIX: Final[tuple[Operation, ...]] = (
    *(energy_accounts, refresh, energy_accounts, introspection, replay, energy_accounts),
    *(refresh, energy_accounts, introspection, revocation, energy_accounts, pushed_request),
)


class Traffic:
    """Sends the operations of MIX in turn, `rate` of them per second."""

    def __init__(self, caller: Caller, ledger: Ledger, rate: float = RATE) -> None:
        """Send requests as `caller`."""
        self._recipient = Recipient(caller, ledger, caller.tokens.access_token)
        self._ledger = ledger
        self._rate = rate
        self._requests: set[asyncio.Task[None]] = set()
        self.disturbed = False
        """Whether the stack is disturbed now, or has not yet recovered. Otherwise no request may fail."""

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
        name, disturbed_before = operation.__name__, self.disturbed
        self._ledger.sent += 1
        try:
            await operation(self._recipient)
        except (HaasError, httpx.HTTPError) as error:
            self._ledger.fail(name, error, not_now=is_not_now(error) and (disturbed_before or self.disturbed))
        else:
            self._ledger.answered[name] += 1
