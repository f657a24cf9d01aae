"""A small pool of connections.

SQLAlchemy's own pool takes more processor time than the transaction itself, because it builds new wrapper objects each
time that a connection is taken. Here a connection keeps its SQLAlchemy wrapper until it is closed. `take` takes a slot
that the schemas share, and returns a connection that the schema has used before, if it can (decision 0013).

A server that is stopped, or whose machine is, keeps its connections open and answers nothing. So a timer counts how
long each connection makes no progress. One that makes none for too long is terminated and never used again. A timer for
each statement would take up to a third of the processor time of a short transaction (decision 0028).
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import asyncpg
import msgspec
from asyncpg import Connection, PostgresError, Record
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from haas.database.failures import DRIVER_ERRORS, PoolExhausted, is_of_a_standby, not_connected
from haas.database.places import Places
from haas.errors import Unavailable
from haas.shares import NoSlot, SharedSlots

SECONDS_TO_WAIT_FOR_A_CONNECTION = 1.0
SECONDS_TO_CONNECT = 1.5
SECONDS_TO_CLOSE = 0.5
SECONDS_BETWEEN_TICKS = 0.125
TICKS_TO_BEGIN = 12
CACHED_STATEMENTS = 5_000

logger = logging.getLogger(__name__)


class Pooled:
    """One connection: SQLAlchemy's object and the driver's object for the same session."""

    __slots__ = ("_ticks_to_answer", "connection", "driver", "place", "ticks_left")

    def __init__(
        self,
        connection: AsyncConnection,
        driver: "Connection[Record]",
        *,
        place: int,
        ticks_to_begin: int,
        ticks_to_answer: int,
    ) -> None:
        """Take an open connection."""
        self.connection = connection
        self.driver = driver
        self.place = place
        """Its place in the pool."""
        self.ticks_left = ticks_to_begin
        """After how many more ticks of the pool the server counts as silent."""
        self._ticks_to_answer = ticks_to_answer

    @property
    def was_silent(self) -> bool:
        """Whether the connection was terminated because the server did not answer on it in time."""
        return self.ticks_left <= 0

    def begin_statement(self) -> None:
        """Give the server the time for one more statement."""
        self.ticks_left = self._ticks_to_answer


class Pool:
    """At most `size` connections, of which one schema holds at most `share` at the same time.

    So a tenant whose statements wait for a lock leaves connections to the other tenants.

    Each connection has a place, and `places` chooses the place for a schema.
    """

    def __init__(
        self, url: str, size: int, *, share: int, seconds_to_answer: float, time_factor: int = 1, **settings: str
    ) -> None:
        """Make an empty pool. It connects when a connection is first taken.

        A connection that is in use is terminated if no statement begins on it for `seconds_to_answer`, or if its BEGIN
        is not answered within 1.5 s. `settings` are settings of PostgreSQL for each session. Its time limits should be
        shorter: a connection can be used again if the server itself has ended a statement. The other time limits of the
        pool are multiplied by `time_factor`.
        """
        self.size = size
        self._seconds_to_connect = SECONDS_TO_CONNECT * time_factor
        self._ticks_to_begin = TICKS_TO_BEGIN * time_factor
        self._ticks_to_answer = round(seconds_to_answer / SECONDS_BETWEEN_TICKS)
        self._ticking = False
        self._in_use: set[Pooled] = set()
        self.silent = False
        """Whether the server did not answer in time. Then one caller at a time may try it, in `trial`."""
        self._on_trial = False
        self.exhausted = 0
        """How often nobody gave a connection back in time."""
        self._slots = SharedSlots(size, share, seconds=SECONDS_TO_WAIT_FOR_A_CONNECTION * time_factor)
        self.places = Places(size)
        self._idle: dict[int, Pooled] = {}
        """The open connections that nobody uses, by place."""
        self._opened: dict[object, Connection[Record]] = {}
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
                "async_creator_fn": self._open,
                "statement_cache_size": CACHED_STATEMENTS,
                "prepared_statement_cache_size": CACHED_STATEMENTS,
                "max_cached_statement_lifetime": 0,
                "timeout": None,  # `_connect` has a time limit
                "server_settings": {"application_name": "haas", "search_path": "", **settings},
            },
        )

    @property
    def in_use(self) -> int:
        """The number of connections that are in use, or are being opened."""
        return self.size - self._slots.free

    @property
    def waiting(self) -> int:
        """The number of callers that wait for a connection."""
        return self._slots.waiting

    async def take(self, schema: str, *, on_trial: bool = False) -> Pooled:
        """Return a connection for the exclusive use of `schema` until it is given back.

        `on_trial` says that the caller is in the block of `trial`. Raises PoolExhausted if there is none within a
        second, LoginRefused, and Unavailable if the server cannot be reached.
        """
        try:
            await self._slots.take(schema)
        except NoSlot as error:
            self.exhausted += 1
            raise PoolExhausted(f"no connection: {error}") from error
        try:
            if self.silent and not on_trial:  # it fell silent while this caller waited
                raise Unavailable("the database does not answer")
            pooled = await self._idle_or_new(schema)
        except BaseException:
            self._slots.give_back(schema)
            raise
        pooled.ticks_left = self._ticks_to_begin
        self._in_use.add(pooled)
        if not self._ticking:
            self._ticking = True
            asyncio.get_running_loop().call_later(SECONDS_BETWEEN_TICKS, self._tick)
        return pooled

    async def give_back(self, pooled: Pooled, schema: str, *, clean: bool) -> None:
        """Take a connection back from `schema`. Close it unless it is `clean`: its transaction has certainly ended."""
        self._in_use.discard(pooled)
        if clean and not self._closed and not pooled.driver.is_closed() and not pooled.driver.is_in_transaction():
            if pooled.connection.in_transaction():
                await pooled.connection.rollback()  # resets SQLAlchemy's state; in AUTOCOMMIT nothing is sent
            self._idle[pooled.place] = pooled
            self._release(pooled.place, schema)
        else:
            await asyncio.shield(self._replace(pooled, schema))

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Let the caller find out whether a silent server answers again. Raises Unavailable if another one does that.

        So requests are refused at once, and a server that continues does not find a crowd of abandoned connections.
        """
        if self._on_trial:
            raise Unavailable("the database does not answer")
        self._on_trial = True
        try:
            yield
            self.silent = False
        finally:
            self._on_trial = False

    def terminate_if_standby(self, pooled: Pooled, error: BaseException) -> None:
        """Terminate a connection, and those that are idle, if `error` says that the server is not the primary any more.

        The next connection leads to the primary, when the address of the database does.
        """
        if is_of_a_standby(error):
            pooled.driver.terminate()
            self._terminate_idle()

    async def close(self) -> None:
        """Close the idle connections; those in use are closed when they are given back."""
        self._closed = True
        idle, self._idle = self._idle, {}
        await asyncio.gather(*map(_discard, idle.values()))
        await self._engine.dispose()

    async def _idle_or_new(self, schema: str) -> Pooled:
        place = await self.places.take(schema)
        try:
            pooled = self._idle.pop(place, None)
            if pooled is not None:
                if not pooled.driver.is_closed():
                    return pooled
                await asyncio.shield(_discard(pooled))
            return await self._connect(place)
        except BaseException:
            self.places.give_back(place, schema)
            raise

    async def _connect(self, place: int) -> Pooled:
        connection, driver = None, None
        try:
            async with asyncio.timeout(self._seconds_to_connect):
                connection = await self._engine.connect()
        except (*DRIVER_ERRORS, PostgresError, DBAPIError) as error:
            self.silent = self.silent or isinstance(error, TimeoutError)
            raise not_connected(error) from error
        finally:
            driver = self._opened.pop(asyncio.current_task(), None)
            if connection is None and driver is not None:
                driver.terminate()
        return Pooled(
            connection,
            driver,
            place=place,
            ticks_to_begin=self._ticks_to_begin,
            ticks_to_answer=self._ticks_to_answer,
        )

    async def _open(self, *arguments: Any, **options: Any) -> "Connection[Record]":
        """Open a connection for SQLAlchemy, which does not close it if its own first statements fail."""
        driver = self._opened[asyncio.current_task()] = await asyncpg.connect(*arguments, **options)
        return driver

    def _tick(self) -> None:
        """Terminate the connections that make no progress.

        The driver's other ways to close a connection, or to cancel its statement, would wait for the server. Ticks are
        counted, and not the time: if this process itself was stopped, answers may be waiting to be read.
        """
        for pooled in self._in_use:
            pooled.ticks_left -= 1
            if pooled.ticks_left == 0 and not pooled.driver.is_closed():
                logger.warning("database.silent")
                self.silent = True
                pooled.driver.terminate()
                self._terminate_idle()
        self._ticking = bool(self._in_use)
        if self._ticking:
            asyncio.get_running_loop().call_later(SECONDS_BETWEEN_TICKS, self._tick)

    def _terminate_idle(self) -> None:
        for pooled in self._idle.values():
            pooled.driver.terminate()

    async def _replace(self, pooled: Pooled, schema: str) -> None:
        try:
            await _discard(pooled)
        finally:
            self._release(pooled.place, schema)

    def _release(self, place: int, schema: str) -> None:
        self.places.give_back(place, schema)
        self._slots.give_back(schema)


async def _discard(pooled: Pooled) -> None:
    with suppress(*DRIVER_ERRORS, PostgresError):
        await pooled.driver.close(timeout=SECONDS_TO_CLOSE)
    await pooled.connection.invalidate()
    await pooled.connection.close()


def _encode_json(value: object) -> str:
    return msgspec.json.encode(value).decode()
