"""The measurements, one after the other on one stack: with one tenant, every data operation, and with many tenants."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial
from itertools import cycle, islice
from typing import Final

import msgspec
from msgspec.structs import replace

from haas.progress import Progress
from ops.bench.data.calls import Consented, call_of, calls, consented
from ops.bench.data.consents import give_consents
from ops.bench.data.population import clean_up, load_customers, load_reads
from ops.bench.data.sizes import SMALL_TENANT, Sizes
from ops.bench.data.streams import FORMS, StreamedForm, stream_reads
from ops.bench.load import Load, Target
from ops.bench.population import copy_data, populate
from ops.bench.processes import memory_mib
from ops.bench.report import Row
from ops.bench.run import TENANTS_WARM_EACH_SECOND, Duration, address_of, context_of, measure_load
from ops.deployment import Deployment
from ops.smoke.command import participants_of
from ops.smoke.journey import Journey
from ops.smoke.participants import Participants, Recipient
from ops.smoke.steps import Steps
from ops.stack.embedded import Stack
from tenants.cds.tiers import THRESHOLD_MILLISECONDS
from tenants.operations.endpoints import ENDPOINTS
from tenants.registry.models import Tenant

LARGE_TENANT, SOURCE_OF_SMALL_TENANTS = "banksia", "aurora"
HOUSEHOLDS: Final = 20
"""How many households share their data: the operations for one account or service point use them in turn."""
COMPARED: Final = ("Get Energy Accounts", "Get Bulk Usage", "Get Bulk Billing")
"""What is measured with one and with many tenants. A request names no id, because each tenant has ids of its own."""

IDLE: Final = "idle"
_OK: Final = 200


class DataOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of a measurement. `seconds` is the time for each operation and page size."""

    sizes: Sizes
    tenants: int
    """How many tenants have small data."""
    seconds: float
    connections: int


class MeasuredCall(msgspec.Struct, frozen=True):
    """The figures of a call, and the time within which the standards expect 95% of the answers, in seconds."""

    row: Row
    threshold: float


class DataResults(msgspec.Struct, frozen=True, kw_only=True):
    """The results."""

    calls: list[MeasuredCall]
    streams: list[StreamedForm]
    one_tenant: list[Row]
    many_tenants: list[Row]
    """The same calls as those of `one_tenant`, in the same order."""
    memory: dict[str, dict[str, float]]
    """The memory of each process in MiB, at several times."""


class _Sharing(msgspec.Struct, frozen=True):
    """The recipient of a tenant, and what it can ask for."""

    recipient: Recipient
    business: Consented
    households: list[Consented]


async def measure(stack: Stack, options: DataOptions, progress: Progress) -> DataResults:
    """Load the data and measure. Raises LoadError, LoadingFailed, Refused, Unexpected and StepFailed."""
    async with Deployment.open(stack.settings) as deployment, participants_of(stack) as people:
        return await _Measurement(stack, options, progress, deployment, people).run()


class _Measurement:
    def __init__(
        self, stack: Stack, options: DataOptions, progress: Progress, deployment: Deployment, people: Participants
    ) -> None:
        self._stack = stack
        self._options = options
        self._progress = progress
        self._deployment = deployment
        self._people = people

    async def run(self) -> DataResults:
        source = await self._deployment.administration.find(SOURCE_OF_SMALL_TENANTS)
        small = await self._loaded(source, SMALL_TENANT, households=1)
        one_tenant = [row async for row in self._compared(small, [source])]
        large = await self._deployment.administration.find(LARGE_TENANT)
        sharing = await self._loaded(large, self._options.sizes, households=HOUSEHOLDS)
        memory = {IDLE: await self._idle(sharing)}
        streams = await self._streamed(sharing)
        memory |= {f"highest during {each.form}": each.highest for each in streams}
        measured = [call async for call in self._calls(sharing)]
        memory["after the operations"] = memory_mib(self._stack.processes())
        tenants = await self._copied(source)
        many_tenants = [row async for row in self._compared(small, tenants)]
        memory[f"with {self._options.tenants:,} small tenants"] = memory_mib(self._stack.processes())
        return DataResults(
            calls=measured, streams=streams, one_tenant=one_tenant, many_tenants=many_tenants, memory=memory
        )

    async def _loaded(self, tenant: Tenant, sizes: Sizes, *, households: int) -> _Sharing:
        """Load the data of a tenant, register a recipient, and add the consents."""
        await load_customers(self._deployment, tenant, sizes, self._progress)
        await load_reads(self._deployment, tenant, sizes, self._progress)
        described = next(each for each in self._stack.description.tenants if each.slug == tenant.slug)
        journey = Journey(self._people, described, Steps(lambda _: None))
        await journey.register()
        sharers = [sizes.business, *sizes.households(households)]
        async with self._deployment.operator.transaction(tenant.namespace, "long") as tx:
            tokens = await give_consents(tx, journey.recipient, sharers, self._deployment.clock.now())
        await clean_up(self._stack, tenant)
        business, *others = [await consented(journey.recipient, tenant, token) for token in tokens]
        return _Sharing(journey.recipient, business, others)

    async def _idle(self, sharing: _Sharing) -> dict[str, float]:
        """Return the memory of the processes after the application has started and answered one small request."""
        await self._stack.restart("app")
        await consented(sharing.recipient, sharing.households[0].tenant, sharing.households[0].token)
        return memory_mib(self._stack.processes())

    async def _streamed(self, sharing: _Sharing) -> list[StreamedForm]:
        """Measure the reads of the first household. Its meter has one register, so 24 months are one page."""
        household = sharing.households[0]
        measured = []
        for form in FORMS:
            self._progress.line(f"All reads of a service point: {form}")
            stream = partial(stream_reads, self._stack, sharing.recipient, household, form)
            measured.append(await asyncio.to_thread(stream, self._deployment.clock.now()))
        return measured

    async def _copied(self, source: Tenant) -> list[Tenant]:
        """Give the other tenants copies of the data of `source`. Return all tenants with small data."""
        tenants = await populate(self._stack, self._options.tenants + 1, self._progress)
        small = [each for each in tenants if each.slug != LARGE_TENANT]
        others = [each for each in small if each.slug != source.slug]
        await copy_data(self._stack, source, others, self._progress, with_history=True)
        return small

    async def _calls(self, sharing: _Sharing) -> AsyncIterator[MeasuredCall]:
        for call in calls(sharing.households, sharing.business, self._deployment.clock.now()):
            targets = call.targets(self._options.connections)
            tier = call.endpoint.tier(customer_present=False)
            row = await self._measured(call.name, sharing, targets, tenants=1)
            yield MeasuredCall(row, THRESHOLD_MILLISECONDS[tier] / 1000)

    async def _compared(self, sharing: _Sharing, tenants: Sequence[Tenant]) -> AsyncIterator[Row]:
        """Measure some calls at these tenants in turn. The token of the consent is valid at each of them."""
        for endpoint in ENDPOINTS:
            if endpoint.name in COMPARED:
                of_tenant = [
                    call_of(endpoint, [replace(sharing.households[0], tenant=tenant)], self._deployment.clock.now())
                    for tenant in tenants
                ]
                connections = max(self._options.connections, len(tenants))
                targets = [each.targets(1)[0] for each in islice(cycle(of_tenant), connections)]
                yield await self._measured(endpoint.name, sharing, targets, tenants=len(tenants))

    async def _measured(self, name: str, sharing: _Sharing, targets: Sequence[Target], *, tenants: int) -> Row:
        self._progress.line(f"{name}: {tenants:,} {'tenant' if tenants == 1 else 'tenants'}")
        seconds = self._options.seconds
        duration = Duration(seconds, seconds / 2 + tenants / TENANTS_WARM_EACH_SECOND)
        context = context_of(self._stack, sharing.recipient)

        def measured() -> Row:
            with Load(address_of(self._stack), context, targets, _OK) as load:
                return measure_load(self._stack, name, load, duration, self._options.connections)

        return await asyncio.to_thread(measured)
