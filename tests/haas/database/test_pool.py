"""A pool never has more than its connections, never waits for long, and loses no place on any way out."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from haas.database import PoolExhausted
from haas.database.pool import Pool
from haas.errors import Unavailable
from haas.settings import Settings


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[Pool]:
    pool = Pool(settings.database_url, 2, statement_timeout="5s", idle_in_transaction_timeout="5s")
    yield pool
    await pool.close()


async def test_the_connection_used_last_is_used_next(pool: Pool) -> None:
    first, second = await pool.take(), await pool.take()
    await pool.give_back(second, clean=True)
    await pool.give_back(first, clean=True)
    assert await pool.take() is first
    await pool.give_back(first, clean=True)


async def test_waiting_tasks_are_served_in_order(pool: Pool) -> None:
    first, second = await pool.take(), await pool.take()
    waiting = [asyncio.create_task(pool.take()) for _ in range(2)]
    await asyncio.sleep(0)
    await pool.give_back(second, clean=True)
    await pool.give_back(first, clean=True)
    served = [await task for task in waiting]
    assert set(served) == {first, second}
    for pooled in served:
        await pool.give_back(pooled, clean=True)


async def test_waiting_ends_after_a_second(pool: Pool) -> None:
    held = [await pool.take(), await pool.take()]
    with pytest.raises(PoolExhausted):
        await pool.take()
    for pooled in held:
        await pool.give_back(pooled, clean=True)


async def test_no_place_is_lost_to_cancellation(pool: Pool) -> None:
    held = [await pool.take(), await pool.take()]
    for _ in range(20):
        waiting = asyncio.create_task(pool.take())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    await pool.give_back(held[0], clean=False)
    await pool.give_back(held[1], clean=True)
    for pooled in [await pool.take(), await pool.take()]:
        await pool.give_back(pooled, clean=True)


async def test_no_place_is_lost_to_cancellation_while_connecting(settings: Settings) -> None:
    pool = Pool(settings.database_url, 1, statement_timeout="5s", idle_in_transaction_timeout="5s")
    for steps in range(12):
        connecting = asyncio.create_task(pool.take())
        for _ in range(steps):
            await asyncio.sleep(0)
        connecting.cancel()
        for outcome in await asyncio.gather(connecting, return_exceptions=True):
            if not isinstance(outcome, BaseException):
                await pool.give_back(outcome, clean=False)
    await pool.give_back(await pool.take(), clean=True)
    await pool.close()


async def test_no_place_is_lost_when_the_server_is_away() -> None:
    pool = Pool("postgresql://a:b@127.0.0.1:1/c", 1, statement_timeout="5s", idle_in_transaction_timeout="5s")
    for _ in range(3):
        with pytest.raises(Unavailable, match="does not answer"):
            await pool.take()
    await pool.close()


async def test_a_connection_given_back_after_the_end_is_closed(settings: Settings) -> None:
    pool = Pool(settings.database_url, 1, statement_timeout="5s", idle_in_transaction_timeout="5s")
    pooled = await pool.take()
    await pool.close()
    await pool.give_back(pooled, clean=True)
    assert pooled.driver.is_closed()


@pytest.mark.parametrize("clean", [True, False])
async def test_an_open_transaction_never_goes_back(pool: Pool, *, clean: bool) -> None:
    pooled = await pool.take()
    await pooled.driver.execute("BEGIN")
    await pool.give_back(pooled, clean=clean)
    assert pooled.driver.is_closed()
