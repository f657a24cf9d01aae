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
"""How many customers of a brand take part. Each brand uses other customers, because all brands send to one mailbox, and
the newest one-time password for a person could be that of another brand."""


async def check_recovery(stack: Stack, journeys: Sequence[Journey], steps: Steps) -> None:
    """Kill each process while a person is in the consent flow and the notice of a withdrawal is not delivered.

    Check after each restart that the person can complete the flow, that the recipient is notified of the withdrawal,
    and that the recipient still gets data and new tokens for an earlier consent.
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
    """One brand, with a permanent consent and, for each kill, a consent that begins and a consent that ends."""

    def __init__(self, journey: Journey) -> None:
        self._permanent = journey
        self._permanent_tokens: Tokens
        self._withdrawn = journey
        self._withdrawn_tokens: Tokens
        self._unfinished = journey
        self._unfinished_flow: tuple[Flow, Person, int]

    async def prepare(self) -> None:
        await self._permanent.register()
        self._permanent_tokens = await self._permanent.share()
        self._withdrawn = self._permanent.for_next_customer()
        self._withdrawn_tokens = await self._withdrawn.share()

    async def leave_unfinished(self) -> None:
        self._unfinished = self._withdrawn.for_next_customer()
        self._unfinished_flow = await self._unfinished.begin()
        await self._withdrawn.fail_notices(1)
        await self._withdrawn.withdraw(self._withdrawn_tokens)

    async def finish(self) -> None:
        self._permanent_tokens = await self._permanent.renew(self._permanent_tokens)
        await self._permanent.fetch(self._permanent_tokens)
        await self._withdrawn.check_access_ended(self._withdrawn_tokens)
        self._withdrawn = self._unfinished
        self._withdrawn_tokens = await self._withdrawn.complete(*self._unfinished_flow)
