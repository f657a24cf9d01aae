"""Waiting for something to happen without asking again and again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

Found = TypeVar("Found")


class Arrivals:
    """Wakes everybody who waits for what is announced here."""

    def __init__(self) -> None:
        """Nobody waits yet."""
        self._condition = asyncio.Condition()

    async def send(self) -> None:
        """Announce that there may be something new."""
        async with self._condition:
            self._condition.notify_all()

    async def wait_for(self, look: Callable[[], Awaitable[list[Found]]], seconds: float) -> list[Found]:
        """Return what `look` finds, waiting up to `seconds` for it to find something."""
        try:
            async with asyncio.timeout(seconds), self._condition:
                while not (found := await look()):
                    await self._condition.wait()
                return found
        except TimeoutError:
            return await look()
