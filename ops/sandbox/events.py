"""Waiting for new records without polling."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

Found = TypeVar("Found")


class Events:
    """Wakes every waiting task when something new is announced."""

    def __init__(self) -> None:
        """Start with no waiting task."""
        self._condition = asyncio.Condition()

    async def announce(self) -> None:
        """Announce that there may be something new."""
        async with self._condition:
            self._condition.notify_all()

    async def wait_for(self, look: Callable[[], Awaitable[list[Found]]], seconds: float) -> list[Found]:
        """Return what `look` finds; while it finds nothing, wait up to `seconds` and look after each announcement."""
        try:
            async with asyncio.timeout(seconds), self._condition:
                while not (found := await look()):
                    await self._condition.wait()
                return found
        except TimeoutError:
            return await look()
