"""`haas smoke`: performs the main job on a stack of its own."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import click

from haas.clock import clock_from
from haas.errors import HaasError
from haas.progress import ConsoleProgress
from ops.browser.errors import Unexpected
from ops.demonstration import set_up_demonstration
from ops.smoke.control import SandboxControl
from ops.smoke.foreground import folder_kept_on_failure, run
from ops.smoke.journey import Journey
from ops.smoke.participants import Participants
from ops.smoke.recovery import CUSTOMERS_EACH, check_recovery
from ops.smoke.steps import StepFailed, Steps
from ops.stack.embedded import Stack, running
from ops.stack.options import Options

TENANTS = ("aurora", "banksia")


class SmokeFailed(HaasError):
    """The run failed. The message says why, and where the logs are."""


@click.command("smoke")
@click.option("--kill", is_flag=True, help="Also kill each process in turn, and check that nothing is lost.")
def command(*, kill: bool) -> None:
    """Drive the main job for both demonstration brands over mutual TLS, in a stack of its own."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    run(_smoke(kill=kill))


async def _smoke(*, kill: bool) -> None:
    steps = Steps(click.echo)
    with folder_kept_on_failure("haas-smoke-") as folder:
        options = Options(state=folder / "state", port=0, durable=kill)
        try:
            async with running(options, set_up_demonstration, ConsoleProgress()) as stack:
                await main_job(stack, steps)
                if kill:
                    await survive_kills(stack, steps)
        except (StepFailed, Unexpected) as failure:
            raise SmokeFailed(f"{failure}\n  logs      {options.state / 'logs'}") from failure
    click.echo(f"main job: {len(TENANTS)} tenants, {steps.count} steps, ok")


async def main_job(stack: Stack, steps: Steps) -> None:
    """Perform the main job at both demonstration brands. Raises StepFailed and Unexpected."""
    async with participants_of(stack) as participants:
        for tenant in stack.description.tenants:
            if tenant.slug in TENANTS:
                await Journey(participants, tenant, steps).run()


async def survive_kills(stack: Stack, steps: Steps) -> None:
    """Kill each process while consents and notices are being processed. Raises StepFailed and Unexpected."""
    async with participants_of(stack) as participants:
        tenants = [tenant for tenant in stack.description.tenants if tenant.slug in TENANTS]
        journeys = [
            Journey(participants, tenant, steps, customer=1 + number * CUSTOMERS_EACH)
            for number, tenant in enumerate(tenants)
        ]
        await check_recovery(stack, journeys, steps)


@asynccontextmanager
async def participants_of(stack: Stack) -> AsyncIterator[Participants]:
    """Yield the persons and recipients of a stack, on the stack's clock."""
    async with AsyncExitStack() as exits:
        control = await exits.enter_async_context(SandboxControl(stack.description.sandbox.control_api))
        yield Participants(stack.description, control, clock_from(stack.settings.clock_file), exits)
