"""How many requests of one participant a process sends at the same time. The limit can change at any time (C-A15)."""

import asyncio
from types import TracebackType
from typing import Final

MAXIMUM_CONCURRENT: Final = 4


class RequestSlots:
    """A slot is taken with `async with`. If the limit is lowered, requests that have a slot go on."""

    def __init__(self) -> None:
        """Begin with the highest limit."""
        self.limit = MAXIMUM_CONCURRENT
        self._taken = 0
        self._given_back = asyncio.Event()

    def adjust(self, rate_left: float) -> None:
        """Set the limit in proportion to `rate_left`, the present rate divided by the whole one."""
        self.limit = max(1, round(MAXIMUM_CONCURRENT * rate_left))
        self._given_back.set()

    async def __aenter__(self) -> None:
        """Wait for a slot, and take it."""
        while self._taken >= self.limit:
            self._given_back.clear()
            await self._given_back.wait()
        self._taken += 1

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Give the slot back."""
        self._taken -= 1
        self._given_back.set()
