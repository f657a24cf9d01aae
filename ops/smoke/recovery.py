"""Kills each process in turn (`kill -9`) and checks that no consent, no flow and no notice is lost."""

from collections.abc import Sequence
from typing import Final

from ops.browser.person import Person
from ops.sandbox.recipient.answers import Flow, Tokens
from ops.smoke.journey import Journey
from ops.smoke.steps import Steps
from ops.stack.embedded import Stack

KILLED: Final = ("app", "worker", "valkey", "postgres")
"""The application's uvicorn, the Dramatiq worker, Valkey and PostgreSQL."""
CUSTOMERS_EACH: Final = len(KILLED) + 2
"""How many customers of a brand take part. Brands need different ones: a person's messages of all brands are in one
mailbox, and the newest one-time password there may be another brand's."""


async def check_recovery(stack: Stack, journeys: Sequence[Journey], steps: Steps) -> None:
    """Kill each process while a person is on the pages and the notice of a withdrawal is not delivered yet.

    Afterwards that person continues until the recipient has tokens, the recipient is notified of the withdrawal, and
    the consent that existed from the start still gives data and new tokens.
    """
    brands = [_Brand(journey) for journey in journeys]
    for brand in brands:
        await brand.prepare()
    for process in KILLED:
        for brand in brands:
            await brand.leave_unfinished()
        with steps.step("-", f"kill -9 {process}, and its restart"):
            await stack.kill(process)
            await stack.until_ready(process)
        for brand in brands:
            await brand.finish()


class _Brand:
    """One brand: a consent that lasts, and for each kill one that begins and one that ends, of other customers."""

    def __init__(self, journey: Journey) -> None:
        self._lasting = journey
        self._lasting_tokens: Tokens
        self._last = journey
        self._ending: Tokens
        self._next = journey
        self._begun: tuple[Flow, Person, int]

    async def prepare(self) -> None:
        await self._lasting.register()
        self._lasting_tokens = await self._lasting.share()
        self._last = self._lasting.of_next_customer()
        self._ending = await self._last.share()

    async def leave_unfinished(self) -> None:
        self._next = self._last.of_next_customer()
        self._begun = await self._next.begin()
        await self._last.fail_notices(1)
        await self._last.withdraw(self._ending)

    async def finish(self) -> None:
        self._lasting_tokens = await self._lasting.renew(self._lasting_tokens)
        await self._lasting.fetch(self._lasting_tokens)
        await self._last.check_access_ended(self._ending)
        self._last, self._ending = self._next, await self._next.complete(*self._begun)
