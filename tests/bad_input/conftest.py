"""Recipients and people of the running stack, made once for this folder."""

from collections.abc import AsyncIterator

import pytest

from ops.sandbox.recipient.answers import Tokens
from ops.smoke.command import outside_of
from ops.stack.embedded import Stack
from tests.bad_input.ground import Ground


@pytest.fixture(scope="session")
async def ground(stack: Stack) -> AsyncIterator[Ground]:
    async with outside_of(stack) as outside:
        ground = Ground(outside)
        await ground.populate()
        yield ground


@pytest.fixture(scope="session")
async def sharing(ground: Ground) -> Tokens:
    """What customer 0 shares with `ground.mine`; no test ends it."""
    return await ground.consent(ground.mine, 0)
