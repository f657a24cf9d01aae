"""A proxy in front of PostgreSQL that cuts a connection at a COMMIT."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Literal
from urllib.parse import urlsplit, urlunsplit

CutAt = Literal["statement", "answer"]
_ANSWER: Final = b"C\x00\x00\x00\x0bCOMMIT\x00"
"""The message CommandComplete of COMMIT (PostgreSQL, Message Formats)."""
_STATEMENT: Final = b"COMMIT\x00"


class PostgresProxy:
    """Passes connections on to the server of `url`. Connect to `proxied_url`.

    While `cut_at` is set, the next COMMIT cuts its connection: at its statement, before it reaches the server, or at
    its answer, when the server has committed and the client does not know that.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname, parts.port or 5432)
        self._parts = parts
        self.cut_at: CutAt | None = None
        self.cuts = 0
        self.proxied_url = ""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["PostgresProxy"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        login = self._parts.netloc.rpartition("@")[0]
        # The proxy reads the messages, so they must not be encrypted.
        self.proxied_url = urlunsplit(self._parts._replace(netloc=f"{login}@127.0.0.1:{port}", query="ssl=disable"))
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_connection(*self._server)
        passing = [
            asyncio.ensure_future(self._pass(client, to_server, "statement", _STATEMENT)),
            asyncio.ensure_future(self._pass(server, to_client, "answer", _ANSWER)),
        ]
        try:
            await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in passing:
                each.cancel()
            to_client.transport.abort()
            to_server.close()

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: CutAt, commit: bytes
    ) -> None:
        while data := await reader.read(65_536):
            if self.cut_at == direction and commit in data:
                self.cut_at = None
                self.cuts += 1
                return
            writer.write(data)
            await writer.drain()
