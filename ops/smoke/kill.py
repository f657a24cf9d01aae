"""The main job past `kill -9` of each part in turn: what was agreed still holds, and no notice is lost."""

from collections.abc import Sequence
from typing import Final

from ops.sandbox.recipient.answers import Tokens
from ops.smoke.journey import Journey
from ops.smoke.steps import Steps
from ops.stack.embedded import Stack

PARTS: Final = ("app", "worker", "valkey", "postgres")
"""The application's uvicorn, the Dramatiq worker, Valkey and PostgreSQL."""


async def survive(stack: Stack, journeys: Sequence[Journey], steps: Steps) -> None:
    """At each kill a person is half way through the pages and a withdrawal has just been confirmed.

    Afterwards the person goes on to tokens, the recipient is told of the withdrawal, and the consent that was there
    from the start still gives data and new tokens.
    """
    kept: list[Tokens] = []
    ended: list[Tokens] = []
    for journey in journeys:
        await journey.register()
        kept.append(await journey.share())
        ended.append(await journey.share())
    for part in PARTS:
        begun = []
        for journey, tokens in zip(journeys, ended, strict=True):
            begun.append(await journey.begin())
            await journey.withdraw(tokens)
        with steps.step("-", f"kill -9 {part}, and its restart"):
            await stack.kill(part)
            await stack.until_ready(part)
        for position, journey in enumerate(journeys):
            renewed = await journey.renew(kept[position])
            await journey.fetch(renewed)
            await journey.be_told(ended[position])
            ended[position] = await journey.complete(*begun[position])
    for journey, tokens in zip(journeys, ended, strict=True):
        await journey.withdraw(tokens)
        await journey.see_the_end(tokens)
