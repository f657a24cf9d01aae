"""A connection outside the pools, for what outlasts a transaction: the lock that makes a leader, and LISTEN."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from haas.errors import Unavailable

SECONDS_TO_CONNECT = 5.0
SECONDS_TO_ANSWER = 5.0
_GONE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class StandingConnection:
    """A session of its own on the server. What it holds ends with it: whoever used it finds `lost` set."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Take an open connection; `standing_connection` opens one."""
        self._connection = connection
        self.lost = asyncio.Event()
        connection.add_termination_listener(lambda _: self.lost.set())

    async def try_lock(self, number: int) -> bool:
        """Take the advisory lock `number` for this session; tell whether it was free. Raises Unavailable."""
        return bool(await self._fetch("SELECT pg_try_advisory_lock($1)", number))

    async def listen(self, channel: str, heard: Callable[[str], None]) -> None:
        """Call `heard` with the payload of every notification on `channel` from now on. Raises Unavailable."""

        def hear(_connection: object, _process: int, _channel: str, payload: object) -> None:
            heard(str(payload))

        try:
            await self._connection.add_listener(channel, hear)
        except _GONE as error:
            raise Unavailable("the standing connection is gone") from error

    async def check(self) -> None:
        """Ask the server for a sign of life. Raises Unavailable."""
        await self._fetch("SELECT 1")

    async def _fetch(self, sql: str, *values: object) -> Any:
        try:
            return await self._connection.fetchval(sql, *values, timeout=SECONDS_TO_ANSWER)
        except _GONE as error:
            self.lost.set()
            raise Unavailable("the standing connection is gone") from error


@asynccontextmanager
async def standing_connection(url: str, name: str) -> AsyncIterator[StandingConnection]:
    """Open a connection to the server at `url`, known there as `name`, until the block ends. Raises Unavailable."""
    try:
        connection = await asyncpg.connect(
            url, timeout=SECONDS_TO_CONNECT, server_settings={"application_name": name, "search_path": ""}
        )
    except _GONE as error:
        raise Unavailable(f"the database does not answer: {type(error).__name__}") from error
    try:
        yield StandingConnection(connection)
    finally:
        if connection.is_closed():
            connection.terminate()
        else:
            try:
                await connection.close(timeout=SECONDS_TO_ANSWER)
            except _GONE:
                connection.terminate()
