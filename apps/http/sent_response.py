"""The status of a response and the time at which it was complete, for the record of the call."""

from collections.abc import MutableMapping
from time import perf_counter_ns
from typing import Any, Final

from haas.http import AsgiSend

_SERVER_ERROR: Final = 500


class SentResponse:
    """Sends a response, and records its status and the time at which its last byte was handed to the proxy.

    Times are those of `perf_counter_ns`.
    """

    __slots__ = ("_finished", "_send", "status")

    def __init__(self, send: AsgiSend) -> None:
        """Send with `send`."""
        self._send = send
        self._finished: int | None = None
        self.status = _SERVER_ERROR
        """The status that was sent, or 500 if none was sent."""

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Send a part of the response."""
        await self._send(message)
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            self._finished = perf_counter_ns()

    def mark_failed(self) -> None:
        """Record an error of the application. If the response is not complete, its status counts as 500."""
        if self._finished is None:
            self.status = _SERVER_ERROR

    @property
    def finished(self) -> int:
        """When the last byte was handed to the proxy, or the present time if the response is not complete."""
        return self._finished or perf_counter_ns()
