"""`haas health`: ask a process of this machine for its health, for example as the health check of a container."""

import asyncio

import click
import msgspec

from haas.health import LIVE, READY, ask_health

_PATHS = {"live": LIVE, "ready": READY}


@click.command("health")
@click.argument("question", type=click.Choice(sorted(_PATHS)), default="ready")
@click.option("--at", "address", envvar="HAAS_HEALTH", required=True, help="unix:<path> or 127.0.0.1:<port>.")
def command(question: str, address: str) -> None:
    """Ask a process whether it is live, or ready to do its job. The exit status is 1 if it is not."""
    try:
        status, answer = asyncio.run(ask_health(address, _PATHS[question]))
    except (OSError, TimeoutError) as error:
        raise click.ClickException(f"{address} does not answer: {str(error) or type(error).__name__}") from error
    click.echo(msgspec.json.encode(answer).decode())
    if status != 200:  # noqa: PLR2004 - the status of HTTP
        raise SystemExit(1)
