"""A schema gets few places of a pool, and nearly always the same one."""

import asyncio
from itertools import islice

import pytest

from haas.database import places as module
from haas.database.places import Places

SIZE = 5


@pytest.fixture
def places() -> Places:
    return Places(SIZE)


def schema_at(places: Places, home: int, *, other_than: str = "") -> str:
    """Return the name of a schema with this home."""
    names = (f"tenant_{number}" for number in range(1000))
    return next(name for name in names if places.home(name) == home and name != other_than)


async def test_a_schema_gets_its_home_whoever_used_it_last(places: Places) -> None:
    schemas = [f"tenant_{number}" for number in range(20)]
    for schema in schemas * 2:
        place = await places.take(schema)
        assert place == places.home(schema)
        places.give_back(place, schema)
    assert {places.home(schema) for schema in schemas} == set(range(SIZE))


async def test_a_schema_with_several_requests_uses_the_places_after_its_home_without_waiting(places: Places) -> None:
    schema = schema_at(places, SIZE - 1)
    taking = [asyncio.create_task(places.take(schema)) for _ in range(3)]
    await asyncio.sleep(0)
    assert [task.done() and task.result() for task in taking] == [4, 0, 1]
    places.give_back(4, schema)
    assert await places.take(schema) == 4


async def test_a_schema_waits_for_its_home_while_another_uses_it(places: Places) -> None:
    first = schema_at(places, 2)
    second = schema_at(places, 2, other_than=first)
    assert await places.take(first) == 2
    waiting = asyncio.create_task(places.take(second))
    await asyncio.sleep(0)
    assert not waiting.done()
    places.give_back(2, first)
    assert await waiting == 2


async def test_those_who_wait_for_a_place_get_it_in_their_order(places: Places) -> None:
    names = (f"tenant_{number}" for number in range(1000))
    holder, first, second = islice((name for name in names if places.home(name) == 2), 3)
    assert await places.take(holder) == 2
    waiting = [asyncio.create_task(places.take(schema)) for schema in (first, second)]
    await asyncio.sleep(0)
    places.give_back(2, holder)
    assert await waiting[0] == 2
    assert not waiting[1].done()
    places.give_back(2, first)
    assert await waiting[1] == 2


async def test_a_schema_gets_any_place_if_none_near_it_becomes_free(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another schema holds the home for long, for example because it waits for a lock."""
    monkeypatch.setattr(module, "SECONDS_TO_WAIT_FOR_A_NEAR_PLACE", 0)
    first = schema_at(places, 2)
    second = schema_at(places, 2, other_than=first)
    assert [await places.take(first) for _ in range(3)] == [2, 3, 4]
    assert await places.take(second) == 0
    places.give_back(2, first)
    assert await places.take(second) == 2


async def test_a_cancelled_caller_leaves_its_place_to_the_next_one(places: Places) -> None:
    """Also if it has just got the place, and does not know it yet."""
    first = schema_at(places, 2)
    second = schema_at(places, 2, other_than=first)
    for got_it in (False, True):
        assert await places.take(first) == 2
        waiting = asyncio.create_task(places.take(second))
        await asyncio.sleep(0)
        if got_it:
            places.give_back(2, first)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        if not got_it:
            places.give_back(2, first)
        assert await places.take(second) == 2
        places.give_back(2, second)
