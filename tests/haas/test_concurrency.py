"""Several tasks that are awaited together."""

import asyncio

import pytest

from haas.concurrency import all_of


async def test_the_results_have_the_order_of_the_coroutines() -> None:
    async def after(seconds: float) -> float:
        await asyncio.sleep(seconds)
        return seconds

    assert await all_of(after(seconds) for seconds in (0.02, 0.0, 0.01)) == [0.02, 0.0, 0.01]
    assert await all_of([]) == []


async def test_the_others_are_cancelled_if_one_fails() -> None:
    ended: list[str] = []

    async def fail() -> None:
        await asyncio.sleep(0)
        raise LookupError

    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("cancelled")

    with pytest.raises(LookupError):
        await all_of([wait(), fail(), wait()])
    assert ended == ["cancelled", "cancelled"]
