"""`haas serve`: one process of the HTTP application."""

import os
from pathlib import Path

import click

from ops.serving.server import APPLICATION, MutualTls, serve_on_socket, serve_on_tcp

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("serve")
@click.option(
    "--socket",
    "sockets",
    type=_FILE,
    multiple=True,
    help="The unix socket to create. Each process needs its own. Repeated: the first one that no process has.",
)
@click.option("--socket-group", help="The group whose members can connect to the socket: the group of nginx's workers.")
@click.option("--address", help="Instead of a socket: the address on which to listen, for a proxy on another machine.")
@click.option("--port", type=click.IntRange(1, 65535), default=8443, show_default=True)
@click.option(
    "--certificate", type=_FILE, help="With --address: certificate chain and private key of this application."
)
@click.option("--proxy-authority", type=_FILE, help="With --address: the authority of the proxies' certificates.")
@click.option("--factory", default=APPLICATION, hidden=True)
def command(
    *,
    sockets: tuple[Path, ...],
    socket_group: str | None,
    address: str | None,
    port: int,
    certificate: Path | None,
    proxy_authority: Path | None,
    factory: str,
) -> None:
    """Serve the HTTP application to the proxy, until SIGTERM: on a unix socket, or on TCP with mutual TLS.

    The process accepts connections when its health (HAAS_HEALTH) answers that it is ready. After SIGTERM it finishes
    the requests that it has.
    """
    if bool(sockets) == (address is not None):
        raise click.UsageError("name either --socket or --address")
    health = os.environ.get("HAAS_HEALTH")
    if sockets:
        serve_on_socket(sockets, socket_group, factory, health)
        return
    if certificate is None or proxy_authority is None:
        raise click.UsageError("--address needs --certificate and --proxy-authority: only a proxy may connect")
    serve_on_tcp(str(address), port, MutualTls(certificate, proxy_authority), factory, health)
