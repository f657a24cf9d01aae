"""`haas proxy`: the configuration of a production nginx."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ops.proxy.client_addresses import CONNECTION, SOURCE_VARIABLE, TRUSTED_VARIABLE, ClientAddresses
from ops.proxy.configuration import SCRIPT, ProxyConfiguration

_PATH = click.Path(path_type=Path)


def _path(name: str, default: str, text: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(name, type=_PATH, default=Path(default), show_default=True, help=text)


@click.command("proxy")
@click.option("--output", type=_PATH, required=True, help="Folder of nginx.conf and haas.js, also for nginx.")
@_path("--certificates", "/etc/haas/certificates", "<host>.pem for each host: private key, then chain.")
@_path("--client-authorities", "/etc/haas/client-authorities/authorities.crt", "Root and intermediate of the CDR.")
@_path("--revocation-lists", "/etc/haas/client-authorities/lists.crl", "The CRLs of both.")
@_path("--folder", "/var/cache/nginx", "Folder for the pid and temporary files of nginx.")
@_path("--js-module", "/etc/nginx/modules/ngx_http_js_module.so", "The njs module of nginx.")
@click.option(
    "--application", default="unix:/run/haas/app", show_default=True, help="Its address: unix:<path> or host:port."
)
@click.option("--address", default="0.0.0.0", show_default=True)  # noqa: S104 - clients connect to the proxy
@click.option("--port", type=int, default=443, show_default=True)
@_path("--access-log", "/var/log/nginx/access.log", "One JSON object for each request, with the client's address.")
@click.option(
    "--client-address",
    envvar=SOURCE_VARIABLE,
    default=CONNECTION,
    show_default=True,
    help="Source of the client's address: connection, proxy-protocol, or a header such as X-Forwarded-For.",
)
@click.option(
    "--trusted-proxies",
    envvar=TRUSTED_VARIABLE,
    default="",
    help="Networks of the load balancers that send the client's address, separated by commas.",
)
@click.option(
    "--user", default="root", show_default=True, help="User of the worker processes. It must be able to read the keys."
)
def command(output: Path, js_module: Path, client_address: str, trusted_proxies: str, **fields: Any) -> None:
    """Write nginx.conf and haas.js for nginx >= 1.28 with njs."""
    script = output / "haas.js"
    configuration = ProxyConfiguration(
        workers="auto",
        modules=(js_module,),
        script=script,
        headers_more=False,
        client_addresses=ClientAddresses.read(client_address, trusted_proxies),
        **fields,
    )
    output.mkdir(parents=True, exist_ok=True)
    (output / "nginx.conf").write_text(configuration.render(), encoding="utf-8")
    script.write_bytes(SCRIPT.read_bytes())
