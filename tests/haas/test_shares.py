"""Slots that several keys share: no key holds all of them, nobody waits long, and no cancellation loses one."""

import asyncio

import pytest

from haas.shares import HeldSlot, NoSlot, SharedSlots


async def _turns(count: int = 3) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_a_key_that_holds_its_share_leaves_slots_to_the_others() -> None:
    slots = SharedSlots(3, 2, seconds=60)
    await slots.take("a")
    await slots.take("a")
    waiting = asyncio.create_task(slots.take("a"))
    await slots.take("b")
    await _turns()
    assert not waiting.done()
    slots.give_back("b")
    await _turns()
    assert not waiting.done()
    slots.give_back("a")
    await waiting


async def test_callers_of_one_key_that_wait_do_not_fill_the_queue_for_the_slots() -> None:
    slots = SharedSlots(2, 1, seconds=60)
    await slots.take("a")
    await slots.take("b")
    waiting = [asyncio.create_task(slots.take("a")) for _ in range(5)]
    await _turns()
    other = asyncio.create_task(slots.take("c"))
    await _turns()
    slots.give_back("b")
    await other
    assert not any(task.done() for task in waiting)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_waiting_ends() -> None:
    slots = SharedSlots(1, 1, seconds=0.01)
    await slots.take("a")
    for key in ("a", "b"):
        with pytest.raises(NoSlot, match="became free"):
            await slots.take(key)
    slots.give_back("a")
    await slots.take("b")


async def test_the_number_of_callers_with_one_key_that_wait_is_limited() -> None:
    slots = SharedSlots(1, 1, seconds=60, waiting=2)
    await slots.take("a")
    waiting = [asyncio.create_task(slots.take("a")) for _ in range(2)]
    other = asyncio.create_task(slots.take("b"))
    await _turns()
    with pytest.raises(NoSlot, match="2 callers wait already"):
        await slots.take("a")
    for key in ("a", "b", "a"):
        slots.give_back(key)
        await _turns()
    await asyncio.gather(*waiting, other)


@pytest.mark.parametrize("key", ["a", "b"])
async def test_cancelling_a_waiting_caller_loses_no_slot(key: str) -> None:
    """The caller with the key "a" waits for its share, the caller with the key "b" for the slots."""
    slots = SharedSlots(1, 1, seconds=60, waiting=1)
    await slots.take("a")
    for turns in range(6):
        waiting = asyncio.create_task(slots.take(key))
        await _turns(turns)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    slots.give_back("a")
    for each in ("a", "b"):
        await slots.take(each)
        slots.give_back(each)


async def test_a_held_slot_is_exchanged_for_one_of_other_slots() -> None:
    slots, others = SharedSlots(1, 1, seconds=60), SharedSlots(1, 1, seconds=60, waiting=0)
    await slots.take("a")
    held = HeldSlot(slots, "a")
    for _ in range(2):
        await held.exchange(others)
        assert (slots.free, others.free) == (1, 0)
    await slots.take("a")
    second = HeldSlot(slots, "a")
    with pytest.raises(NoSlot):
        await second.exchange(others)
    assert (slots.free, others.free) == (0, 0)
    for each in (held, second):
        each.give_back()
    assert (slots.free, others.free) == (1, 1)
