"""Recipients and people of the running stack, made once for this folder."""

from collections.abc import AsyncIterator, Iterator

import msgspec
import pytest

from ops.sandbox.recipient.answers import Tokens
from ops.smoke.command import participants_of
from ops.stack.embedded import Stack
from tests.bad_input.ground import Ground


@pytest.fixture(scope="module", autouse=True)
def nothing_of_ours_failed(stack: Stack) -> Iterator[None]:
    """Whatever comes in, the application never meets an unexpected condition."""
    log = stack.folder.logs / "app.log"
    before = log.stat().st_size
    yield
    lines = map(msgspec.json.decode, log.read_bytes()[before:].splitlines())
    assert [line for line in lines if line["level"] not in {"debug", "info", "warning"}] == []


@pytest.fixture(scope="package")
async def ground(stack: Stack) -> AsyncIterator[Ground]:
    async with participants_of(stack) as outside:
        ground = Ground(outside)
        await ground.populate()
        yield ground


@pytest.fixture(scope="package")
async def sharing(ground: Ground) -> Tokens:
    """What customer 0 shares with `ground.mine`; no test ends it."""
    return await ground.consent(ground.mine, 0)
