"""`haas bench`: measures the most frequent requests, in a new stack for each number of tenants."""

import os
import platform
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import click

from haas.errors import HaasError
from haas.logs import configure
from haas.progress import ConsoleProgress
from ops.bench.load import LoadError
from ops.bench.report import Verdict, memory_table, table
from ops.bench.run import BenchmarkOptions, Results, measure
from ops.browser.errors import Unexpected
from ops.demonstration import set_up_from_store
from ops.smoke.foreground import folder_kept_on_failure, run
from ops.smoke.steps import StepFailed
from ops.stack.embedded import Stack, running
from ops.stack.options import WITHOUT_TRAFFIC_LIMIT, Options

TARGET_RATE = 450
TARGET_P95_SECONDS = 0.050
WITHOUT_LIMIT: Final = {"HAAS_PUSHED_REQUESTS": "1000000", **WITHOUT_TRAFFIC_LIMIT}
"""A measurement sends more requests with one client, and for one customer, than the limits of a deployment allow."""


class BenchFailed(HaasError):
    """The measurement failed. The message contains the reason and the path of the logs."""


@click.command("bench")
@click.option("--tenants", type=click.IntRange(2, 1000), multiple=True, default=(2, 200), show_default=True)
@click.option("--seconds", type=click.FloatRange(1, 60), default=8, show_default=True, help="For each operation.")
@click.option("--connections", type=click.IntRange(1, 256), default=16, show_default=True, help="Concurrent requests.")
def command(tenants: tuple[int, ...], seconds: float, connections: int) -> None:
    """Measure the most frequent requests through the proxy over mutual TLS, in a new stack for each number of tenants.

    Each connection is kept alive and used for one host only. If there are more tenants than CONNECTIONS, each tenant
    has one connection, and CONNECTIONS requests are in progress at any time.
    """
    configure("WARNING")
    click.echo(machine_description())
    for number in tenants:
        bench = BenchmarkOptions(tenants=number, seconds=seconds, concurrency=connections)
        figures = run(_bench(bench))
        click.echo(f"\n{number} tenants, {connections} concurrent requests\n")
        for line in [*table(figures.rows), "", *memory_table(figures.memory), "", str(verdict(figures))]:
            click.echo(line)


async def _bench(bench: BenchmarkOptions) -> Results:
    async with new_stack("haas-bench-") as stack:
        return await measure(stack, bench, ConsoleProgress())


@asynccontextmanager
async def new_stack(prefix: str) -> AsyncIterator[Stack]:
    """Run a stack without the limits of a client, in a temporary folder whose name begins with `prefix`.

    Both demonstration brands have their data in their schemas, so that this program alone is measured.

    Raises BenchFailed if a measurement in the block fails.
    """
    with folder_kept_on_failure(prefix) as folder:
        options = Options(state=folder / "state", port=0, variables=WITHOUT_LIMIT)
        try:
            async with running(options, set_up_from_store, ConsoleProgress()) as stack:
                yield stack
        except (StepFailed, Unexpected, LoadError) as failure:
            raise BenchFailed(f"{failure}\n  logs      {options.state / 'logs'}") from failure


def verdict(figures: Results) -> Verdict:
    """Return whether Get Energy Accounts meets its target."""
    measured = figures.rows[0].measured
    p95 = measured.percentile(95)
    return Verdict(
        f"{figures.rows[0].operation}, on one uvicorn worker",
        f"at least {TARGET_RATE} requests/s at a p95 of at most {TARGET_P95_SECONDS * 1000:.0f} ms",
        f"{measured.rate:,.0f} requests/s at {p95 * 1000:.1f} ms",
        measured.rate >= TARGET_RATE and p95 <= TARGET_P95_SECONDS,
    )


def machine_description() -> str:
    """Return a description of the machine, without which the figures cannot be compared."""
    models = [line for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if "model name" in line]
    model = models[0].partition(":")[2].strip() if models else platform.machine()
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"{len(os.sched_getaffinity(0))} cores, {model}, {memory:.0f} GiB, Python {platform.python_version()}"
