"""Limits on calls that several processes of one deployment share.

A process counts in memory. It asks the store that all processes share only for a key of which it has used more than
half of its own share, so most calls need no round trip. While the store does not answer, each process applies the
limits to what it has counted itself. Nothing is durable: a limit is exceeded rather than a call refused by mistake.

The other processes may have used half of their shares without the store knowing it. So with N processes, at most
(N - 1) / (2 N) of a limit is admitted in addition to it.
"""

from collections.abc import Awaitable, Iterable, Sequence
from math import inf
from typing import Final, NamedTuple, Protocol, TypeVar
from uuid import UUID

from haas.clock import Clock
from haas.errors import HaasError

MAXIMUM_KEYS: Final = 50_000
"""How many keys of each limit are kept in memory. The one that was used least recently is dropped."""
SECONDS_KEPT_LONGER: Final = 60.0
"""The store forgets a key this long after its window, because the clocks of two machines can differ."""


Key = tuple[UUID | str, ...]
"""Whose calls are counted. The store gets it, so it contains no personal data."""


class CountLimit(NamedTuple):
    """At most `most` calls in a window. Times are seconds since 1970, of the platform's clock."""

    name: str
    """Which limit it is, such as `customer`. All keys of one name have windows of about the same length."""
    key: Key
    most: int
    begins: float
    """Calls with the same name, key and `begins` are counted together."""
    ends: float


class EventLimit(NamedTuple):
    """At most `most` different events since a time. An event that was admitted since then is not counted again."""

    name: str
    key: Key
    most: int
    since: float
    """Events at or before this time do not count any more."""
    ends: float
    """When all events that are known now can be forgotten."""
    event: str


Limit = CountLimit | EventLimit


class LimitExceeded(HaasError):
    """A call would exceed `limit`. `oldest` is the time of the first event that counts, if the limit is of events."""

    def __init__(self, limit: Limit, oldest: float | None = None) -> None:
        """Take the limit that is exceeded."""
        super().__init__(f"more than {limit.most} ({limit.name})")
        self.limit = limit
        self.oldest = oldest


class Asked(NamedTuple):
    """What the store is asked about one limit: whether this call fits, after what this process has not told yet."""

    limit: Limit
    untold: Sequence[tuple[float, str]] | int
    """The events with their times, or the number of calls, that this process has admitted and not told yet."""


class Refusal(NamedTuple):
    """The store's answer if a call does not fit."""

    limit: Limit
    oldest: float | None


class SharedCounts(Protocol):
    """The store. `haas.valkey_counts` is the one of a deployment."""

    def ask(self, asked: Sequence[Asked], now: float) -> Awaitable[Refusal | None]:
        """Count what is untold, and the call if it fits in all limits. Return the first limit in which it does not fit.

        Raise NotShared if the store does not answer.
        """
        ...


class NotShared(HaasError):
    """The store of the shared counts does not answer, so a process knows only what it has counted itself."""


class _Count:
    """The calls of one key in one window: those that this process has admitted, and how many of them it has told."""

    __slots__ = ("begins", "ends", "own", "refused", "told")

    def __init__(self) -> None:
        self.begins = self.ends = -inf
        self.own = self.told = 0
        self.refused = 0
        """The highest limit in which the store has refused a call. Calls can have different limits for one key."""


class _Events:
    """The events of one key with their times: those that this process knows, and those that it has not told."""

    __slots__ = ("ends", "times", "untold")

    def __init__(self) -> None:
        self.ends = -inf
        self.times: dict[str, float] = {}
        self.untold: dict[str, float] = {}


class _CountUse:
    """One call that uses a CountLimit. Refused calls are not counted."""

    __slots__ = ("counted", "limit", "untold")

    def __init__(self, limit: CountLimit, counted: _Count) -> None:
        self.limit, self.counted, self.untold = limit, counted, 0
        if counted.begins != limit.begins:
            counted.begins, counted.own, counted.told, counted.refused = limit.begins, 0, 0, 0
        counted.ends = limit.ends

    def check(self) -> None:
        if self.limit.most <= max(self.counted.own, self.counted.refused):
            raise LimitExceeded(self.limit)

    def needs_the_store(self, share: float) -> bool:
        return 2 * (self.counted.own + 1) > share

    def add(self, _: float) -> None:
        self.counted.own += 1

    def tell(self) -> Asked:
        """Return what the store is asked, after `add`. It is regarded as told."""
        self.untold = self.counted.own - 1 - self.counted.told
        self.counted.told = self.counted.own
        return Asked(self.limit, self.untold)

    def was_not_told(self) -> None:
        if self._is_current():
            self.counted.told -= self.untold + 1

    def withdraw(self, refusal: Refusal, *, told: bool) -> None:
        """The call was refused. The store has not counted it, but everything before it that it was told."""
        if self._is_current():
            self.counted.own -= 1
            self.counted.told -= told
            if refusal.limit is self.limit:
                self.counted.refused = max(self.counted.refused, self.limit.most)

    def _is_current(self) -> bool:
        """Return whether the window is still the same. While the store was asked, the next one can have begun."""
        return self.counted.begins == self.limit.begins


class _EventUse:
    """One call that uses an EventLimit."""

    __slots__ = ("counted", "is_new", "limit", "untold")

    def __init__(self, limit: EventLimit, counted: _Events) -> None:
        self.limit, self.counted = limit, counted
        for event in [event for event, at in counted.times.items() if at <= limit.since]:
            del counted.times[event]
            counted.untold.pop(event, None)
        counted.ends = limit.ends
        self.is_new = limit.event not in counted.times
        self.untold: dict[str, float] = {}

    def check(self) -> None:
        if self.is_new and len(self.counted.times) >= self.limit.most:
            raise LimitExceeded(self.limit, min(self.counted.times.values()))

    def needs_the_store(self, share: float) -> bool:
        return self.is_new and 2 * (len(self.counted.times) + 1) > share

    def add(self, now: float) -> None:
        if self.is_new:
            self.counted.times[self.limit.event] = self.counted.untold[self.limit.event] = now

    def tell(self) -> Asked:
        """Return what the store is asked, after `add`. It is regarded as told."""
        self.untold, self.counted.untold = self.counted.untold, {}
        return Asked(self.limit, [(at, event) for event, at in self.untold.items() if event != self.limit.event])

    def was_not_told(self) -> None:
        self.counted.untold |= {event: at for event, at in self.untold.items() if event in self.counted.times}

    def withdraw(self, _: Refusal, *, told: bool) -> None:
        """The call was refused. An event that was known before stays."""
        if self.is_new:
            self.counted.times.pop(self.limit.event, None)
            if not told:
                self.counted.untold.pop(self.limit.event, None)


_Use = _CountUse | _EventUse
_Counted = TypeVar("_Counted", _Count, _Events)


class SharedLimits:
    """The limits of one process. It is not thread-safe: only the event loop's thread may use it."""

    def __init__(self, clock: Clock, counts: SharedCounts, *, processes: int, maximum_keys: int = MAXIMUM_KEYS) -> None:
        """`processes` share the limits through `counts`."""
        self._now = clock.timestamp
        self._counts = counts
        self._processes = processes
        self._maximum = maximum_keys
        self._counts_by_name: dict[str, dict[Key, _Count]] = {}
        self._events_by_name: dict[str, dict[Key, _Events]] = {}
        self.unshared = 0
        """The number of calls that were admitted without the store, although it should have been asked."""

    @property
    def number_of_keys(self) -> int:
        """The number of keys in memory."""
        of_counts = sum(len(entries) for entries in self._counts_by_name.values())
        return of_counts + sum(len(entries) for entries in self._events_by_name.values())

    def admit(self, limits: Iterable[Limit]) -> Awaitable[None] | None:
        """Count one call that uses all of `limits`. Raise LimitExceeded, then it is counted in none of them.

        Return None if the call is admitted, or something to await if the store must be asked. Awaiting it raises
        LimitExceeded too.
        """
        now = self._now()
        uses = [self._use(limit, now) for limit in limits]
        for use in uses:
            use.check()
        asking = [use for use in uses if use.needs_the_store(use.limit.most / self._processes)]
        for use in uses:
            use.add(now)
        return self._ask(uses, asking, now) if asking else None

    async def _ask(self, uses: list[_Use], asking: list[_Use], now: float) -> None:
        try:
            refusal = await self._counts.ask([use.tell() for use in asking], now)
        except BaseException as error:
            # If the task was cancelled, it is not known what the store has counted. Then it is told again.
            for use in asking:
                use.was_not_told()
            if not isinstance(error, NotShared):
                raise
            self.unshared += 1
            return
        if refusal is not None:
            for use in uses:
                use.withdraw(refusal, told=use in asking)
            raise LimitExceeded(refusal.limit, refusal.oldest)

    def _use(self, limit: Limit, now: float) -> _Use:
        if isinstance(limit, CountLimit):
            return _CountUse(limit, self._entry(self._counts_by_name, limit, _Count, now))
        return _EventUse(limit, self._entry(self._events_by_name, limit, _Events, now))

    def _entry(
        self, by_name: dict[str, dict[Key, _Counted]], limit: Limit, new: type[_Counted], now: float
    ) -> _Counted:
        """Return the entry of a key. It becomes the one that was used most recently."""
        entries = by_name.get(limit.name)
        if entries is None:
            entries = by_name[limit.name] = {}
        entry = entries.pop(limit.key, None)
        if entry is None:
            self._make_room(entries, now)
            entry = new()
        entries[limit.key] = entry
        return entry

    def _make_room(self, entries: dict[Key, _Counted], now: float) -> None:
        """Drop the keys whose windows are over, and the one that was used least recently if there are too many."""
        while entries:
            oldest = next(iter(entries))
            if len(entries) < self._maximum and entries[oldest].ends > now:
                return
            del entries[oldest]
