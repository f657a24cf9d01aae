"""Dedicated connections outside the pools, for advisory locks and LISTEN, which last longer than a transaction."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from haas.errors import Unavailable

SECONDS_TO_CONNECT = 5.0
SECONDS_TO_ANSWER = 5.0
SECONDS_BETWEEN_LOCK_ATTEMPTS = 0.2
_ANY_FAILURE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class DedicatedConnection:
    """One database session that is not shared. When it ends, its locks and subscriptions end too, and `lost` is set."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Take an open connection; `dedicated_connection` opens one."""
        self._connection = connection
        self.lost = asyncio.Event()
        connection.add_termination_listener(lambda _: self.lost.set())

    async def try_lock(self, number: int) -> bool:
        """Try to take the advisory lock `number` for this session. Return whether it was free. Raises Unavailable."""
        return bool(await self._fetch("SELECT pg_try_advisory_lock($1)", number))

    async def listen(self, channel: str, notified: Callable[[str], None]) -> None:
        """Call `notified` with the payload of every notification on `channel` from now on. Raises Unavailable."""

        def receive(_connection: object, _process: int, _channel: str, payload: object) -> None:
            notified(str(payload))

        try:
            await self._connection.add_listener(channel, receive)
        except _ANY_FAILURE as error:
            raise Unavailable("the dedicated connection was lost") from error

    async def check(self) -> None:
        """Send a query to find out whether the server still answers. Raises Unavailable."""
        await self._fetch("SELECT 1")

    async def _fetch(self, sql: str, *values: object) -> Any:
        try:
            return await self._connection.fetchval(sql, *values, timeout=SECONDS_TO_ANSWER)
        except _ANY_FAILURE as error:
            self.lost.set()
            raise Unavailable("the dedicated connection was lost") from error


@asynccontextmanager
async def dedicated_connection(url: str, name: str) -> AsyncIterator[DedicatedConnection]:
    """Open a connection with the application name `name` to the server at `url`, and close it when the block ends.

    Raises Unavailable.
    """
    try:
        connection = await asyncpg.connect(
            url, timeout=SECONDS_TO_CONNECT, server_settings={"application_name": name, "search_path": ""}
        )
    except _ANY_FAILURE as error:
        raise Unavailable(f"the database does not answer: {type(error).__name__}") from error
    try:
        yield DedicatedConnection(connection)
    finally:
        if connection.is_closed():
            connection.terminate()
        else:
            try:
                await connection.close(timeout=SECONDS_TO_ANSWER)
            except _ANY_FAILURE:
                connection.terminate()


@asynccontextmanager
async def session_lock(url: str, name: str, number: int) -> AsyncIterator[None]:
    """Wait for the advisory lock `number` of the database at `url`, and hold it until the block ends.

    It is held by a dedicated connection with the application name `name`, so it ends with the process too. Raises
    Unavailable.
    """
    async with dedicated_connection(url, name) as connection:
        while True:
            if await connection.try_lock(number):
                break
            await asyncio.sleep(SECONDS_BETWEEN_LOCK_ATTEMPTS)
        yield
