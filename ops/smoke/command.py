"""`haas smoke`: performs the data sharing process on a new stack."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import click

from haas.clock import clock_from
from haas.errors import HaasError
from haas.logs import configure
from haas.progress import ConsoleProgress
from ops.browser.errors import Unexpected
from ops.demonstration import set_up_demonstration
from ops.smoke.control import SandboxControl
from ops.smoke.foreground import folder_kept_on_failure, run
from ops.smoke.journey import Journey
from ops.smoke.participants import Participants
from ops.smoke.recovery import CUSTOMERS_EACH, check_recovery
from ops.smoke.register_calls import check_register_calls
from ops.smoke.steps import StepFailed, Steps
from ops.stack.embedded import Stack, running
from ops.stack.options import WITHOUT_TRAFFIC_LIMIT, Options

TENANTS = ("aurora", "banksia")


class SmokeFailed(HaasError):
    """The run failed. The message contains the reason and the path of the logs."""


@click.command("smoke")
@click.option("--kill", is_flag=True, help="Also kill the processes one after another, and check that no data is lost.")
def command(*, kill: bool) -> None:
    """Perform the whole data sharing process at both demonstration brands, in a new stack."""
    configure("WARNING")
    run(_smoke(kill=kill))


async def _smoke(*, kill: bool) -> None:
    steps = Steps(click.echo)
    with folder_kept_on_failure("haas-smoke-") as folder:
        options = Options(state=folder / "state", port=0, durable=kill, variables=WITHOUT_TRAFFIC_LIMIT)
        try:
            async with running(options, set_up_demonstration, ConsoleProgress()) as stack:
                await share_data_at_both_brands(stack, steps)
                if kill:
                    await kill_processes(stack, steps)
        except (StepFailed, Unexpected) as failure:
            raise SmokeFailed(f"{failure}\n  logs      {options.state / 'logs'}") from failure
    click.echo(f"data sharing process: {len(TENANTS)} tenants, {steps.count} steps, ok")


async def share_data_at_both_brands(stack: Stack, steps: Steps) -> None:
    """Perform the data sharing process at both demonstration brands. Raises StepFailed and Unexpected."""
    async with participants_of(stack) as participants:
        for tenant in stack.description.tenants:
            if tenant.slug in TENANTS:
                await Journey(participants, tenant, steps).run()
                await check_register_calls(participants.control, tenant.slug, steps)


async def kill_processes(stack: Stack, steps: Steps) -> None:
    """Kill each process during consents and notices, and check the recovery. Raises StepFailed and Unexpected."""
    async with participants_of(stack) as participants:
        tenants = [tenant for tenant in stack.description.tenants if tenant.slug in TENANTS]
        journeys = [
            Journey(participants, tenant, steps, customer=1 + number * CUSTOMERS_EACH)
            for number, tenant in enumerate(tenants)
        ]
        await check_recovery(stack, journeys, steps)


@asynccontextmanager
async def participants_of(stack: Stack) -> AsyncIterator[Participants]:
    """Yield persons and recipients that use a stack and its clock."""
    async with AsyncExitStack() as exits:
        control = await exits.enter_async_context(SandboxControl(stack.description.sandbox.control_api))
        yield Participants(stack.description, control, clock_from(stack.settings.clock_file), exits)
