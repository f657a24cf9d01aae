"""A small pool of connections.

SQLAlchemy's own pool takes more processor time than the transaction itself, because it builds new wrapper objects each
time that a connection is taken. Here a connection keeps its SQLAlchemy wrapper until it is closed. `take` acquires two
semaphores, of the schema and of the pool, and returns the connection that was used last (decision 0013).
"""

import asyncio
from typing import Any, Literal, NamedTuple

import msgspec
from asyncpg import Connection, InterfaceError, PostgresError, Record
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from haas.database.failures import PoolExhausted, not_connected

SECONDS_TO_WAIT_FOR_A_CONNECTION = 1.0
SECONDS_TO_CONNECT = 5
CACHED_STATEMENTS = 5_000
PlanCacheMode = Literal["auto", "force_generic_plan"]


class Pooled(NamedTuple):
    """One connection: SQLAlchemy's object and the driver's object for the same session."""

    connection: AsyncConnection
    driver: "Connection[Record]"


class Pool:
    """At most `size` connections, of which one schema holds at most `share` at the same time.

    So a tenant whose statements wait for a lock leaves connections to the other tenants that use this pool. The
    connection that was used last is taken next, because its statements are prepared and its caches are filled.
    """

    def __init__(
        self,
        url: str,
        size: int,
        *,
        share: int,
        statement_timeout: str,
        idle_in_transaction_timeout: str,
        plan_cache_mode: PlanCacheMode = "auto",
    ) -> None:
        """Make an empty pool. It connects when a connection is first taken.

        With `plan_cache_mode` "force_generic_plan", a statement is planned once for each connection and schema. With
        "auto", PostgreSQL plans its first five executions one by one, and then decides.
        """
        self.size = size
        self._slots = asyncio.Semaphore(size)
        self._share = share
        self._shares: dict[str, asyncio.Semaphore] = {}
        self._idle: list[Pooled] = []
        self._closed = False
        self._engine = create_async_engine(
            url.replace("postgresql://", "postgresql+asyncpg://", 1),
            # Only `engine.Database` begins and ends transactions.
            isolation_level="AUTOCOMMIT",
            poolclass=NullPool,
            pool_reset_on_return=None,
            json_serializer=_encode_json,
            json_deserializer=msgspec.json.decode,
            connect_args={
                "statement_cache_size": CACHED_STATEMENTS,
                "prepared_statement_cache_size": CACHED_STATEMENTS,
                "max_cached_statement_lifetime": 0,
                "timeout": SECONDS_TO_CONNECT,
                "server_settings": {
                    "application_name": "haas",
                    "search_path": "",
                    "plan_cache_mode": plan_cache_mode,
                    "statement_timeout": statement_timeout,
                    "idle_in_transaction_session_timeout": idle_in_transaction_timeout,
                },
            },
        )

    async def take(self, schema: str) -> Pooled:
        """Return a connection for the exclusive use of `schema` until it is given back.

        Raises PoolExhausted if there is none within a second, LoginRefused, and Unavailable if the server cannot be
        reached.
        """
        await self._wait(schema)
        try:
            while self._idle:
                pooled = self._idle.pop()
                if not pooled.driver.is_closed():
                    return pooled
                await asyncio.shield(_discard(pooled))
            return await self._connect()
        except BaseException:
            self._release(schema)
            raise

    async def give_back(self, pooled: Pooled, schema: str, *, clean: bool) -> None:
        """Take a connection back from `schema`. Close it unless it is `clean`: its transaction has certainly ended."""
        if clean and not self._closed and not pooled.driver.is_closed() and not pooled.driver.is_in_transaction():
            if pooled.connection.in_transaction():
                await pooled.connection.rollback()  # resets SQLAlchemy's state; in AUTOCOMMIT nothing is sent
            self._idle.append(pooled)
            self._release(schema)
        else:
            await asyncio.shield(self._replace(pooled, schema))

    async def close(self) -> None:
        """Close the idle connections; those in use are closed when they are given back."""
        self._closed = True
        while self._idle:
            await self._idle.pop().connection.close()
        await self._engine.dispose()

    async def _wait(self, schema: str) -> None:
        """Wait until `schema` may hold one more connection, and then until the pool has one to give."""
        share = self._shares.get(schema)
        if share is None:
            share = self._shares[schema] = asyncio.Semaphore(self._share)
        if not (share.locked() or self._slots.locked()):  # a time limit is only needed for waiting
            await share.acquire()
            await self._slots.acquire()
            return
        try:
            async with asyncio.timeout(SECONDS_TO_WAIT_FOR_A_CONNECTION):
                await share.acquire()
                try:
                    await self._slots.acquire()
                except BaseException:
                    share.release()
                    raise
        except TimeoutError as error:
            seconds = SECONDS_TO_WAIT_FOR_A_CONNECTION
            raise PoolExhausted(f"no connection became free within {seconds} s") from error

    def _release(self, schema: str) -> None:
        self._slots.release()
        self._shares[schema].release()

    async def _connect(self) -> Pooled:
        try:
            connection = await self._engine.connect()
        except (OSError, InterfaceError, PostgresError, DBAPIError) as error:
            raise not_connected(error) from error
        driver: Any = (await connection.get_raw_connection()).driver_connection
        return Pooled(connection, driver)

    async def _replace(self, pooled: Pooled, schema: str) -> None:
        try:
            await _discard(pooled)
        finally:
            self._release(schema)


async def _discard(pooled: Pooled) -> None:
    await pooled.connection.invalidate()
    await pooled.connection.close()


def _encode_json(value: object) -> str:
    return msgspec.json.encode(value).decode()
