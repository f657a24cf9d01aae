"""A pool has a fixed number of slots for connections: no caller waits long for one, and no failure loses one."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from haas.database import PoolExhausted
from haas.database.pool import Pool
from haas.errors import Unavailable
from haas.settings import Settings


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[Pool]:
    pool = Pool(settings.database_url, 2, share=2, seconds_to_answer=5)
    yield pool
    await pool.close()


async def test_a_schema_gets_the_same_connection_again(settings: Settings) -> None:
    """Its statements are prepared there."""
    pool = Pool(settings.database_url, 5, share=5, seconds_to_answer=5)
    used: dict[str, int] = {}
    for schema in ("a", "b", "c", "d") * 2:
        pooled = await pool.take(schema)
        assert used.setdefault(schema, pooled.driver.get_server_pid()) == pooled.driver.get_server_pid()
        await pool.give_back(pooled, schema, clean=True)
    assert len(set(used.values())) > 1
    await pool.close()


async def test_a_connection_that_was_closed_while_idle_is_replaced_in_its_place(pool: Pool) -> None:
    first = await pool.take("a")
    await pool.give_back(first, "a", clean=True)
    first.driver.terminate()
    second = await pool.take("a")
    assert (second.place, second.driver.is_closed()) == (first.place, False)
    await pool.give_back(second, "a", clean=True)


async def test_waiting_tasks_are_served_in_order(pool: Pool) -> None:
    first, second = await pool.take("a"), await pool.take("a")
    waiting = [asyncio.create_task(pool.take("a")) for _ in range(2)]
    await asyncio.sleep(0)
    await pool.give_back(second, "a", clean=True)
    assert await waiting[0] is second
    assert not waiting[1].done()
    await pool.give_back(first, "a", clean=True)
    assert await waiting[1] is first
    for pooled in (first, second):
        await pool.give_back(pooled, "a", clean=True)


async def test_waiting_for_a_connection_ends_with_pool_exhausted(pool: Pool) -> None:
    held = [await pool.take("a"), await pool.take("a")]
    with pytest.raises(PoolExhausted):
        await pool.take("a")
    for pooled in held:
        await pool.give_back(pooled, "a", clean=True)


async def test_cancelling_a_waiting_task_loses_no_slot(pool: Pool) -> None:
    held = [await pool.take("a"), await pool.take("a")]
    for _ in range(20):
        waiting = asyncio.create_task(pool.take("a"))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    await pool.give_back(held[0], "a", clean=False)
    await pool.give_back(held[1], "a", clean=True)
    for pooled in [await pool.take("a"), await pool.take("a")]:
        await pool.give_back(pooled, "a", clean=True)


async def test_cancelling_while_connecting_loses_no_slot(settings: Settings) -> None:
    pool = Pool(settings.database_url, 1, share=1, seconds_to_answer=5)
    for steps in range(12):
        connecting = asyncio.create_task(pool.take("a"))
        for _ in range(steps):
            await asyncio.sleep(0)
        connecting.cancel()
        for outcome in await asyncio.gather(connecting, return_exceptions=True):
            if not isinstance(outcome, BaseException):
                await pool.give_back(outcome, "a", clean=False)
    await pool.give_back(await pool.take("a"), "a", clean=True)
    await pool.close()


async def test_an_unreachable_server_loses_no_slot() -> None:
    pool = Pool("postgresql://a:b@127.0.0.1:1/c", 1, share=1, seconds_to_answer=5)
    for _ in range(3):
        with pytest.raises(Unavailable, match="does not answer"):
            await pool.take("a")
    await pool.close()


async def test_a_connection_given_back_to_a_closed_pool_is_closed(settings: Settings) -> None:
    pool = Pool(settings.database_url, 1, share=1, seconds_to_answer=5)
    pooled = await pool.take("a")
    await pool.close()
    await pool.give_back(pooled, "a", clean=True)
    assert pooled.driver.is_closed()


@pytest.mark.parametrize("clean", [True, False])
async def test_a_connection_given_back_with_an_open_transaction_is_closed(pool: Pool, *, clean: bool) -> None:
    pooled = await pool.take("a")
    await pooled.driver.execute("BEGIN")
    await pool.give_back(pooled, "a", clean=clean)
    assert pooled.driver.is_closed()


async def test_a_schema_that_holds_its_share_leaves_connections_to_the_others(settings: Settings) -> None:
    pool = Pool(settings.database_url, 3, share=2, seconds_to_answer=5)
    held = [await pool.take("a"), await pool.take("a")]
    waiting = asyncio.create_task(pool.take("a"))
    await asyncio.sleep(0)
    other = await pool.take("b")
    assert not waiting.done()
    await pool.give_back(other, "b", clean=True)
    assert not waiting.done()
    await pool.give_back(held.pop(), "a", clean=True)
    held.append(await waiting)
    for pooled in held:
        await pool.give_back(pooled, "a", clean=True)
    await pool.close()


async def test_a_schema_waits_for_the_pool_only_within_its_share(settings: Settings) -> None:
    """Otherwise requests of one tenant that wait would take every place in the queue of the pool."""
    pool = Pool(settings.database_url, 2, share=1, seconds_to_answer=5)
    first, second = await pool.take("a"), await pool.take("b")
    waiting = [asyncio.create_task(pool.take("a")) for _ in range(3)]
    await asyncio.sleep(0)
    third = asyncio.create_task(pool.take("c"))
    await asyncio.sleep(0)
    await pool.give_back(second, "b", clean=True)
    assert await third is second
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await pool.give_back(first, "a", clean=True)
    await pool.give_back(second, "c", clean=True)
    for schema in ("a", "b"):
        await pool.give_back(await pool.take(schema), schema, clean=True)
    await pool.close()
