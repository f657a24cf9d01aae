"""nginx's configuration, rendered from the settings that differ between deployments."""

import re
from pathlib import Path
from typing import Final

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ops.proxy.client_addresses import ClientAddresses
from ops.proxy.unavailable_pages import STYLESHEET_PATH
from tenants.oauth.called_operations import called_operations
from tenants.registry.surfaces import FIRST_LABELS

HERE: Final = Path(__file__).parent
SCRIPT: Final = HERE / "haas.js"

# Headers that a client might send to imitate a proxy. nginx itself drops names with an underscore.
DROPPED: Final = (
    "Client-Cert-Chain",
    "Forwarded",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Real-IP",
    "X-SSL-Client-Cert",
    "X-Original-URL",
    "X-Rewrite-URL",
    "Proxy",
    # A client must not name the trace of its request, nor fill the traces with values of its own.
    "tracestate",
    "baggage",
)

# The first segments of the application's paths. The access log contains no others, which may be personal data.
SEGMENTS: Final = (
    ".well-known",
    "arrangements",
    "authorise",
    "cds-au",
    "dashboard",
    "flow",
    "introspect",
    "jwks",
    "logo.svg",
    "par",
    "register",
    "revoke",
    "sign-out",
    "text-messages",
    "theme",
    "token",
    "userinfo",
)


class EHubProxy(msgspec.Struct, frozen=True, kw_only=True):
    """The sandbox's e-Hub: `ehub.<domain>` with mutual TLS of the market, and its page at `market.<domain>`."""

    upstream: str
    client_authorities: Path


class SandboxProxy(msgspec.Struct, frozen=True, kw_only=True):
    """The sandbox's own hosts: `mtls.register.<domain>` with mutual TLS, every other `*.<domain>` without."""

    domain: str
    upstream: str
    ehub: EHubProxy | None = None


class UpstreamTls(msgspec.Struct, frozen=True, kw_only=True):
    """Mutual TLS from nginx to applications on other machines. The files are PEM."""

    certificate: Path
    """The certificate chain of this proxy, with its private key."""
    authority: Path
    """The authority that signs the certificates of the applications."""
    name: str
    """The DNS name in the certificate of every application."""


class ProxyConfiguration(msgspec.Struct, frozen=True, kw_only=True):
    """One nginx, for the brands of one register environment. Upstreams are `unix:<path>` or `host:port`."""

    folder: Path
    """The folder for the pid file and temporary files."""
    certificates: Path
    """The folder of `<host>.pem` (private key and chain). A host is served as soon as its file exists."""
    client_authorities: Path
    revocation_lists: Path
    register_environment: str
    """The CDR Register whose authorities sign the client certificates. The application refuses them at the brands of
    other register environments."""
    applications: tuple[str, ...]
    """The processes of the application."""
    access_log: Path
    """The access log: one JSON object for each request, with the client's address."""
    port: int
    address: str = "127.0.0.1"
    workers: str = "1"
    user: str | None = None
    """The user that the workers run as; None if root does not start nginx."""
    group: str | None = None
    modules: tuple[Path, ...] = ()
    script: Path = SCRIPT
    headers_more: bool = True
    """Whether nginx has the headers-more module, which removes the Server header. Without it the header is `-`."""
    client_addresses: ClientAddresses = ClientAddresses()
    identification_rate: str = "60r/m"
    """How often one address may request one-time passwords from one brand. The application limits each identifier; this
    limits a client that tries many identifiers. Many people can share one address (RFC 6888)."""
    identification_burst: int = 120
    request_rate: str = "100r/s"
    """How many requests one client may send to all hosts without mutual TLS, on average. A client is an IPv4 address or
    an IPv6 network of 64 bits. Behind one address of a carrier there may be some dozen people who each load a page."""
    request_burst: int = 400
    requests_at_the_same_time: int = 64
    """How many requests of one client may be in progress at the same time on hosts without mutual TLS."""
    streams: int = 32
    """How many requests may be in progress at the same time on one HTTP/2 connection."""
    requests_of_a_certificate: int = 256
    """How many requests with one client certificate may be in progress at the same time."""
    refused_rate: str = "10r/s"
    """How many requests of one client without a valid certificate the application answers and records."""
    refused_burst: int = 50
    upstream_tls: UpstreamTls | None = None
    """None: every application has a unix socket."""
    unavailable_pages: Path | None = None
    """The folder of the pages that nginx serves itself at public hosts (`unavailable_pages.py`).
    A host without a page, and every host if this is None, has a page without the look of a brand."""
    seconds_to_answer: int = 30
    """How long nginx waits for an answer of the application, and then for each further part of it."""
    health_port: int | None = None
    """The port of this machine at which nginx answers `/health/live` and `/health/ready`; None: nowhere. A unix socket
    would be left over when nginx is killed, and nginx would not start again. Without it, the requests that nginx
    refuses itself are not counted for Get Metrics."""
    trace_context: bool = False
    """Whether the application gets the header `traceparent`, which a load balancer in front of this nginx has set."""
    sandbox: SandboxProxy | None = None

    def render(self) -> str:
        environment = Environment(
            loader=FileSystemLoader(HERE),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=False,  # noqa: S701 - not HTML, and every value comes from the operator
        )
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        segments = "|".join(re.escape(segment) for segment in SEGMENTS)
        return environment.get_template("nginx.conf.j2").render(
            **fields,
            dropped=DROPPED,
            segments=segments,
            labels=FIRST_LABELS,
            operations=tuple(called_operations()),
            unavailable_stylesheet=STYLESHEET_PATH,
        )
