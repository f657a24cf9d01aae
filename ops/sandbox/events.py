"""Waiting for new records without polling."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

Found = TypeVar("Found")


class Events:
    """Lets tasks wait for new records. `announce` wakes every waiting task."""

    def __init__(self) -> None:
        """Start with no waiting task."""
        self._condition = asyncio.Condition()

    async def announce(self) -> None:
        """Wake the waiting tasks, because there may be a new record."""
        async with self._condition:
            self._condition.notify_all()

    async def wait_for(self, look: Callable[[], Awaitable[list[Found]]], seconds: float) -> list[Found]:
        """Return the result of `look`. If it is empty, wait up to `seconds` and call `look` after each announcement."""
        try:
            async with asyncio.timeout(seconds), self._condition:
                while not (found := await look()):
                    await self._condition.wait()
                return found
        except TimeoutError:
            return await look()
