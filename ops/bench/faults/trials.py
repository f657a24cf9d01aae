"""The trials: what is done to a stack while its clients send requests, and what must hold afterwards.

To add a trial, write the function that disturbs the stack once, and add a row to TRIALS.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import msgspec

from haas.errors import Unavailable
from haas.progress import Progress
from haas.settings import CommandSettings
from ops.bench.faults.ledger import Ledger, counted_calls
from ops.bench.faults.people import People
from ops.bench.faults.traffic import RATE, Traffic
from ops.bench.faults.uses import Uses
from ops.bench.processes import descendants
from ops.bench.run import SOURCE, caller_with_consent
from ops.browser.errors import Unexpected
from ops.demonstration.brands import REGISTER_ENVIRONMENT
from ops.deployment import Deployment
from ops.operator_access import OperatorAccess
from ops.smoke.command import participants_of
from ops.smoke.journey import Journey
from ops.smoke.steps import Steps
from ops.stack.embedded import Stack
from tenants.provisioning import store as requests
from tenants.registry.models import NewTenant, Tenant
from tenants.registry.names import console_namespace, owner_namespace, tenant_schema

SETTLE_SECONDS: Final = 2.0
"""The traffic before the first disturbance of a trial, and after each of them."""
COUNTS_LOST_SECONDS: Final = 3.0
"""A killed application process loses the calls of two seconds, and of the time that one write takes (decision 0030)."""
BRAND_OF_PEOPLE: Final = "banksia"
"""The brand at which persons consent. The calls of SOURCE are counted, so its traffic has one operation per call."""
_TEMPORARY: Final = "temporary"
_SECONDS_BETWEEN_LOOKS: Final = 0.01
_LEASE_SECONDS: Final = 60.0


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of disturbance. `disturb` returns when the stack works again."""

    name: str
    disturb: Callable[[Stack], Awaitable[None]]
    loses_requests: bool
    """Whether requests may fail while the stack is disturbed: without an answer, or with 502 or 503 and Retry-After."""
    loses_counts: bool
    """Whether calls of the last seconds may be missing in the metrics: those in the memory of a killed process."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one trial."""

    trial: Trial
    rounds: int
    rate: float
    ledger: Ledger
    """The traffic."""
    people: Ledger
    """The persons."""
    lost: list[str]
    """What was acknowledged and is not stored, or is not so when it is used again."""
    counted: int
    """The calls of the traffic that were counted for Get Metrics during the trial."""

    @property
    def answered(self) -> int:
        """The number of good answers to the traffic."""
        return self.ledger.answered.total()

    @property
    def wrong(self) -> list[str]:
        """Return what must not happen and did, as lines of text."""
        found = [*self.lost, *self.ledger.wrong, *self.people.wrong]
        failures = [*self.ledger.failures, *self.people.failures]
        bad = [each for each in failures if not (self.trial.loses_requests and each.not_now)]
        if bad:
            found.append(f"{len(bad)} requests failed, the first: {bad[0].operation}: {bad[0].reason}")
        missing = round(self.rounds * COUNTS_LOST_SECONDS * self.rate) if self.trial.loses_counts else 0
        # A request that was sent and not answered may have been counted.
        if not self.answered - missing <= self.counted <= self.ledger.sent:
            found.append(f"of {self.ledger.sent} calls, {self.answered} were answered and {self.counted} were counted")
        return found


async def deploy(stack: Stack) -> None:
    """Restart every process of the product in order."""
    await stack.deploy()


def killing(part: str) -> Callable[[Stack], Awaitable[None]]:
    """Return a function that kills a part with SIGKILL, and waits until its supervisor has started it again."""

    async def kill(stack: Stack) -> None:
        members = descendants(stack.processes()[part])
        await stack.kill(part)
        for member in members:  # the backends of PostgreSQL and the workers of nginx
            with suppress(ProcessLookupError):
                os.kill(member, signal.SIGKILL)
        await stack.until_ready(part)

    return kill


async def kill_the_provisioner_at_work(stack: Stack) -> None:
    """Kill the provisioner while it creates a tenant or, if there is that tenant, while it removes it.

    Return when the request was completed: when the lease of the killed provisioner has ended. Raises Unexpected.
    """
    async with OperatorAccess.open(stack.settings.of(CommandSettings)) as access:
        exists = any(tenant.slug == _TEMPORARY for tenant in await _tenants(access))
        ask = access.ask("remove", _TEMPORARY) if exists else access.ask("create", _TEMPORARY, _new_tenant())
        asking = asyncio.create_task(ask)
        await _until_begun(access)
        await killing("provisioner")(stack)
        await asking
        found = [tenant for tenant in await access.tenants() if tenant.slug == _TEMPORARY]
        if exists:
            await _check_removed(stack, found)
            return
        if not (found and found[0].complete):
            raise Unexpected(f"a complete tenant {_TEMPORARY}", f"{found}")
    await stack.until_described(_TEMPORARY)
    await _check_served(stack)


async def _tenants(access: OperatorAccess) -> list[Tenant]:
    # This process sends the traffic, too, so its connection to a busy PostgreSQL may exceed the time limit.
    async with asyncio.timeout(_LEASE_SECONDS):
        while True:
            with suppress(Unavailable):
                return await access.tenants()


def _new_tenant() -> NewTenant:
    return NewTenant(
        slug=_TEMPORARY,
        name="Temporary",
        retailer="Temporary Pty Ltd",
        register_environment_id=REGISTER_ENVIRONMENT,
        register_brand_id=_TEMPORARY,
    )


async def _until_begun(access: OperatorAccess) -> None:
    async with asyncio.timeout(_LEASE_SECONDS):
        while True:
            async with access.database.transaction(console_namespace(access.settings)) as tx:
                request = await requests.open_request(tx, _TEMPORARY)
            if request is not None and request.progress is not None:
                return
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)


async def _check_removed(stack: Stack, found: list[Tenant]) -> None:
    schema, control = tenant_schema(_TEMPORARY), owner_namespace(stack.settings)
    async with Deployment.open(stack.settings) as deployment, deployment.owner.transaction(control) as tx:
        schemas = await tx.driver.fetchval("SELECT count(*) FROM pg_namespace WHERE nspname = $1", schema)
    if found or schemas:
        raise Unexpected("nothing of the removed tenant", f"{len(found)} tenants and {schemas} schemas")


async def _check_served(stack: Stack) -> None:
    tenant = next(each for each in stack.description.tenants if each.slug == _TEMPORARY)
    async with participants_of(stack) as participants:
        person = await participants.person()
        response = await person.http.get(tenant.jwks_uri)
    if not response.is_success:
        raise Unexpected("the keys of the new tenant", f"{response.status_code} {response.text[:300]}")


def _kill(part: str, *, loses_requests: bool = False, loses_counts: bool = False) -> Trial:
    return Trial(name=part, disturb=killing(part), loses_requests=loses_requests, loses_counts=loses_counts)


TRIALS: Final = (
    Trial(name="deploy", disturb=deploy, loses_requests=False, loses_counts=False),
    _kill("app", loses_requests=True, loses_counts=True),
    _kill("worker"),
    _kill("schedule"),
    Trial(name="provisioner", disturb=kill_the_provisioner_at_work, loses_requests=False, loses_counts=False),
    _kill("postgres", loses_requests=True),
    _kill("valkey"),
    _kill("nginx", loses_requests=True),
    _kill("sandbox"),
)


async def run(stack: Stack, trial: Trial, rounds: int, progress: Progress, rate: float = RATE) -> Outcome:
    """Disturb the stack `rounds` times under load. Raises Unexpected and StepFailed if the load cannot begin."""
    ledger, of_people = Ledger(), Ledger()
    async with participants_of(stack) as participants:
        caller = await caller_with_consent(stack, participants)
        described = next(tenant for tenant in stack.description.tenants if tenant.slug == BRAND_OF_PEOPLE)
        journey = Journey(participants, described, Steps(lambda _: None))
        await journey.register()
        people = People(journey, participants, of_people)
        tenant, tenant_of_people = [await _tenant(stack, slug) for slug in (SOURCE, BRAND_OF_PEOPLE)]
        await stack.deploy()  # so that all calls until now are counted
        before = await counted_calls(stack, [tenant])
        async with Traffic(caller, ledger, rate).flowing(), people.consenting():
            await _disturb(stack, trial, rounds, progress)
        await stack.deploy()
        counted = await counted_calls(stack, [tenant]) - before
        lost = [*await ledger.compare(stack, tenant), *await of_people.compare(stack, tenant_of_people)]
        lost += await Uses(caller.client, participants).wrong(ledger)
        lost += await Uses(people.client, participants).wrong(of_people)
        lost += await people.doubled_mails()
    return Outcome(trial=trial, rounds=rounds, rate=rate, ledger=ledger, people=of_people, lost=lost, counted=counted)


async def _disturb(stack: Stack, trial: Trial, rounds: int, progress: Progress) -> None:
    await asyncio.sleep(SETTLE_SECONDS)
    for number in range(rounds):
        progress.line(f"{trial.name}: {number + 1} of {rounds}")
        await trial.disturb(stack)
        await asyncio.sleep(SETTLE_SECONDS)


async def _tenant(stack: Stack, slug: str) -> Tenant:
    async with Deployment.open(stack.settings) as deployment:
        return next(tenant for tenant in await deployment.administration.all() if tenant.slug == slug)
