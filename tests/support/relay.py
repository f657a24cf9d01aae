"""A relay between a client and a server, which does not pass on that the server has ended a connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import msgspec


class Relay(msgspec.Struct):
    """The relay's address with the login and the database of the server's URL."""

    url: str
    ended: asyncio.Semaphore
    """Released each time that the server has ended a connection. The client's side of it stays open."""


@asynccontextmanager
async def relay(server_url: str) -> AsyncIterator[Relay]:
    """Relay connections to the server at `server_url` until the block ends."""
    target = urlsplit(server_url)
    ended = asyncio.Semaphore(0)
    tasks: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while received := await reader.read(65536):
            writer.write(received)
            await writer.drain()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection(target.hostname, target.port)
        upwards = asyncio.create_task(pump(reader, to_server))
        tasks.add(upwards)
        try:
            await pump(from_server, writer)
            ended.release()
            await upwards
        finally:
            to_server.close()
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    login = target.netloc.rpartition("@")[0]
    try:
        yield Relay(target._replace(netloc=f"{login}@127.0.0.1:{port}").geturl(), ended)
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
