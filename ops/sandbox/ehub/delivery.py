"""How the body of a response arrives: at once, in small parts over some time, or cut in the middle."""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from ops.sandbox.ehub.faults import Fault
from ops.sandbox.web import HttpRequest

PARTS: Final = 20
_KEY: Final = "ehub-delivery"


class _Delivery(msgspec.Struct):
    trickle_seconds: float = 0
    is_cut: bool = False


def deliver_as(request: HttpRequest, faults: Sequence[Fault]) -> None:
    """Choose how the response to a request is delivered."""
    delivery: _Delivery = request.scope["state"][_KEY]
    delivery.trickle_seconds = sum(fault.seconds for fault in faults if fault.kind == "trickle")
    delivery.is_cut = any(fault.kind == "cut" for fault in faults)


class FaultyDelivery:
    """Delivers the responses of an application as it has chosen."""

    def __init__(self, application: ASGIApp) -> None:
        """Deliver the responses of `application`."""
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        delivery = _Delivery()
        scope.setdefault("state", {})[_KEY] = delivery

        async def deliver(message: Message) -> None:
            if message["type"] != "http.response.body" or not message["body"]:
                await send(message)
            elif delivery.is_cut:
                await send({**message, "body": message["body"][: len(message["body"]) // 2], "more_body": True})
                # Nothing more is sent. The server closes a connection whose response is not complete.
            else:
                await _in_parts(message, delivery.trickle_seconds, send)

        await self._application(scope, receive, deliver)


async def _in_parts(message: Message, seconds: float, send: Send) -> None:
    if message["type"] != "http.response.body" or not seconds:
        await send(message)
        return
    body = message["body"]
    size = max(1, -(-len(body) // PARTS))
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    for part in parts[:-1]:
        await send({**message, "body": part, "more_body": True})
        await asyncio.sleep(seconds / len(parts))
    await send({**message, "body": parts[-1]})
