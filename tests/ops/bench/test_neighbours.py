"""The hostile requests of the measurement reach the stack, which refuses them without an error of its own."""

import asyncio
import time
from collections import Counter
from pathlib import Path

from ops.bench.neighbours import Attack, attacks, send_in_turn
from ops.sandbox.transport import tls_context
from ops.smoke.command import participants_of
from ops.stack.embedded import Stack


async def test_every_kind_of_hostile_request_is_refused(stack: Stack) -> None:
    statuses: dict[str, Counter[int]] = {}
    async with participants_of(stack) as people:
        async for attack in attacks(people):
            statuses[attack.name] = await asyncio.to_thread(_send_for_half_a_second, stack, attack)
    assert len(statuses) == 5
    for name, answered in statuses.items():
        assert list(answered) == [404 if name.startswith("long queries") else 401], name


def _send_for_half_a_second(stack: Stack, attack: Attack) -> Counter[int]:
    context = tls_context(Path(stack.description.roots.bundle), attack.certificate)
    return send_in_turn(attack, ("127.0.0.1", stack.description.port), context, time.monotonic() + 0.5, 0)
