"""The trials: what is done to a stack while its clients send requests, and what must hold afterwards.

To add a trial, write the function that disturbs the stack once, and add a row to TRIALS.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext, suppress
from typing import Any, Final

import msgspec

from haas.errors import Unavailable
from haas.progress import Progress
from haas.settings import CommandSettings
from ops.bench.faults.ledger import Ledger, counted_calls, slowest_answer
from ops.bench.faults.people import People
from ops.bench.faults.sources import Source, SourceCalls
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
"""The undisturbed traffic before the first disturbance of a trial, and after the recovery from each of them."""
RECOVERY_SECONDS: Final = 2.0
"""For how long after a disturbance requests may still fail."""
SILENT_SECONDS: Final = 5.0
"""For how long a process does not answer, or a table is locked."""
SOURCE_RECOVERY_SECONDS: Final = 13.0
"""For how long after a disturbance calls that need the disturbed server may fail: nothing is sent to a server for ten
seconds after it has failed five times in a row."""
ANSWER_SECONDS: Final = 2.0
"""Within which a request is answered, also with 503, while the database does not answer (decision 0028)."""
COUNTS_LOST_SECONDS: Final = 3.0
"""A killed application process loses the calls of two seconds, and of the time that one write takes (decision 0030)."""
BRAND_OF_PEOPLE: Final = "banksia"
"""The brand at which persons consent, whose data is on other servers. The calls of SOURCE are counted, so its traffic
has one operation per call."""
_TEMPORARY: Final = "temporary"
_SECONDS_BETWEEN_LOOKS: Final = 0.01
_LEASE_SECONDS: Final = 60.0


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of disturbance. `disturb` returns when the stack works again."""

    name: str
    disturb: Callable[[Stack], Awaitable[None]]
    loses_requests: bool
    """Whether requests may fail while the stack is disturbed: without an answer, or with 502 or 503 and Retry-After."""
    people_lose_requests: bool = False
    """The same for the persons alone, whose brand is another one than that of the traffic."""
    loses_counts: bool
    """Whether calls of the last seconds may be missing in the metrics: those in the memory of a killed process."""
    answers_within: float | None = None
    """The time limit in seconds for an answer to the traffic, of whatever kind."""
    disturbs: Source | None = None
    """The server behind the brand of the persons that is disturbed. The calls that need it may be refused meanwhile."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one trial."""

    trial: Trial
    rounds: int
    rate: float
    ledger: Ledger
    """The traffic."""
    people: Ledger
    """The persons."""
    of_sources: Ledger
    """The calls for data on other servers, if one of these is disturbed."""
    lost: list[str]
    """What was acknowledged and is not stored, or is not so when it is used again."""
    counted: int
    """The calls of the traffic that were counted for Get Metrics during the trial."""
    slowest_seconds: float
    """The longest time that the proxy took for an answer to the traffic."""

    @property
    def answered(self) -> int:
        """The number of good answers to the traffic."""
        return self.ledger.answered.total()

    @property
    def wrong(self) -> list[str]:
        """Return what must not happen and did, as lines of text."""
        found = [*self.lost, *self.ledger.wrong, *self.people.wrong]
        people_may_fail = self.trial.loses_requests or self.trial.people_lose_requests
        bad = [each for each in self.ledger.failures if not (self.trial.loses_requests and each.not_now)]
        bad += [each for each in self.people.failures if not (people_may_fail and each.not_now)]
        bad += [each for each in self.of_sources.failures if not each.not_now]
        if bad:
            found.append(f"{len(bad)} requests failed, the first: {bad[0].operation}: {bad[0].reason}")
        limit = self.trial.answers_within
        if limit is not None and self.slowest_seconds > limit:
            found.append(f"a request was answered after {self.slowest_seconds:.2f} s, which is more than {limit} s")
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


def silencing(part: str) -> Callable[[Stack], Awaitable[None]]:
    """Return a function that stops every process of a part with SIGSTOP for SILENT_SECONDS.

    Its connections stay open and are silent.
    """

    async def silence(stack: Stack) -> None:
        root = stack.processes()[part]
        # The process that starts the others is the first one, so the list is complete when the others are read.
        os.kill(root, signal.SIGSTOP)
        members = descendants(root)
        for member in members:
            with suppress(ProcessLookupError):
                os.kill(member, signal.SIGSTOP)
        try:
            await asyncio.sleep(SILENT_SECONDS)
        finally:
            for member in members:
                with suppress(ProcessLookupError):
                    os.kill(member, signal.SIGCONT)

    return silence


async def lock_a_table_of_one_brand(stack: Stack) -> None:
    """Lock the authorisation attempts of BRAND_OF_PEOPLE for SILENT_SECONDS, as a long change of the table does."""
    tenant = await _tenant(stack, BRAND_OF_PEOPLE)
    async with (
        Deployment.open(stack.settings) as deployment,
        deployment.database.transaction(tenant.namespace, "long") as tx,
    ):
        await tx.driver.execute(f'LOCK TABLE "{tenant.namespace.schema}".attempt')
        await asyncio.sleep(SILENT_SECONDS)


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


def _of_source(name: str, part: str, source: Source, *, people_lose_requests: bool = False) -> tuple[Trial, Trial]:
    """Return the trials that kill and that silence a server behind the brand of the persons."""
    allowed: dict[str, Any] = {
        "loses_requests": False,
        "loses_counts": False,
        "people_lose_requests": people_lose_requests,
        "answers_within": ANSWER_SECONDS,
        "disturbs": source,
    }
    return (
        Trial(name=name, disturb=killing(part), **allowed),
        Trial(name=f"{name}-silence", disturb=silencing(part), **allowed),
    )


TRIALS: Final = (
    Trial(name="deploy", disturb=deploy, loses_requests=False, loses_counts=False),
    _kill("app", loses_requests=True, loses_counts=True),
    _kill("worker"),
    _kill("schedule"),
    Trial(name="provisioner", disturb=kill_the_provisioner_at_work, loses_requests=False, loses_counts=False),
    _kill("postgres", loses_requests=True),
    _kill("valkey"),
    _kill("nginx", loses_requests=True),
    *_of_source("ehub", "ehub", "aemo"),
    # The sandbox has the retailer's server, which persons need to sign in, and the Register and the mailbox.
    *_of_source("retailer", "sandbox", "retailer", people_lose_requests=True),
    Trial(
        name="silence",
        disturb=silencing("postgres"),
        loses_requests=True,
        loses_counts=False,
        answers_within=ANSWER_SECONDS,
    ),
    Trial(
        name="lock",
        disturb=lock_a_table_of_one_brand,
        loses_requests=False,
        people_lose_requests=True,
        loses_counts=False,
        answers_within=ANSWER_SECONDS,
    ),
)


async def run(stack: Stack, trial: Trial, rounds: int, progress: Progress, rate: float = RATE) -> Outcome:
    """Disturb the stack `rounds` times under load. Raises Unexpected and StepFailed if the load cannot begin."""
    ledger, of_people, of_sources = Ledger(), Ledger(), Ledger()
    async with participants_of(stack) as participants:
        caller = await caller_with_consent(stack, participants)
        described = next(tenant for tenant in stack.description.tenants if tenant.slug == BRAND_OF_PEOPLE)
        journey = Journey(participants, described, Steps(lambda _: None))
        await journey.register()
        people = People(journey, participants, of_people)
        tenant, tenant_of_people = [await _tenant(stack, slug) for slug in (SOURCE, BRAND_OF_PEOPLE)]
        sources = None
        if trial.disturbs is not None:
            sources = SourceCalls(people.client, await journey.share(), of_sources, trial.disturbs)
        before = await _counted_at_rest(stack, tenant)
        traffic = Traffic(caller, ledger, rate)
        async with traffic.flowing(), people.consenting(), nullcontext() if sources is None else sources.flowing():
            await _disturb(stack, trial, rounds, progress, [traffic] if sources is None else [traffic, sources])
        counted = await _counted_at_rest(stack, tenant) - before
        lost = [*await ledger.compare(stack, tenant), *await of_people.compare(stack, tenant_of_people)]
        lost += await Uses(caller.client, participants).wrong(ledger)
        lost += await Uses(people.client, participants).wrong(of_people)
        lost += await people.doubled_mails()
    return Outcome(
        trial=trial,
        rounds=rounds,
        rate=rate,
        ledger=ledger,
        people=of_people,
        of_sources=of_sources,
        lost=lost,
        counted=counted,
        slowest_seconds=slowest_answer(stack.folder.logs / "access.log", {host for _, host in tenant.surfaces()}),
    )


async def _disturb(
    stack: Stack, trial: Trial, rounds: int, progress: Progress, clients: Sequence[Traffic | SourceCalls]
) -> None:
    await asyncio.sleep(SETTLE_SECONDS)
    for number in range(rounds):
        progress.line(f"{trial.name}: {number + 1} of {rounds}")
        for each in clients:
            each.disturbed = True
        await trial.disturb(stack)
        await asyncio.sleep(RECOVERY_SECONDS if trial.disturbs is None else SOURCE_RECOVERY_SECONDS)
        for each in clients:
            each.disturbed = False
        await asyncio.sleep(SETTLE_SECONDS)


async def _counted_at_rest(stack: Stack, tenant: Tenant) -> int:
    """Return how many calls are counted, after the processes have written those that were in their memory."""
    counted, before = await counted_calls(stack, [tenant]), None
    while counted != before:
        await asyncio.sleep(COUNTS_LOST_SECONDS)
        counted, before = await counted_calls(stack, [tenant]), counted
    return counted


async def _tenant(stack: Stack, slug: str) -> Tenant:
    async with Deployment.open(stack.settings) as deployment:
        return next(tenant for tenant in await deployment.administration.all() if tenant.slug == slug)
