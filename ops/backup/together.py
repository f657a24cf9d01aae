"""Runs several pieces of work at the same time. The first error ends the others."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any


async def together(work: Iterable[Coroutine[Any, Any, None]], advance: Callable[[], None]) -> None:
    """Run all of `work`, and call `advance` after each piece. Raise the first error, when all others have ended."""

    async def counted(piece: Coroutine[Any, Any, None]) -> None:
        await piece
        advance()

    try:
        async with asyncio.TaskGroup() as group:
            for piece in work:
                group.create_task(counted(piece))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
