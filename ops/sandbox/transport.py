"""HTTP clients that resolve host names with a map of addresses and can use a client certificate."""

import fnmatch
import ssl
import tempfile
from collections.abc import Mapping
from pathlib import Path

import httpx

TIMEOUT = httpx.Timeout(15.0, connect=5.0)


class HostMappedTransport(httpx.AsyncBaseTransport):
    """Connects to the mapped address of a host and sends the host's own name in SNI and Host.

    Each host has its own connections: httpx pools connections by address, and the proxy answers 421 to a request for
    another host than the one for which the connection was opened.
    """

    def __init__(self, hosts: Mapping[str, str], context: ssl.SSLContext, *, connections: int = 16) -> None:
        """`hosts` maps host names to addresses. The names may be patterns such as `*.haas.localhost`."""
        self._hosts = dict(hosts)
        self._context = context
        self._limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._transports: dict[str, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request to the mapped address of its host, or to the host itself when the map has no entry."""
        name = request.url.host
        transport = self._transports.get(name)
        if transport is None:
            transport = self._transports[name] = httpx.AsyncHTTPTransport(verify=self._context, limits=self._limits)
        address = next((self._hosts[pattern] for pattern in self._hosts if fnmatch.fnmatchcase(name, pattern)), None)
        if address is not None:
            # The original request must not be changed: the client reads its host to assign cookies.
            request = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": name},
            )
        return await transport.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections to every host."""
        for transport in self._transports.values():
            await transport.aclose()


def tls_context(trusted_roots: Path | None = None, certificate: tuple[bytes, bytes] | None = None) -> ssl.SSLContext:
    """Return a context that verifies servers; `certificate` is a client's chain and key in PEM, for mutual TLS."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if trusted_roots is not None:
        context.load_verify_locations(trusted_roots)
    if certificate is not None:
        # The ssl module reads certificates from files only; this file is deleted as soon as it was read.
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"\n".join((certificate[1], certificate[0])))
            file.flush()
            context.load_cert_chain(file.name)
    return context


def http_client(
    *,
    hosts: Mapping[str, str],
    trusted_roots: Path | None = None,
    certificate: tuple[bytes, bytes] | None = None,
    connections: int = 16,
) -> httpx.AsyncClient:
    """Return a client for the product's hosts: no redirects, no proxy from the environment, `connections` per host."""
    transport = HostMappedTransport(hosts, tls_context(trusted_roots, certificate), connections=connections)
    return httpx.AsyncClient(transport=transport, timeout=TIMEOUT, follow_redirects=False, trust_env=False)
