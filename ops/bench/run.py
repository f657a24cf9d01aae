"""One measurement: every operation on a stack with a given number of tenants."""

import asyncio
import ssl
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from haas.progress import Progress
from ops.bench.load import Load
from ops.bench.operations import OPERATIONS, Caller, Operation, target
from ops.bench.population import copy_data, populate
from ops.bench.processes import cpu_seconds, memory_mib, own_cpu_seconds
from ops.bench.report import Row
from ops.sandbox.messages import Deviation
from ops.sandbox.transport import tls_context
from ops.smoke.command import participants_of
from ops.smoke.journey import Journey
from ops.smoke.participants import Participants, Recipient
from ops.smoke.steps import Steps
from ops.stack.embedded import Stack
from tenants.registry.models import Tenant

WARM_UP_SECONDS: Final = 2.0
TENANTS_WARM_EACH_SECOND: Final = 40
"""The warm-up must reach every tenant, because database connections prepare statements for each tenant."""
SOURCE: Final = "aurora"
"""The brand at which a person consents. Its data is copied to the other tenants."""
PREPARED_PER_SECOND: Final = 2500
"""How many requests are prepared for each second of the measurement: more than can be answered."""


class BenchmarkOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of a measurement. `seconds` is the time for each operation."""

    tenants: int
    seconds: float
    concurrency: int


class Duration(NamedTuple):
    """The seconds of a measurement, and of the requests before it that are not measured."""

    seconds: float
    warm_up: float


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """The results: a row for each operation, and the memory of each process in MiB."""

    rows: list[Row]
    memory: dict[str, float]


async def measure(stack: Stack, bench: BenchmarkOptions, progress: Progress) -> Results:
    """Populate the stack and measure every operation. Raises LoadError, Unexpected and StepFailed."""
    tenants = await populate(stack, bench.tenants, progress)
    source = next(tenant for tenant in tenants if tenant.slug == SOURCE)
    async with participants_of(stack) as participants:
        caller = await caller_with_consent(stack, participants)
        await copy_data(stack, source, [tenant for tenant in tenants if tenant.slug != SOURCE], progress)
        rows = []
        for operation in OPERATIONS:
            progress.line(f"{bench.tenants} tenants: {operation.name}")
            rows.append(await asyncio.to_thread(_measure_operation, stack, bench, caller, tenants, operation))
        return Results(rows=rows, memory=memory_mib(stack.processes()))


async def caller_with_consent(stack: Stack, participants: Participants) -> Caller:
    """Return a recipient that has one person's consent at the source brand. Raises Unexpected and StepFailed."""
    described = next(tenant for tenant in stack.description.tenants if tenant.slug == SOURCE)
    journey = Journey(participants, described, Steps(lambda _: None))
    # Most recipients register for ID tokens that are signed with RSA.
    await journey.register(Deviation(claims={"id_token_signed_response_alg": "PS256"}))
    tokens = await journey.share()
    return Caller(journey.recipient.client, tokens, context_of(stack, journey.recipient))


def _measure_operation(
    stack: Stack, bench: BenchmarkOptions, caller: Caller, tenants: Sequence[Tenant], operation: Operation
) -> Row:
    tenant_of_connection = list(islice(cycle(tenants), max(bench.concurrency, len(tenants))))
    duration = Duration(bench.seconds, WARM_UP_SECONDS + bench.tenants / TENANTS_WARM_EACH_SECOND)
    requests_each = int(sum(duration) * PREPARED_PER_SECOND / len(tenant_of_connection)) + 1
    targets = [target(tenant, operation.requests(caller, tenant, requests_each)) for tenant in tenant_of_connection]
    with Load(address_of(stack), caller.context, targets, operation.status) as load:
        return measure_load(stack, operation.name, load, duration, bench.concurrency)


def measure_load(stack: Stack, name: str, load: Load, duration: Duration, concurrency: int) -> Row:
    """Send the requests of an open load, and return the figures with the processor time of the stack's processes."""
    load.run(duration.warm_up, concurrency)
    processes = stack.processes()
    before, own = cpu_seconds(processes), own_cpu_seconds()
    measured = load.run(duration.seconds, concurrency)
    after = cpu_seconds(processes)
    used = {process: after[process] - before[process] for process in processes} | {"load": own_cpu_seconds() - own}
    return Row(name, measured, {process: cpu / measured.seconds for process, cpu in used.items()})


def address_of(stack: Stack) -> tuple[str, int]:
    """Return the address at which the proxy of a stack listens."""
    return "127.0.0.1", stack.description.port


def context_of(stack: Stack, recipient: Recipient) -> ssl.SSLContext:
    """Return the TLS context of connections with a recipient's client certificate."""
    certificate = recipient.certificate
    pair = (certificate.certificate.encode(), certificate.private_key.encode())
    return tls_context(Path(stack.description.roots.bundle), pair)
