"""`haas crl`: renew the certificate revocation lists of a production nginx."""

import asyncio
import logging
import os
from datetime import UTC, datetime
from pathlib import Path

import click

from haas.health import NotReady, health_listener
from haas.settings import refuse_secrets
from ops.proxy.reload import reload
from ops.proxy.revocation import Renewal, RevocationListError, lists_end, renew

logger = logging.getLogger(__name__)
_PATH = click.Path(path_type=Path)
EVERY = 900.0


@click.command("crl")
@click.option(
    "--url", "urls", multiple=True, required=True, help="Where an authority publishes its list; once for each."
)
@click.option("--authorities", type=_PATH, required=True, help="The CDR's root and intermediate, PEM.")
@click.option("--output", type=_PATH, required=True, help="The file that nginx reads.")
@click.option("--nginx-pid", type=_PATH, help="nginx's pid file: reload it when a list has changed.")
@click.option("--keep", is_flag=True, help="Keep running, and renew every quarter of an hour.")
@click.option("--health", envvar="HAAS_HEALTH", help="With --keep: where /health/live and /health/ready are answered.")
def command(
    urls: tuple[str, ...], authorities: Path, output: Path, *, nginx_pid: Path | None, keep: bool, health: str | None
) -> None:
    """Fetch the list of each authority, and make nginx enforce what has changed.

    The exit status is 1 when a list cannot be renewed or ends within a day. With --keep that is logged as an error.
    """
    refuse_secrets(os.environ, "a helper of the proxy")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    if keep:
        asyncio.run(_keep(urls, authorities, output, nginx_pid, health))
    else:
        asyncio.run(_once(urls, authorities, output, nginx_pid))


async def _once(urls: tuple[str, ...], authorities: Path, output: Path, nginx_pid: Path | None) -> None:
    renewal = await asyncio.to_thread(renew, urls, authorities, output)
    if renewal.changed and nginx_pid is not None:
        await reload(nginx_pid)
    click.echo(_summary(renewal))
    if renewal.late(datetime.now(UTC)):
        raise RevocationListError(_warning(renewal))


async def _keep(
    urls: tuple[str, ...], authorities: Path, output: Path, nginx_pid: Path | None, health: str | None
) -> None:
    async def check_lists() -> None:
        if await asyncio.to_thread(lists_end, output) <= datetime.now(UTC):
            raise NotReady("a revocation list has ended: nginx refuses every client certificate")

    async with health_listener(health, {"revocation lists": check_lists}):
        while True:
            try:
                await _once(urls, authorities, output, nginx_pid)
            except (RevocationListError, OSError) as error:
                logger.error("revocation lists are not renewed: %s", error)  # noqa: TRY400 - the message is enough
            await asyncio.sleep(EVERY)


def _summary(renewal: Renewal) -> str:
    return f"{'renewed' if renewal.changed else 'unchanged'}, in force until {renewal.ends:%Y-%m-%d %H:%M} UTC"


def _warning(renewal: Renewal) -> str:
    return f"revocation lists end at {renewal.ends}: from then on nginx refuses every client certificate"
