"""`haas crl`: renew the certificate revocation lists of a production nginx."""

import asyncio
import logging
import os
from datetime import UTC, datetime
from pathlib import Path

import click

from haas.health import NotReady, health_listener
from haas.logs import configure
from haas.metrics import metrics_listener
from haas.settings import refuse_secrets
from ops.proxy.metrics import ProxyFiles, ProxyMetrics
from ops.proxy.reload import reload
from ops.proxy.revocation import Renewal, RevocationListError, lists_end, renew

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
@click.option(
    "--health", envvar="HAAS_HEALTH", help="With --keep: the address that answers /health/live and /health/ready."
)
@click.option("--metrics", envvar="HAAS_METRICS", help="With --keep: the address that answers Prometheus at /metrics.")
@click.option(
    "--certificates",
    envvar="HAAS_CERTIFICATES",
    type=_PATH,
    help="With --metrics: the folder of the hosts' certificates.",
)
@click.option("--disk", "disks", type=_PATH, multiple=True, help="With --metrics: a folder whose disk is watched.")
def command(
    urls: tuple[str, ...],
    authorities: Path,
    output: Path,
    *,
    nginx_pid: Path | None,
    keep: bool,
    health: str | None,
    metrics: str | None,
    certificates: Path | None,
    disks: tuple[Path, ...],
) -> None:
    """Fetch the list of each authority, and make nginx use the new lists.

    The exit status is 1 if a list cannot be renewed or expires within a day. With --keep, this is logged as an error.
    """
    refuse_secrets(os.environ, "a helper of the proxy")
    configure()
    if keep:
        folders = {str(folder): folder for folder in (output.parent, *disks)}
        files = ProxyFiles(certificates=certificates, revocation_lists=output, folders=folders)
        asyncio.run(_renew_periodically(urls, authorities, nginx_pid, files, health=health, metrics=metrics))
    else:
        asyncio.run(_renew_once(urls, authorities, output, nginx_pid))


async def _renew_once(urls: tuple[str, ...], authorities: Path, output: Path, nginx_pid: Path | None) -> None:
    renewal = await _renew(urls, authorities, output, nginx_pid)
    if renewal.expires_soon(datetime.now(UTC)):
        raise RevocationListError(
            f"a revocation list expires at {renewal.ends}: after that, nginx refuses every client certificate"
        )


async def _renew_periodically(
    urls: tuple[str, ...],
    authorities: Path,
    nginx_pid: Path | None,
    files: ProxyFiles,
    *,
    health: str | None,
    metrics: str | None,
) -> None:
    output, source = files.revocation_lists, ProxyMetrics(files)

    async def check_lists() -> None:
        if await asyncio.to_thread(lists_end, output) <= datetime.now(UTC):
            raise NotReady("a revocation list has expired: nginx refuses every client certificate")

    async with (
        source.reading(),
        metrics_listener(metrics, (source,)),
        health_listener(health, {"revocation lists": check_lists}),
    ):
        while True:
            try:
                renewal = await _renew(urls, authorities, output, nginx_pid)
            except (RevocationListError, OSError) as error:
                logger.error("revocation_lists.not_renewed", extra={"reason": str(error)})  # noqa: TRY400
            else:
                if renewal.expires_soon(datetime.now(UTC)):
                    logger.error("revocation_lists.expire_soon", extra={"expires_at": renewal.ends.isoformat()})
            await asyncio.sleep(RENEWAL_INTERVAL_SECONDS)


async def _renew(urls: tuple[str, ...], authorities: Path, output: Path, nginx_pid: Path | None) -> Renewal:
    renewal = await asyncio.to_thread(renew, urls, authorities, output)
    if renewal.changed and nginx_pid is not None:
        await reload(nginx_pid)
    click.echo(f"{'renewed' if renewal.changed else 'unchanged'}, valid until {renewal.ends:%Y-%m-%d %H:%M} UTC")
    return renewal
