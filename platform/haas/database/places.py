"""Chooses which connection of a pool a schema uses.

To prepare the statements of a call for a schema takes longer than to run them, and their plans need memory on each
connection. So a schema should use few connections, and nearly always the same one.
"""

import asyncio
import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Final

SECONDS_TO_WAIT_FOR_A_NEAR_PLACE: Final = 0.025
"""About as long as it takes to prepare the statements of a call on another connection."""


class Places:
    """The places from 0 to `size` - 1 of the connections of a pool. Each schema has a home, made from its name.

    The places near a schema are its home and the following ones: one more than the schema holds, so that a tenant with
    many requests at the same time uses several. A schema gets one of these. If none of them becomes free within 25 ms,
    it gets any place.
    """

    def __init__(self, size: int) -> None:
        """All places are free."""
        self._size: Final = size
        self._free = set(range(size))
        self._held: Counter[str] = Counter()
        """How many places each schema holds or waits for."""
        self._waiting: dict[asyncio.Future[int], Sequence[int]] = {}
        """Who waits, in their order, and for which places."""

    def home(self, schema: str) -> int:
        """Return the place that `schema` uses if it is free."""
        return zlib.crc32(schema.encode()) % self._size

    async def take(self, schema: str) -> int:
        """Return a place for the use of `schema` until it is given back.

        There must not be more callers than places, counting those that hold one.
        """
        home = self.home(schema)
        near = [(home + step) % self._size for step in range(min(self._held[schema] + 1, self._size))]
        self._held[schema] += 1
        try:
            place = next((place for place in near if place in self._free), None)
            if place is None:
                place = await self._given_back(near)
            if place is None:
                following = ((home + step) % self._size for step in range(self._size))
                place = next(place for place in following if place in self._free)
        except BaseException:
            self._held[schema] -= 1
            raise
        self._free.discard(place)
        return place

    def give_back(self, place: int, schema: str) -> None:
        """Give back a place that `schema` has taken. The first caller that waits for this place gets it."""
        self._held[schema] -= 1
        self._give(place)

    def _give(self, place: int) -> None:
        for waiter, near in self._waiting.items():
            if place in near and not waiter.done():
                waiter.set_result(place)
                return
        self._free.add(place)

    async def _given_back(self, near: Sequence[int]) -> int | None:
        """Wait for one of these places. Return None if it takes too long."""
        waiter: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting[waiter] = near
        try:
            async with asyncio.timeout(SECONDS_TO_WAIT_FOR_A_NEAR_PLACE):
                return await waiter
        except TimeoutError:
            return waiter.result() if _has_place(waiter) else None
        except BaseException:
            if _has_place(waiter):
                self._give(waiter.result())
            raise
        finally:
            del self._waiting[waiter]


def _has_place(waiter: "asyncio.Future[int]") -> bool:
    """Return whether a place was given to the waiter in the moment in which its time ended or it was cancelled."""
    return waiter.done() and not waiter.cancelled()
