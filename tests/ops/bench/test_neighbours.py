"""The hostile requests of the measurement reach the stack, which refuses them without an error of its own."""

import asyncio
import time
from collections import Counter
from pathlib import Path

from ops.bench.hostile import Attack, send_hostile, send_in_turn
from ops.bench.neighbours import attacks
from ops.sandbox.transport import tls_context
from ops.smoke.command import participants_of
from ops.stack.embedded import Stack


async def test_every_kind_of_hostile_request_is_refused(stack: Stack) -> None:
    statuses: dict[str, Counter[int]] = {}
    async with participants_of(stack) as people:
        async for attack in attacks(people):
            if attack.behaviour == "in turn":
                statuses[attack.name] = await asyncio.to_thread(_send_for_half_a_second, stack, attack)
    assert len(statuses) == 5
    for name, answered in statuses.items():
        # nginx refuses a client with too many requests in a second.
        expected = {404, 429} if name == "long queries" else {401}
        assert answered.keys() <= expected, name
        assert min(expected) in answered, name


async def test_every_kind_of_hostile_connection_is_made(stack: Stack) -> None:
    async with participants_of(stack) as people:
        connecting = [attack async for attack in attacks(people) if attack.behaviour != "in turn"]
    address, roots = ("127.0.0.1", stack.description.port), str(stack.description.roots.bundle)
    begun = [await asyncio.to_thread(send_hostile, attack, address, roots, 0.5) for attack in connecting]
    assert len(begun) == 2
    assert min(begun) > 0


def _send_for_half_a_second(stack: Stack, attack: Attack) -> Counter[int]:
    context = tls_context(Path(stack.description.roots.bundle), attack.certificate)
    return send_in_turn(attack, ("127.0.0.1", stack.description.port), context, time.monotonic() + 0.5, 0)
