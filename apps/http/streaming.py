"""Responses that are sent while their content is still being read, such as long lists of meter readings.

A request can be refused only before the status of the response is sent. If the content cannot be completed after that,
the connection is closed before the end of the content. So the caller knows that the content is incomplete.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, Final, Protocol

from litestar import Litestar, MediaType, Request, Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Send

from apps.http.context import RequestContext
from tenants.cds.errors import UNEXPECTED

logger = logging.getLogger(__name__)

CHUNK_BYTES: Final = 32 * 1024
SECONDS_TO_SEND: Final = 60.0
"""The time within which a whole response must be handed to the proxy. The proxy buffers it for slow clients."""


class Closable(Protocol):
    """Something that must be closed after the response, whether or not it was sent completely."""

    async def aclose(self) -> None:
        """Release the resources that the response needed, for example a connection."""
        ...


class StreamedResponse(Response[bytes]):
    """A response whose content is sent in chunks of 32 KiB while it is read."""

    def __init__(
        self, ctx: RequestContext, pieces: AsyncGenerator[bytes, None], source: Closable, headers: dict[str, str]
    ) -> None:
        """Take the content in pieces of any size, and the source to close afterwards."""
        super().__init__(b"", media_type=MediaType.JSON, headers=headers)
        self._ctx = ctx
        self._pieces = pieces
        self._source = source

    def to_asgi_response(
        self,
        app: Litestar | None,  # noqa: ARG002 - the arguments are those of the base class
        request: Request[Any, Any, Any],  # noqa: ARG002
        **options: Any,
    ) -> ASGIResponse:
        """Return the ASGI application that sends this response."""
        headers = {**(options.get("headers") or {}), **self.headers}
        return _AsgiStream(
            self._ctx,
            self._pieces,
            self._source,
            headers=headers,
            media_type=self.media_type,
            status_code=self.status_code or options.get("status_code"),
        )


class _AsgiStream(ASGIResponse):
    _should_set_content_length = False

    def __init__(
        self, ctx: RequestContext, pieces: AsyncGenerator[bytes, None], source: Closable, **options: Any
    ) -> None:
        super().__init__(**options)
        self._ctx = ctx
        self._pieces = pieces
        self._source = source

    async def send_body(self, send: Send, receive: Receive) -> None:
        """Send the chunks. Stop when the client has disconnected. Raises the error with which the content ended."""
        try:
            async with asyncio.timeout(SECONDS_TO_SEND):
                await self._send_until_disconnect(send, receive)
        except Exception:
            logger.exception("response.aborted")
            self._ctx.error = UNEXPECTED.urn
            raise
        finally:
            await self._pieces.aclose()
            await self._source.aclose()

    async def _send_until_disconnect(self, send: Send, receive: Receive) -> None:
        sending = asyncio.create_task(_send_chunks(self._pieces, send))
        disconnecting = asyncio.create_task(_wait_for_disconnect(receive))
        try:
            await asyncio.wait((sending, disconnecting), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sending.cancel()
            disconnecting.cancel()
            await asyncio.gather(sending, disconnecting, return_exceptions=True)
        if not sending.cancelled():
            sending.result()


async def _send_chunks(pieces: AsyncIterator[bytes], send: Send) -> None:
    content = bytearray()
    async for piece in pieces:
        content += piece
        while len(content) >= CHUNK_BYTES:
            await send({"type": "http.response.body", "body": bytes(content[:CHUNK_BYTES]), "more_body": True})
            del content[:CHUNK_BYTES]
            # While the proxy accepts every chunk, `send` does not wait. Without this, no other request would be served.
            await asyncio.sleep(0)
    await send({"type": "http.response.body", "body": bytes(content), "more_body": False})


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
