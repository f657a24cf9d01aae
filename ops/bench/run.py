"""One measurement: a stack with so many tenants, and each operation on it."""

import asyncio
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from haas.progress import Progress
from ops.bench.load import Load, Target
from ops.bench.operations import OPERATIONS, Caller, Operation
from ops.bench.population import copy_data, populate
from ops.bench.processes import cpu_seconds, memory_mib, own_cpu_seconds
from ops.bench.report import Row
from ops.sandbox.messages import Deviation
from ops.sandbox.transport import tls_context
from ops.smoke.command import participants_of
from ops.smoke.journey import Journey
from ops.smoke.participants import Participants
from ops.smoke.steps import Steps
from ops.stack.embedded import Stack
from tenants.registry.models import Tenant

WARM_UP_SECONDS: Final = 2.0
TENANTS_WARM_EACH_SECOND: Final = 40
"""Each of the application's connections meets each of its tenants' statements for a first time, and prepares them."""
SOURCE: Final = "aurora"
"""The brand at which a person really consents; what comes of it is copied to the others."""
MOST_PER_SECOND: Final = 2500
"""No more requests than this are made for each second that is measured."""


class BenchmarkOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to measure."""

    tenants: int
    seconds: float
    concurrency: int


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured."""

    rows: list[Row]
    memory: dict[str, float]


async def measure(stack: Stack, bench: BenchmarkOptions, progress: Progress) -> Results:
    """Populate the stack and measure every operation. Raises LoadError, Unexpected and StepFailed."""
    tenants = await populate(stack, bench.tenants, progress)
    source = next(tenant for tenant in tenants if tenant.slug == SOURCE)
    async with participants_of(stack) as outside:
        caller = await consented(stack, outside)
        await copy_data(stack, source, [tenant for tenant in tenants if tenant.slug != SOURCE], progress)
        rows = []
        for operation in OPERATIONS:
            progress.line(f"{bench.tenants} tenants: {operation.name}")
            rows.append(await asyncio.to_thread(_row, stack, bench, caller, tenants, operation))
        return Results(rows=rows, memory=memory_mib(stack.processes()))


async def consented(stack: Stack, outside: Participants) -> Caller:
    """A recipient with one person's consent at the source brand. Raises Unexpected and StepFailed."""
    described = next(tenant for tenant in stack.description.tenants if tenant.slug == SOURCE)
    journey = Journey(outside, described, Steps(lambda _: None))
    # The ID token is signed as most recipients ask for it, by RSA.
    await journey.register(Deviation(claims={"id_token_signed_response_alg": "PS256"}))
    tokens = await journey.share()
    certificate = journey.recipient.certificate
    context = tls_context(
        Path(stack.description.roots.bundle), (certificate.certificate.encode(), certificate.private_key.encode())
    )
    return Caller(journey.recipient.client, tokens, context)


def _row(stack: Stack, bench: BenchmarkOptions, caller: Caller, tenants: Sequence[Tenant], operation: Operation) -> Row:
    places = list(islice(cycle(tenants), max(bench.concurrency, len(tenants))))
    warm_up = WARM_UP_SECONDS + bench.tenants / TENANTS_WARM_EACH_SECOND
    each = int((bench.seconds + warm_up) * MOST_PER_SECOND / len(places)) + 1
    targets = [
        Target(urlsplit(tenant.secure_base).hostname or "", operation.requests(caller, tenant, each))
        for tenant in places
    ]
    with Load(("127.0.0.1", stack.description.port), caller.context, targets, operation.status) as load:
        load.run(warm_up, bench.concurrency)
        parts = stack.processes()
        before, own = cpu_seconds(parts), own_cpu_seconds()
        measured = load.run(bench.seconds, bench.concurrency)
        after = cpu_seconds(parts)
        used = {name: after[name] - before[name] for name in parts} | {"load": own_cpu_seconds() - own}
    return Row(operation.name, measured, {name: cpu / measured.seconds for name, cpu in used.items()})
