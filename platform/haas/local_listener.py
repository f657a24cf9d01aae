"""A small HTTP listener for a process's own health and metrics, apart from the application and from the proxy.

It answers `GET` for a few fixed paths, and reads nothing of a request but its path. An address is `unix:<path>` or
`<address>:<port>`.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

SECONDS_FOR_REQUEST: Final = 5.0
UNIX: Final = "unix:"
_REASONS: Final = {200: "OK", 404: "Not Found", 503: "Service Unavailable"}


class LocalAnswer(NamedTuple):
    """The answer to one request."""

    status: int
    content_type: str
    content: bytes


@asynccontextmanager
async def local_listener(address: str, answer: Callable[[str], Awaitable[LocalAnswer]]) -> AsyncIterator[None]:
    """Answer requests at `address` until the block ends. `answer` gets the path, and has five seconds.

    Raises OSError if the address cannot be used.
    """
    server = await _serve(address, answer)
    try:
        yield
    finally:
        server.close()
        if address.startswith(UNIX):
            _remove(address)


async def _serve(address: str, answer: Callable[[str], Awaitable[LocalAnswer]]) -> asyncio.Server:
    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(SECONDS_FOR_REQUEST):
                request = (await reader.readuntil(b"\r\n")).split()
                path = request[1].decode("ascii", "replace") if len(request) > 1 else ""
                status, content_type, content = await answer(path)
                writer.write(
                    f"HTTP/1.0 {status} {_REASONS[status]}\r\nContent-Type: {content_type}\r\n"
                    f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n".encode()
                    + content
                )
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client closed the connection, or sent no request
        finally:
            writer.close()

    if not address.startswith(UNIX):
        host, _, port = address.rpartition(":")
        return await asyncio.start_server(respond, host.strip("[]"), int(port))
    _remove(address)  # the socket of a process that was killed
    # No other user may connect, not even in the moment between the creation of the socket and a chmod.
    before = os.umask(0o177)
    try:
        return await asyncio.start_unix_server(respond, address.removeprefix(UNIX))
    finally:
        os.umask(before)


def _remove(address: str) -> None:
    Path(address.removeprefix(UNIX)).unlink(missing_ok=True)
