"""`haas proxy`: the configuration of a production nginx."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from haas.settings import refuse_secrets
from ops.proxy.client_addresses import CONNECTION, SOURCE_VARIABLE, TRUSTED_VARIABLE, ClientAddresses
from ops.proxy.configuration import SCRIPT, ProxyConfiguration, UpstreamTls

_PATH = click.Path(path_type=Path)


def _path(name: str, default: str, text: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(name, type=_PATH, default=Path(default), show_default=True, help=text)


@click.command("proxy")
@click.option("--output", type=_PATH, required=True, help="Folder of nginx.conf and haas.js, also for nginx.")
@_path("--certificates", "/etc/haas/certificates", "<host>.pem for each host: private key, then chain.")
@_path("--client-authorities", "/etc/haas/client-authorities/authorities.crt", "Root and intermediate of the CDR.")
@_path("--revocation-lists", "/etc/haas/client-authorities/lists.crl", "The CRLs of both.")
@_path("--unavailable-pages", "/etc/haas/unavailable-pages", "The folder HAAS_UNAVAILABLE_PAGES of the provisioner.")
@_path("--folder", "/var/cache/nginx", "Folder for the pid and temporary files of nginx.")
@_path("--js-module", "/etc/nginx/modules/ngx_http_js_module.so", "The njs module of nginx.")
@click.option(
    "--register-environment",
    default="production",
    show_default=True,
    help="The CDR Register of the brands that this nginx serves, and of its client authorities.",
)
@click.option(
    "--application",
    "applications",
    multiple=True,
    default=("unix:/run/haas/app",),
    show_default=True,
    help="The address of an application process: unix:<path> or host:port. Repeat it for each process.",
)
@click.option("--application-certificate", type=_PATH, help="With host:port: this proxy's certificate chain and key.")
@click.option("--application-authority", type=_PATH, help="With host:port: the authority of the applications.")
@click.option("--application-name", help="With host:port: the DNS name in the certificate of every application.")
@click.option("--health-port", type=int, help="The port on 127.0.0.1 for /health/live and /health/ready.")
@click.option(
    "--trace-context",
    is_flag=True,
    help="Pass traceparent on. Only if a load balancer replaces the one of the client: the value names a trace.",
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
    "--user",
    default="nginx",
    show_default=True,
    help="User of the worker processes, not root. It must be able to read the keys and to connect to the application.",
)
@click.option("--group", help="The group of the workers.  [default: that of the user]")
def command(
    *,
    output: Path,
    js_module: Path,
    client_address: str,
    trusted_proxies: str,
    applications: tuple[str, ...],
    application_certificate: Path | None,
    application_authority: Path | None,
    application_name: str | None,
    **fields: Any,
) -> None:
    """Write nginx.conf and haas.js for nginx >= 1.28 with njs."""
    refuse_secrets(os.environ, "a helper of the proxy")
    if fields["user"] == "root":
        raise click.UsageError(
            "--user root is refused: an attacker who controls a worker process would have all rights on the machine"
        )
    script = output / "haas.js"
    configuration = ProxyConfiguration(
        workers="auto",
        modules=(js_module,),
        script=script,
        headers_more=False,
        applications=applications,
        upstream_tls=_upstream_tls(applications, application_certificate, application_authority, application_name),
        client_addresses=ClientAddresses.read(client_address, trusted_proxies),
        **fields,
    )
    output.mkdir(parents=True, exist_ok=True)
    (output / "nginx.conf").write_text(configuration.render(), encoding="utf-8")
    script.write_bytes(SCRIPT.read_bytes())


def _upstream_tls(
    applications: tuple[str, ...], certificate: Path | None, authority: Path | None, name: str | None
) -> UpstreamTls | None:
    """Return the mutual TLS to the applications, or None if all of them have a unix socket."""
    if all(each.startswith("unix:") for each in applications):
        return None
    if any(each.startswith("unix:") for each in applications):
        raise click.UsageError("--application: name either unix sockets or applications on other machines")
    if certificate is None or authority is None or name is None:
        raise click.UsageError(
            "an application on another machine needs --application-certificate, --application-authority and"
            " --application-name: nginx connects with mutual TLS"
        )
    return UpstreamTls(certificate=certificate, authority=authority, name=name)
