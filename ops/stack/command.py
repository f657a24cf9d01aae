"""`haas up`: the embedded stack in the foreground."""

import asyncio
import os
import signal
from pathlib import Path

import click

from haas.logs import configure
from haas.progress import ConsoleProgress, Progress
from ops.demonstration import set_up_demonstration
from ops.deployment_settings import DEFAULT_STATE, STATE_VARIABLE
from ops.stack.description import StackDescription
from ops.stack.embedded import Stack, running
from ops.stack.errors import StackError
from ops.stack.options import DEFAULT_PORT, Options


@click.command("up")
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_STATE,
    show_default=True,
    envvar=STATE_VARIABLE,
    help="The folder for the state of the stack.",
)
@click.option("--fresh", is_flag=True, help="First delete the content of the state folder.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help=f"HTTPS port; stored on the first start.  [default: {DEFAULT_PORT} if free]",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 16),
    default=1,
    show_default=True,
    help="Application processes. Two or more: no request fails during a deploy.",
)
def command(state: Path, *, fresh: bool, port: int | None, workers: int) -> None:
    """Run the embedded stack until Ctrl-C: every server, two demonstration brands and the sandbox around them.

    SIGUSR1 deploys: the product's processes are started again with the present code, one after another.

    If HAAS_DATABASE_URL, HAAS_OWNER_DATABASE_URL and HAAS_OPERATOR_DATABASE_URL are set, or HAAS_REDIS_URL, it uses
    these servers instead.
    """
    progress = ConsoleProgress()
    configure("WARNING")
    options = Options.from_environment(os.environ, state=state, fresh=fresh, port=port, workers=workers)
    asyncio.run(_up(options, progress))


async def _up(options: Options, progress: Progress) -> None:
    """Run the stack until a signal arrives. A signal also stops a stack that is still starting."""
    loop = asyncio.get_running_loop()
    stack = asyncio.create_task(_run(options, progress))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, _stop, stack, progress)
    try:
        await stack
    except asyncio.CancelledError:
        progress.line("Stopped.")


def _stop(stack: asyncio.Task[None], progress: Progress) -> None:
    if not stack.cancelling():
        progress.line("\nStopping …")
        stack.cancel()


async def _run(options: Options, progress: Progress) -> None:
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, asked.set)
    async with running(options, set_up_demonstration, progress) as stack:
        progress.line(summary(stack.description))
        while True:
            await asked.wait()
            asked.clear()
            await _deploy(stack, progress)


async def _deploy(stack: Stack, progress: Progress) -> None:
    progress.line("Deploying …")
    try:
        await stack.deploy()
    except StackError as error:
        progress.line(f"The deploy ended, because a process does not start. The next ones were not restarted.\n{error}")
    else:
        progress.line("Deployed.")


def summary(description: StackDescription) -> str:
    """Return the addresses, a login for each brand, and instructions, as lines of text."""
    sandbox = description.sandbox
    lines = ["", "Ready. Open in a browser that trusts " + description.roots.web, "(docs/stack.md#browser-trust):", ""]
    lines.append(f"  Data recipient (start here)   {sandbox.recipient_url}/")
    lines.append(f"  Mailbox (one-time codes)      {sandbox.mailbox_url}/")
    lines.append(f"  Electricity market (e-Hub)    {sandbox.market_url}/")
    lines.append(f"  CDR Register                  {sandbox.register_url}/")
    lines += [f"  Dashboard {tenant.name:<19} {tenant.dashboard_url}" for tenant in description.tenants]
    logins = [tenant for tenant in description.tenants if tenant.demonstration_login]
    if logins:
        lines += ["", "A login to try at each brand:", ""]
        lines += [f"  {tenant.name:<16} {tenant.demonstration_login}" for tenant in logins]
        lines += [
            "",
            "Choose a brand on the data recipient's page and enter the login at the brand.",
            "There is no password: the mailbox receives a one-time code. Enter the code,",
            "choose accounts and authorise. The data recipient then shows the data.",
        ]
    lines += [
        "",
        f"  Sandbox control API           {sandbox.control_api}/",
        f"  Logs                          {description.logs}",
    ]
    lines += ["", "Ctrl-C stops everything."]
    return "\n".join(lines)
