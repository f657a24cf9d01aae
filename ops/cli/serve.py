"""`haas serve`: one process of the HTTP application."""

from pathlib import Path

import click

from ops.serving import APPLICATION, MutualTls, serve_on_socket, serve_on_tcp

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("serve")
@click.option("--socket", type=_FILE, help="The unix socket to create. Each process needs its own.")
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
    socket: Path | None,
    socket_group: str | None,
    address: str | None,
    port: int,
    certificate: Path | None,
    proxy_authority: Path | None,
    factory: str,
) -> None:
    """Serve the HTTP application to the proxy, until SIGTERM: on a unix socket, or on TCP with mutual TLS."""
    if (socket is None) == (address is None):
        raise click.UsageError("name either --socket or --address")
    if socket is not None:
        serve_on_socket(socket, socket_group, factory)
        return
    if certificate is None or proxy_authority is None:
        raise click.UsageError("--address needs --certificate and --proxy-authority: only a proxy may connect")
    serve_on_tcp(str(address), port, MutualTls(certificate, proxy_authority), factory)
