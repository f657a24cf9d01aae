"""Values that are kept in memory for a limited time, measured on the platform's clock.

`CachedValue` keeps one value. `TimedCache` keeps one value for each key, up to a maximum number.

The load function receives the last value. A load function for data with a revision number first reads the revision from
the source, and returns the last value if the revision is the same. So the data is read again only if it has changed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from datetime import timedelta
from math import inf
from typing import Final, Generic, TypeVar

import msgspec

from haas.clock import Clock
from haas.errors import Unavailable

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
Load = Callable[[V | None], Awaitable[V]]
"""Reads a value from its source. Receives the last value, or None. Raises Unavailable if the source does not answer.
Any other error is passed to the caller and does not change the cache."""
_NO_TIME: Final = timedelta(0)


class CacheLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How long a value is kept, and how often its source may be asked."""

    fresh_for: timedelta
    """A value that is younger than this is returned without asking the source."""
    usable_for: timedelta | None = None
    """While the source is unavailable, a value younger than this is returned. None: only a fresh value is returned."""
    reload_after: timedelta = _NO_TIME
    """The least time between a load that succeeded and the next load."""
    retry_after: timedelta = _NO_TIME
    """The least time between a load that failed and the next load, when there is a last value."""
    first_retry_after: timedelta = _NO_TIME
    """The least time between a load that failed and the next load, when there is no value yet."""
    patience: timedelta | None = None
    """How long a caller waits for a load if there is a last value that it can use. After that, or at once if the load
    before has failed, it gets the last value, and the load continues. None: a caller waits until the load ends."""


def _accept_any(_: object) -> bool:
    return True


class CachedValue(Generic[V]):
    """One value, which is never None, and the state of its loads. At most one load runs at a time."""

    __slots__ = (
        "_failure", "_limits", "_lock", "_now", "_reload", "_started", "_succeeded", "_tried_at",
        "callers", "fresh_until", "loaded_at", "value",
    )  # fmt: skip

    def __init__(self, clock: Clock, limits: CacheLimits) -> None:
        """Make an empty cache for one value."""
        self._now = clock.timestamp
        self._limits = limits
        self._lock = asyncio.Lock()
        self.value: V | None = None
        self.loaded_at = self.fresh_until = self._tried_at = -inf
        self._failure: Unavailable | None = None
        # Loads are numbered: the number of the last started load, and that of the last load that returned a value.
        self._started = self._succeeded = 0
        self._reload: asyncio.Task[None] | None = None
        self.callers = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is neither a value nor a failure."""
        return self.value is None and self._failure is None

    def fresh(self) -> V | None:
        """Return the value if it is fresh. It is not fresh if the clock was moved back to a time before the load."""
        return self.value if self.loaded_at <= self._now() < self.fresh_until else None

    async def get(self, load: Load[V], accepts: Callable[[V], bool] = _accept_any) -> V:
        """Return a fresh value that the caller accepts, loaded if necessary.

        If the limits do not allow a load now, or the value was just loaded, it is returned even if the caller does not
        accept it. Raises Unavailable if the source is unavailable and there is no value that can still be used.
        """
        if self._is_due(accepts):
            if self._limits.patience is not None and self._last_is_usable(accepts):
                await self._reload_within(self._limits.patience, load, accepts)
            else:
                await self._load_once(load, accepts)
        return self._answer(accepts)

    async def _load_once(self, load: Load[V], accepts: Callable[[V], bool]) -> None:
        started, failure = self._started, self._failure
        async with self._lock:
            # While this call waited for the lock, the load of another call may have given the answer.
            answered = self._succeeded > started or self._failure not in {None, failure}
            if not answered and self._is_due(accepts):
                await self._load(load)

    async def _reload_within(self, patience: timedelta, load: Load[V], accepts: Callable[[V], bool]) -> None:
        reload = self._reload
        if reload is None or reload.done():
            reload = self._reload = asyncio.create_task(self._load_once(load, accepts), name="cache.reload")
        if self._failure is None:
            await asyncio.wait({reload}, timeout=patience.total_seconds())
            if reload.done():
                reload.result()

    def _last_is_usable(self, accepts: Callable[[V], bool]) -> bool:
        return self.value is not None and accepts(self.value) and self._is_usable()

    def _is_usable(self) -> bool:
        longest = self._limits.usable_for
        return longest is not None and self._now() - self.loaded_at < longest.total_seconds()

    def _is_due(self, accepts: Callable[[V], bool]) -> bool:
        if self._is_fresh_and_accepted(accepts):
            return False
        if self._failure is None:
            pause = self._limits.reload_after
        else:
            pause = self._limits.first_retry_after if self.value is None else self._limits.retry_after
        return not 0 <= self._now() - self._tried_at < pause.total_seconds()

    def _is_fresh_and_accepted(self, accepts: Callable[[V], bool]) -> bool:
        value = self.fresh()
        return value is not None and accepts(value)

    async def _load(self, load: Load[V]) -> None:
        number = self._started = self._started + 1
        try:
            self.value = await load(self.value)
        except Unavailable as error:
            self._failure, self._tried_at = error, self._now()
        else:
            self._failure, self._succeeded = None, number
            self.loaded_at = self._tried_at = self._now()
            self.fresh_until = self.loaded_at + self._limits.fresh_for.total_seconds()

    def _answer(self, accepts: Callable[[V], bool]) -> V:
        if self.value is not None and (
            self._failure is None or self._is_usable() or self._is_fresh_and_accepted(accepts)
        ):
            return self.value
        raise Unavailable(str(self._failure)) from self._failure


class TimedCache(Generic[K, V]):
    """A value for each key. When there are more than `maximum`, the key that was added first is dropped."""

    def __init__(self, clock: Clock, limits: CacheLimits, maximum: int) -> None:
        """Make an empty cache."""
        self._clock = clock
        self._limits = limits
        self._now = clock.timestamp
        self._maximum = maximum
        self._entries: dict[K, CachedValue[V]] = {}

    def fresh(self, key: K) -> V | None:
        """Return the value of `key` if it is fresh."""
        # This repeats `CachedValue.fresh` instead of calling it, to be fast: every request comes here.
        entry = self._entries.get(key)
        if entry is not None and entry.loaded_at <= self._now() < entry.fresh_until:
            return entry.value
        return None

    async def get(self, key: K, load: Load[V], accepts: Callable[[V], bool] = _accept_any) -> V:
        """Return the value of `key`; see `CachedValue.get`."""
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = CachedValue(self._clock, self._limits)
        entry.callers += 1
        try:
            return await entry.get(load, accepts)
        finally:
            entry.callers -= 1
            self._drop_excess(key, entry)

    def forget(self, key: K) -> None:
        """Drop the value of `key`. The result of a load that is running for this key is not kept."""
        self._entries.pop(key, None)

    def _drop_excess(self, key: K, entry: CachedValue[V]) -> None:
        # A key that has neither a value nor a failure is removed. Otherwise invented keys would displace real keys.
        if entry.is_empty and not entry.callers and self._entries.get(key) is entry:
            del self._entries[key]
        while len(self._entries) > self._maximum:
            del self._entries[next(iter(self._entries))]
