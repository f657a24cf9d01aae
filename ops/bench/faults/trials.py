"""The trials: what is done to a stack while its clients send requests, and what must hold afterwards.

To add a trial, write the function that disturbs the stack once, and add a row to TRIALS.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from haas.progress import Progress
from ops.bench.faults.ledger import Ledger, counted_calls
from ops.bench.faults.traffic import RATE, Traffic
from ops.bench.run import SOURCE, caller_with_consent
from ops.deployment import Deployment
from ops.smoke.command import participants_of
from ops.stack.embedded import Stack
from tenants.registry.models import Tenant

SETTLE_SECONDS: Final = 1.0
"""The traffic before the first and after the last disturbance of a trial."""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of disturbance. `disturb` returns when the stack works again."""

    name: str
    disturb: Callable[[Stack], Awaitable[None]]
    loses_requests: bool
    """Whether requests may fail while the stack is disturbed. What was acknowledged must never be lost."""
    loses_counts: bool
    """Whether calls of the last seconds may be missing in the metrics: those in the memory of a killed process."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one trial."""

    trial: Trial
    rounds: int
    ledger: Ledger
    lost: list[str]
    """What was acknowledged and is not stored."""
    counted: int
    """The calls that were counted for Get Metrics during the trial."""

    @property
    def answered(self) -> int:
        """The number of good answers."""
        return self.ledger.answered.total()

    @property
    def wrong(self) -> list[str]:
        """Return what must not happen and did, as lines of text."""
        found = list(self.lost)
        if self.ledger.failures and not self.trial.loses_requests:
            first = self.ledger.failures[0]
            found.append(f"{len(self.ledger.failures)} requests failed, the first: {first.operation}: {first.reason}")
        if self.counted != self.answered and not (self.trial.loses_requests or self.trial.loses_counts):
            found.append(f"{self.answered} calls were answered and {self.counted} were counted")
        return found


async def deploy(stack: Stack) -> None:
    """Restart every process of the product in order."""
    await stack.deploy()


TRIALS: Final = (Trial(name="deploy", disturb=deploy, loses_requests=False, loses_counts=False),)


async def run(stack: Stack, trial: Trial, rounds: int, progress: Progress, rate: float = RATE) -> Outcome:
    """Disturb the stack `rounds` times under load. Raises Unexpected and StepFailed if the load cannot begin."""
    ledger = Ledger()
    async with participants_of(stack) as participants:
        caller = await caller_with_consent(stack, participants)
        tenant = await _tenant(stack)
        await stack.deploy()  # so that all calls until now are counted
        before = await counted_calls(stack, [tenant])
        await _disturb(stack, trial, rounds, Traffic(caller, ledger, rate), progress)
        await stack.deploy()
        counted = await counted_calls(stack, [tenant]) - before
        lost = await ledger.compare(stack, tenant)
    return Outcome(trial=trial, rounds=rounds, ledger=ledger, lost=lost, counted=counted)


async def _disturb(stack: Stack, trial: Trial, rounds: int, traffic: Traffic, progress: Progress) -> None:
    async with traffic.flowing():
        await asyncio.sleep(SETTLE_SECONDS)
        for number in range(rounds):
            progress.line(f"{trial.name}: {number + 1} of {rounds}")
            await trial.disturb(stack)
        await asyncio.sleep(SETTLE_SECONDS)


async def _tenant(stack: Stack) -> Tenant:
    async with Deployment.open(stack.settings) as deployment:
        return next(tenant for tenant in await deployment.administration.all() if tenant.slug == SOURCE)
