"""`haas bench-data`: measures every data operation, in a new stack."""

from typing import Final

import click

from haas.logs import configure
from haas.progress import ConsoleProgress
from ops.bench.command import machine_description, new_stack
from ops.bench.data.report import lines
from ops.bench.data.run import DataOptions, DataResults, measure
from ops.bench.data.sizes import LARGE, Sizes
from ops.smoke.foreground import run

_SMALL: Final = {"customers": 500, "points": 20, "tenants": 20, "seconds": 1.0}
"""The defaults with `--small`. They take a few minutes on two cores."""


def _use_small_defaults(ctx: click.Context, _: click.Parameter, small: bool) -> None:  # noqa: FBT001 - of click
    if small:
        ctx.default_map = _SMALL


@click.command("bench-data")
@click.option("--customers", type=click.IntRange(2, 1_000_000), default=LARGE.customers, show_default=True)
@click.option(
    "--accounts",
    type=click.IntRange(1, 1000),
    default=LARGE.accounts,
    show_default=True,
    help="Of the customer that is a business. The others have one account each.",
)
@click.option(
    "--points",
    type=click.IntRange(1),
    default=LARGE.points,
    show_default=True,
    help="Service points with reads of 5 minutes. The others have daily reads of 90 days.",
)
@click.option("--months", type=click.IntRange(1, 24), default=LARGE.months, show_default=True, help="Of these reads.")
@click.option("--tenants", type=click.IntRange(1, 10_000), default=1_000, show_default=True, help="With small data.")
@click.option("--seconds", type=click.FloatRange(0.1, 60), default=5, show_default=True, help="For each measurement.")
@click.option("--connections", type=click.IntRange(1, 256), default=4, show_default=True, help="Concurrent requests.")
@click.option(
    "--small",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_use_small_defaults,
    help=f"Use other defaults: {', '.join(f'{number:g} {name}' for name, number in _SMALL.items())}.",
)
def command(
    *, customers: int, accounts: int, points: int, months: int, tenants: int, seconds: float, connections: int
) -> None:
    """Measure every data operation through the proxy over mutual TLS, in a new stack.

    One tenant has the data of a large retailer: a business with many accounts, and households with one account each.
    The operations for several accounts or service points get those of the business. Other tenants have a few customers.
    """
    configure("WARNING")
    click.echo(machine_description())
    options = DataOptions(
        sizes=Sizes(customers=customers, accounts=accounts, points=points, months=months),
        tenants=tenants,
        seconds=seconds,
        connections=connections,
    )
    for line in lines(run(_bench(options)), options):
        click.echo(line)


async def _bench(options: DataOptions) -> DataResults:
    async with new_stack("haas-bench-") as stack:
        return await measure(stack, options, ConsoleProgress())
