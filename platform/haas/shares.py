"""A limited number of slots that several keys share, such as the brands of a deployment. No key holds all of them."""

import asyncio
from collections.abc import Hashable
from typing import Final

from haas.errors import Unavailable


class NoSlot(Unavailable):
    """No slot became free in time, or too many callers with the same key wait already."""


class SharedSlots:
    """`size` slots, of which one key holds at most `share` at the same time.

    A caller first waits for the share of its key and then for the slots. So callers with the same key that wait take at
    most `share` places in the queue for the slots, however many they are.
    """

    def __init__(self, size: int, share: int, *, seconds: float, waiting: int | None = None) -> None:
        """A caller waits at most `seconds`. At most `waiting` callers with one key wait; None does not limit them."""
        self.size: Final = size
        self.free = size
        """The number of slots that nobody holds."""
        self._share = share
        self._seconds = seconds
        self._most_waiting = waiting
        self._slots = asyncio.Semaphore(size)
        self._shares: dict[Hashable, asyncio.Semaphore] = {}
        self._waiting: dict[Hashable, int] = {}

    @property
    def waiting(self) -> int:
        """The number of callers that wait."""
        return sum(list(self._waiting.values()))

    async def take(self, key: Hashable) -> None:
        """Take a slot for `key`, until it is given back. Raise NoSlot."""
        share = self._shares.get(key)
        if share is None:
            share = self._shares[key] = asyncio.Semaphore(self._share)
        if not (share.locked() or self._slots.locked()):  # the usual case: nothing to wait for, and no time limit
            await share.acquire()
            await self._slots.acquire()
            self.free -= 1
            return
        waiting = self._waiting.get(key, 0)
        if self._most_waiting is not None and waiting >= self._most_waiting:
            raise NoSlot(f"{waiting} callers wait already")
        self._waiting[key] = waiting + 1
        try:
            await self._wait(share)
            self.free -= 1
        finally:
            self._waiting[key] -= 1

    def give_back(self, key: Hashable) -> None:
        """Give back a slot that `key` holds."""
        self.free += 1
        self._slots.release()
        self._shares[key].release()

    async def _wait(self, share: asyncio.Semaphore) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                await share.acquire()
                try:
                    await self._slots.acquire()
                except BaseException:
                    share.release()
                    raise
        except TimeoutError as error:
            raise NoSlot(f"no slot became free within {self._seconds} s") from error


class HeldSlot:
    """A slot that a caller holds and can exchange."""

    def __init__(self, slots: SharedSlots, key: Hashable) -> None:
        """The caller has taken a slot of `slots` for `key`."""
        self._slots = slots
        self._key = key

    async def exchange(self, slots: SharedSlots) -> None:
        """Take a slot of `slots` for the same key, and give back the slot that was held. Raise NoSlot.

        A slot of `slots` that is held already is kept.
        """
        if slots is self._slots:
            return
        await slots.take(self._key)
        self._slots.give_back(self._key)
        self._slots = slots

    def give_back(self) -> None:
        """Give back the slot that is held now."""
        self._slots.give_back(self._key)
