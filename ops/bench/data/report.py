"""The figures of the data benchmark as tables, and what they say about the budgets."""

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Final

from msgspec.structs import replace

from ops.bench.data.run import IDLE, DataOptions, DataResults, MeasuredCall
from ops.bench.data.streams import StreamedForm
from ops.bench.report import Row, Verdict, markdown, memory_rows, table

MANY_TENANTS_RATIO: Final = 1.5
"""How much longer the p95 may be with many tenants than with one."""

FIRST_BYTE_SECONDS: Final = 0.300
MEMORY_GROWTH_MIB: Final = 50
ANSWERED_SHARE: Final = 0.95


def lines(results: DataResults, options: DataOptions) -> Iterator[str]:
    """Yield the lines of the report: the tables and the verdicts."""
    sizes = options.sizes
    yield ""
    yield (
        f"{sizes.customers:,} customers, {sizes.points:,} service points with {sizes.months} months of 5-minute reads, "
        f"{options.tenants:,} small tenants, {options.connections} concurrent requests"
    )
    yield from ["", *table([call.row for call in results.calls])]
    yield from ["", *streams_table(results.streams)]
    yield from ["", *table(list(_compared(results, options.tenants)))]
    yield from ["", *memory_rows(results.memory), ""]
    yield from map(str, verdicts(results, options))


def verdicts(results: DataResults, options: DataOptions) -> Iterator[Verdict]:
    """Yield whether each budget is met."""
    yield thresholds_verdict(results.calls)
    for stream in results.streams:
        yield first_byte_verdict(stream)
        yield memory_verdict(stream, results.memory[IDLE])
    for one, many in zip(results.one_tenant, results.many_tenants, strict=True):
        yield tenants_verdict(one, many, options.tenants)


def thresholds_verdict(calls: Sequence[MeasuredCall]) -> Verdict:
    """Return whether 95% of the answers of every call come within the threshold of its tier (CDS, Performance)."""
    late = [call for call in calls if _is_late(call)]
    closest = max(calls, key=lambda call: call.row.measured.percentile(95) / call.threshold)
    return Verdict(
        "Every operation",
        "a p95 within the threshold of its tier",
        ", ".join(f"{each.row.operation} {_against_threshold(each)}" for each in late or [closest]),
        not late,
    )


def first_byte_verdict(stream: StreamedForm) -> Verdict:
    """Return whether each response began in time."""
    slowest = max(stream.measured.first_bytes, default=math.inf)
    return Verdict(
        f"All reads of a service point, {stream.form}",
        f"the first byte within {FIRST_BYTE_SECONDS * 1000:.0f} ms",
        f"{slowest * 1000:.0f} ms",
        slowest <= FIRST_BYTE_SECONDS,
    )


def memory_verdict(stream: StreamedForm, idle: Mapping[str, float]) -> Verdict:
    """Return whether the memory of every process stayed close to that of an idle process."""
    growth, process = max((stream.highest[name] - idle[name], name) for name in idle)
    return Verdict(
        f"All reads of a service point, {stream.form}",
        f"at most {MEMORY_GROWTH_MIB} MiB more than idle",
        f"{process} {growth:.0f} MiB",
        growth <= MEMORY_GROWTH_MIB,
    )


def streams_table(streams: Sequence[StreamedForm]) -> list[str]:
    """Return the lines of a Markdown table of the responses with all reads of a service point."""
    head = ["reads of a service point", "first byte: p50 ms", "slowest ms", "whole response: p50 ms", "MB"]
    rows = [
        [
            stream.form,
            f"{median(stream.measured.first_bytes) * 1000:.0f}",
            f"{max(stream.measured.first_bytes) * 1000:.0f}",
            f"{stream.measured.percentile(50) * 1000:.0f}",
            f"{stream.measured.received_bytes / len(stream.measured.latencies) / 1e6:.2f}",
        ]
        for stream in streams
    ]
    return markdown([head, *rows])


def tenants_verdict(one: Row, many: Row, tenants: int) -> Verdict:
    """Return whether a call takes about as long with many tenants as with one."""
    ratio = many.measured.percentile(95) / one.measured.percentile(95)
    return Verdict(
        f"{one.operation}, {tenants:,} tenants compared with 1",
        f"a p95 of at most {MANY_TENANTS_RATIO} times",
        f"{ratio:.2f} times",
        ratio <= MANY_TENANTS_RATIO,
    )


def _compared(results: DataResults, tenants: int) -> Iterator[Row]:
    for one, many in zip(results.one_tenant, results.many_tenants, strict=True):
        yield replace(one, operation=f"{one.operation}, 1 tenant")
        yield replace(many, operation=f"{many.operation}, {tenants:,} tenants")


def _is_late(call: MeasuredCall) -> bool:
    """A call that was refused with 503 is not answered."""
    measured = call.row.measured
    answered_share = len(measured.latencies) / (len(measured.latencies) + measured.too_busy)
    return measured.percentile(95) > call.threshold or answered_share < ANSWERED_SHARE


def _against_threshold(call: MeasuredCall) -> str:
    refused = f", {call.row.measured.too_busy} times 503" if call.row.measured.too_busy else ""
    return f"{call.row.measured.percentile(95) * 1000:,.0f} of {call.threshold * 1000:,.0f} ms{refused}"
