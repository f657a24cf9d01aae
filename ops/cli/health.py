"""`haas health`: ask a process of this machine for its health, for example as the health check of a container."""

import asyncio
import os
import signal

import click
import msgspec

from haas.health import LIVE, READY, ask_health, process_at

_PATHS = {"live": LIVE, "ready": READY}
_SECONDS = 5.0
_SECONDS_BEFORE_KILL = 10.0


@click.command("health")
@click.argument("question", type=click.Choice(sorted(_PATHS)), default="ready")
@click.option("--at", "address", envvar="HAAS_HEALTH", required=True, help="unix:<path> or 127.0.0.1:<port>.")
@click.option(
    "--kill",
    is_flag=True,
    help="Kill the process if it accepts the question and does not answer within ten seconds, so that it is restarted.",
)
def command(question: str, address: str, *, kill: bool) -> None:
    """Ask a process whether it is live, or ready to do its job. The exit status is 1 if it is not."""
    try:
        status, answer = asyncio.run(ask_health(address, _PATHS[question], _SECONDS_BEFORE_KILL if kill else _SECONDS))
    except TimeoutError as error:
        if kill:
            _kill(address)
        raise click.ClickException(f"{address} does not answer in time") from error
    except OSError as error:
        raise click.ClickException(f"{address} does not answer: {str(error) or type(error).__name__}") from error
    click.echo(msgspec.json.encode(answer).decode())
    if status != 200:  # noqa: PLR2004 - the status of HTTP
        raise SystemExit(1)


def _kill(address: str) -> None:
    try:
        pid = process_at(address)
        os.kill(pid, signal.SIGKILL)
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{address} does not answer, and its process cannot be killed: {error}") from error
    click.echo(f"process {pid} does not answer and was killed", err=True)
