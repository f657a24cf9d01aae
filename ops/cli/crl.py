"""`haas crl`: renew the certificate revocation lists of a production nginx."""

import asyncio
import logging
from datetime import UTC, datetime
from pathlib import Path

import click

from ops.proxy.reload import reload
from ops.proxy.revocation import Renewal, RevocationListError, renew

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
def command(urls: tuple[str, ...], authorities: Path, output: Path, *, nginx_pid: Path | None, keep: bool) -> None:
    """Fetch the list of each authority, and make nginx enforce what has changed.

    The exit status is 1 when a list cannot be renewed or ends within a day. With --keep that is logged as an error.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    asyncio.run(_keep(urls, authorities, output, nginx_pid) if keep else _once(urls, authorities, output, nginx_pid))


async def _once(urls: tuple[str, ...], authorities: Path, output: Path, nginx_pid: Path | None) -> None:
    renewal = await asyncio.to_thread(renew, urls, authorities, output)
    if renewal.changed and nginx_pid is not None:
        await reload(nginx_pid)
    click.echo(_summary(renewal))
    if renewal.late(datetime.now(UTC)):
        raise RevocationListError(_warning(renewal))


async def _keep(urls: tuple[str, ...], authorities: Path, output: Path, nginx_pid: Path | None) -> None:
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
