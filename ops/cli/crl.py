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
RENEWAL_INTERVAL_SECONDS = 900.0


@click.command("crl")
@click.option(
    "--url", "urls", multiple=True, required=True, help="The URL of an authority's list. Repeat it for each authority."
)
@click.option("--authorities", type=_PATH, required=True, help="Root and intermediate certificates of the CDR, PEM.")
@click.option("--output", type=_PATH, required=True, help="The file that nginx reads.")
@click.option("--nginx-pid", type=_PATH, help="The pid file of an nginx to reload when a list has changed.")
@click.option("--keep", is_flag=True, help="Keep running, and renew every quarter of an hour.")
def command(urls: tuple[str, ...], authorities: Path, output: Path, *, nginx_pid: Path | None, keep: bool) -> None:
    """Fetch the list of each authority, and make nginx use the new lists.

    The exit status is 1 if a list cannot be renewed or expires within a day. With --keep, this is logged as an error.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    renew_lists = _renew_periodically if keep else _renew_once
    asyncio.run(renew_lists(urls, authorities, output, nginx_pid))


async def _renew_once(urls: tuple[str, ...], authorities: Path, output: Path, nginx_pid: Path | None) -> None:
    renewal = await asyncio.to_thread(renew, urls, authorities, output)
    if renewal.changed and nginx_pid is not None:
        await reload(nginx_pid)
    click.echo(_summary(renewal))
    if renewal.expires_soon(datetime.now(UTC)):
        raise RevocationListError(_warning(renewal))


async def _renew_periodically(urls: tuple[str, ...], authorities: Path, output: Path, nginx_pid: Path | None) -> None:
    while True:
        try:
            await _renew_once(urls, authorities, output, nginx_pid)
        except (RevocationListError, OSError) as error:
            logger.error("revocation lists are not renewed: %s", error)  # noqa: TRY400 - the message is enough
        await asyncio.sleep(RENEWAL_INTERVAL_SECONDS)


def _summary(renewal: Renewal) -> str:
    return f"{'renewed' if renewal.changed else 'unchanged'}, valid until {renewal.ends:%Y-%m-%d %H:%M} UTC"


def _warning(renewal: Renewal) -> str:
    return f"a revocation list expires at {renewal.ends}: after that, nginx refuses every client certificate"
