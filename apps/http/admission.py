"""When a request begins to be processed: after its body has arrived, and when the process has a slot for its host.

A request has no slot while its body arrives, so that a slow client cannot use one. Requests that wait too long for a
slot, or for the rest of their body, are refused by the guard `refuse_unless_admitted`, so that the response has the
shape that its route uses.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler

from apps.http.context import RequestContext, any_context
from haas.http import AsgiReceive
from haas.shares import HeldSlot, NoSlot, SharedSlots

logger = logging.getLogger(__name__)

SECONDS_FOR_A_BODY: Final = 15.0
"""The time for a whole body. nginx limits only the time between two reads (`client_body_timeout`)."""
REQUESTS_AT_THE_SAME_TIME: Final = 64
REQUESTS_OF_ONE_HOST: Final = 16
"""How many requests of one host are processed at the same time. One process answers about a thousand requests in a
second. With more requests at the same time, each one only takes longer, also those of other brands."""
WAITING_FOR_ONE_HOST: Final = 256
ELSEWHERE_AT_THE_SAME_TIME: Final = 512
ELSEWHERE_OF_ONE_HOST: Final = 64
"""How many requests of one host wait for another server at the same time, such as a retailer's own or AEMO's. They need
almost no processor time. If they kept their slots, a few brands whose servers are slow would stop every brand."""
SECONDS_TO_WAIT: Final = 1.0
_SECONDS_BETWEEN_LOG_LINES: Final = 10.0


class BodyTooSlow(HTTPException):
    """The body of the request did not arrive in time (RFC 9110 15.5.9)."""

    status_code = 408


class Admission:
    """The slots of one process for requests."""

    def __init__(
        self,
        *,
        requests: int = REQUESTS_AT_THE_SAME_TIME,
        of_one_host: int = REQUESTS_OF_ONE_HOST,
        waiting: int = WAITING_FOR_ONE_HOST,
        seconds: float = SECONDS_TO_WAIT,
        seconds_for_a_body: float = SECONDS_FOR_A_BODY,
        elsewhere_of_one_host: int = ELSEWHERE_OF_ONE_HOST,
    ) -> None:
        """Take the limits. Only tests use others than the defaults."""
        self._elsewhere = SharedSlots(ELSEWHERE_AT_THE_SAME_TIME, elsewhere_of_one_host, seconds=seconds, waiting=0)
        self._slots = SharedSlots(requests, of_one_host, seconds=seconds, waiting=waiting)
        self._seconds_for_a_body = seconds_for_a_body
        self._refused = 0
        self._logged_at = -_SECONDS_BETWEEN_LOG_LINES

    @property
    def slots(self) -> SharedSlots:
        """The slots of the requests that are processed."""
        return self._slots

    async def whole_body(self, receive: AsgiReceive, maximum: int, context: RequestContext) -> AsgiReceive:
        """Wait for the body, and return a `receive` that gives all of it at once.

        It stops reading after more than `maximum` bytes: the application then refuses the body as too large. If the
        body does not arrive in time, the refusal is set in the context.
        """
        parts: list[bytes] = []
        size, more = 0, True
        try:
            async with asyncio.timeout(self._seconds_for_a_body):
                while more and size <= maximum:
                    message = await receive()
                    if message["type"] != "http.request":  # the client has disconnected
                        return _first(message, receive)
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    more = message.get("more_body", False)
        except TimeoutError:
            context.refusal = BodyTooSlow()
        return _first({"type": "http.request", "body": b"".join(parts), "more_body": False}, receive)

    @asynccontextmanager
    async def slot(self, context: RequestContext) -> AsyncIterator[None]:
        """Give a request a slot until the block ends. If none becomes free in time, set the refusal in the context.

        While the request waits for another server, it can leave the slot to others (`RequestContext.leave_the_slot`).
        """
        host = None if context.tenant is None else context.tenant.id, context.surface
        try:
            await self._slots.take(host)
        except NoSlot as error:
            context.refusal = error
            self._log_refusals(error)
            yield
            return
        held = HeldSlot(self._slots, host)
        context.leave_the_slot = partial(held.exchange, self._elsewhere)
        try:
            yield
        finally:
            held.give_back()

    def _log_refusals(self, error: NoSlot) -> None:
        """Log many refused requests in one line, because writing a line takes time from the other requests."""
        self._refused += 1
        now = asyncio.get_running_loop().time()
        if now - self._logged_at >= _SECONDS_BETWEEN_LOG_LINES:
            logger.warning("requests.refused", extra={"refused": self._refused, "reason": str(error)})
            self._refused, self._logged_at = 0, now


async def refuse_unless_admitted(
    connection: "ASGIConnection[Any, Any, Any, Any]", _route_handler: BaseRouteHandler
) -> None:
    """Raise the reason why the request is not processed, if there is one: NoSlot or BodyTooSlow.

    It is a coroutine because Litestar would run a plain function in a thread for every request.
    """
    refusal = any_context(connection).refusal
    if refusal is not None:
        raise refusal


def _first(message: Any, receive: AsgiReceive) -> AsgiReceive:
    """Return a `receive` that gives `message`, and then what the server gives."""
    messages = [message]

    async def receiving() -> Any:
        return messages.pop() if messages else await receive()

    return receiving
