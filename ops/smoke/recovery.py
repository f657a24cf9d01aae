"""The main job past `kill -9` of each part in turn: what was agreed still holds, and no notice is lost."""

from collections.abc import Sequence
from typing import Final

from ops.browser.person import Person
from ops.sandbox.recipient.answers import Flow, Tokens
from ops.smoke.journey import Journey
from ops.smoke.steps import Steps
from ops.stack.embedded import Stack

PARTS: Final = ("app", "worker", "valkey", "postgres")
"""The application's uvicorn, the Dramatiq worker, Valkey and PostgreSQL."""


async def check_recovery(stack: Stack, journeys: Sequence[Journey], steps: Steps) -> None:
    """At each kill a person is half way through the pages, and the notice of a withdrawal is still to be delivered.

    Afterwards that person goes on to tokens, the recipient is told of the withdrawal, and the consent that was there
    from the start still gives data and new tokens.
    """
    brands = [_Brand(journey) for journey in journeys]
    for brand in brands:
        await brand.prepare()
    for part in PARTS:
        for brand in brands:
            await brand.leave_unfinished()
        with steps.step("-", f"kill -9 {part}, and its restart"):
            await stack.kill(part)
            await stack.until_ready(part)
        for brand in brands:
            await brand.go_on()


class _Brand:
    """One brand's consent that is kept, and those that come and go with each kill, each of another customer."""

    def __init__(self, journey: Journey) -> None:
        self._keeping = journey
        self._kept: Tokens
        self._last = journey
        self._ending: Tokens
        self._next = journey
        self._begun: tuple[Flow, Person, int]

    async def prepare(self) -> None:
        await self._keeping.register()
        self._kept = await self._keeping.share()
        self._last = self._keeping.of_next_customer()
        self._ending = await self._last.share()

    async def leave_unfinished(self) -> None:
        self._next = self._last.of_next_customer()
        self._begun = await self._next.begin()
        await self._last.fail_notices(1)
        await self._last.withdraw(self._ending)

    async def go_on(self) -> None:
        self._kept = await self._keeping.renew(self._kept)
        await self._keeping.fetch(self._kept)
        await self._last.check_access_ended(self._ending)
        self._last, self._ending = self._next, await self._next.complete(*self._begun)
