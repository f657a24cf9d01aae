"""Answers of AEMO that are kept in memory for a short time, and requests that several calls wait for together.

Answers may be cached for a short time against repeated calls of a recipient (C-N12). They are in the memory of this
process only, and their expiry is their deletion (CDR Rules 1.23). A key contains the arrangement, so that nothing is
shared between customers.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from typing import Final, Generic, NamedTuple, TypeVar

from haas.clock import Clock

SECONDS: Final = 300.0
_SECONDS_BETWEEN_SWEEPS: Final = 30.0
MAXIMUM_BYTES: Final = 48 * 1024 * 1024
MAXIMUM_ENTRIES: Final = 20_000
_BYTES_OF_AN_ENTRY: Final = 500
"""The memory of an entry besides its value, about."""

CachedAnswer = TypeVar("CachedAnswer")


class _Entry(NamedTuple):
    value: object
    size: int
    at: float


class AnswerCache(Generic[CachedAnswer]):
    """Values by key, up to a number of bytes. The one that was used least recently is dropped first."""

    def __init__(self, clock: Clock, maximum_bytes: int = MAXIMUM_BYTES) -> None:
        """Make an empty cache."""
        self._now = clock.timestamp
        self._maximum = maximum_bytes
        self._entries: dict[Hashable, _Entry] = {}
        self._loading: dict[Hashable, asyncio.Task[CachedAnswer]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self.size = 0
        """The bytes of all values, about."""

    def peek(self, key: Hashable) -> CachedAnswer | None:
        """Return the value of a key, or None."""
        entry = self._entries.pop(key, None)
        if entry is None:
            return None
        if not 0 <= self._now() - entry.at < SECONDS:
            self.size -= entry.size
            return None
        self._entries[key] = entry  # the last one was used most recently
        return entry.value  # type: ignore[return-value]

    def put(self, key: Hashable, value: CachedAnswer, size: int) -> None:
        """Keep a value with its size in bytes."""
        self._put(key, _Entry(value, size + _BYTES_OF_AN_ENTRY, self._now()))

    async def get(self, key: Hashable, load: Callable[[], Awaitable[tuple[CachedAnswer, int]]]) -> CachedAnswer:
        """Return the value of a key. `load` returns it with its size in bytes, if it is not known.

        Calls for the same key wait for one load. A call that is cancelled does not end the load. An error of the load
        is raised for every call that waits for it, and is not kept.
        """
        found = self.peek(key)
        if found is not None:
            return found
        task = self._loading.get(key)
        if task is None:
            task = asyncio.create_task(self._load(key, load), name="aemo.load")
            self._loading[key] = task
            task.add_done_callback(lambda done: self._ended(key, done))
        return await asyncio.shield(task)

    def is_loading(self, key: Hashable) -> bool:
        """Return whether a load for the key is running."""
        return key in self._loading

    def expire(self) -> None:
        """Delete every value that has expired. A timer calls this while there are values, also if nobody asks."""
        now, self._timer = self._now(), None
        for key in [key for key, entry in self._entries.items() if not 0 <= now - entry.at < SECONDS]:
            self._drop(key)
        if self._entries:
            self._timer = asyncio.get_running_loop().call_later(_SECONDS_BETWEEN_SWEEPS, self.expire)

    async def close(self) -> None:
        """Cancel the loads, and forget every value."""
        for task in list(self._loading.values()):
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task
        self._entries.clear()
        self.size = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _load(self, key: Hashable, load: Callable[[], Awaitable[tuple[CachedAnswer, int]]]) -> CachedAnswer:
        value, size = await load()
        self.put(key, value, size)
        return value

    def _ended(self, key: Hashable, task: "asyncio.Task[CachedAnswer]") -> None:
        del self._loading[key]
        if not task.cancelled():
            task.exception()  # every call that waited has got it; without this line, asyncio would log it too

    def _put(self, key: Hashable, entry: _Entry) -> None:
        self._drop(key)
        if entry.size > self._maximum:
            return
        self._entries[key] = entry
        self.size += entry.size
        while self.size > self._maximum or len(self._entries) > MAXIMUM_ENTRIES:
            self._drop(next(iter(self._entries)))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SECONDS, self.expire)

    def _drop(self, key: Hashable) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.size -= entry.size
