"""Properties of asynchronous code for generated examples."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

LONGEST: Final = 30
"""The seconds after which an example has failed."""
T = TypeVar("T")


async def for_examples(
    strategy: st.SearchStrategy[T], count: int, holds: Callable[[T], Coroutine[Any, Any, None]]
) -> None:
    """Run an asynchronous property for generated examples, which are the same in every run.

    Hypothesis is synchronous. It runs in a thread, and the property in the event loop of the test's connections.
    """
    loop = asyncio.get_running_loop()

    @settings(
        deadline=None,
        database=None,
        derandomize=True,
        max_examples=count,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(strategy)
    def each(example: T) -> None:
        asyncio.run_coroutine_threadsafe(holds(example), loop).result(LONGEST)

    await asyncio.to_thread(each)
