"""The HTTP clients of `haas.outbound`: one for each host, address, client certificate and proxy, up to a limit.

httpx keeps connections by address. A connection that was opened for one host, or with one certificate, must not be used
for another, so each of them has a client of its own.
"""

import secrets
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final, NamedTuple

import httpx
import msgspec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

MAXIMUM_IDLE_CLIENTS: Final = 128
LIMITS: Final = httpx.Limits(max_connections=64, max_keepalive_connections=16)


class TlsCredential(msgspec.Struct, frozen=True):
    """A certificate with its chain, and its private key, both in PEM, with which we authenticate to a server."""

    chain: str
    private_key: str

    @property
    def id(self) -> bytes:
        """The SHA-256 of the chain, which differs for each certificate."""
        return sha256(self.chain.encode()).digest()

    def __repr__(self) -> str:
        """Leave out the private key, because tracebacks and logs may contain this text."""
        return "TlsCredential()"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Leave out the private key for rich as well."""
        return []


class _Key(NamedTuple):
    host: str
    address: str | None
    credential: bytes
    proxy: str | None


class _Client:
    __slots__ = ("http", "open_requests")

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.open_requests = 0


class OutboundClients:
    """Opens clients when they are needed. If there are too many, closes the idle ones that were used least recently."""

    def __init__(self, trusted_roots: Path | None, certificate: tuple[Path, Path] | None) -> None:
        """Trust the system's roots and the given ones. `certificate` is for requests without a credential."""
        self._trusted_roots = trusted_roots
        self._context = _context(trusted_roots)
        if certificate is not None:
            self._context.load_cert_chain(*certificate)
        self._clients: dict[_Key, _Client] = {}

    @asynccontextmanager
    async def client(
        self, host: str, address: str | None, credential: TlsCredential | None, proxy: str | None = None
    ) -> AsyncIterator[httpx.AsyncClient]:
        """Yield the client for requests to a host at an address, or through a proxy, which then resolves the host.

        It is not closed before the end of the block.
        """
        key = _Key(host, address, credential.id if credential else b"", proxy)
        # The client that was used last is the last one of the dictionary.
        client = self._clients.pop(key, None) or _Client(_new_client(self._context_for(credential), proxy))
        self._clients[key] = client
        client.open_requests += 1
        try:
            yield client.http
        finally:
            client.open_requests -= 1
            await self._close_idle_clients()

    async def close(self) -> None:
        """Close every client."""
        while self._clients:
            _, client = self._clients.popitem()
            await client.http.aclose()

    async def _close_idle_clients(self) -> None:
        """If there are too many clients, close idle ones. A client with an open request is not closed."""
        excess = len(self._clients) - MAXIMUM_IDLE_CLIENTS
        if excess <= 0:
            return
        idle = [key for key, client in self._clients.items() if not client.open_requests]
        for client in [self._clients.pop(key) for key in idle[:excess]]:
            await client.http.aclose()

    def _context_for(self, credential: TlsCredential | None) -> ssl.SSLContext:
        if credential is None:
            return self._context
        context = _context(self._trusted_roots)
        _load(context, credential)
        return context


def close_if_tls_fails() -> Callable[[str, dict[str, Any]], Awaitable[None]]:
    """Return the extension `trace` for one request, which closes a connection whose TLS handshake does not succeed.

    httpcore closes it after an error, but not if the task is cancelled, as it is at the end of a time limit.
    """
    opened: list[Any] = []

    async def trace(event: str, details: dict[str, Any]) -> None:
        if event.endswith(".connect_tcp.complete"):
            opened.append(details["return_value"])
        elif event.endswith(".start_tls.failed"):
            await opened[-1].aclose()

    return trace


def _context(trusted_roots: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if trusted_roots is not None:
        context.load_verify_locations(trusted_roots)
    return context


def _load(context: ssl.SSLContext, credential: TlsCredential) -> None:
    """Load a credential. OpenSSL reads it from a file, so the private key is encrypted before it is written there.

    Raises ssl.SSLError if the private key cannot be read, or does not belong to the certificate.
    """
    password = secrets.token_bytes(32).hex()
    try:
        key = load_pem_private_key(credential.private_key.encode(), None)
    except (TypeError, ValueError) as error:
        raise ssl.SSLError("the private key of the client certificate cannot be read") from error
    encrypted = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password.encode()))
    with NamedTemporaryFile() as file:
        file.write(credential.chain.encode() + b"\n" + encrypted)
        file.flush()
        context.load_cert_chain(file.name, password=password)


def _new_client(context: ssl.SSLContext, proxy: str | None) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        verify=context,
        proxy=proxy,
        limits=LIMITS,
        follow_redirects=False,
        trust_env=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )
