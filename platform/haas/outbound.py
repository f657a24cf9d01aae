"""HTTPS requests to other parties, with limits on time and size, and without redirects.

In the sandbox, a setting can map host names to addresses.
"""

import asyncio
import fnmatch
import ssl
from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

import httpx
import msgspec
import stamina

from haas.addresses import NoPublicAddress, public_address
from haas.circuit_breaker import CircuitBreaker
from haas.clock import Clock, SystemClock
from haas.errors import Unavailable
from haas.outbound_clients import OutboundClients, TlsCredential, close_if_tls_fails
from haas.outbound_metrics import OutboundMetrics, OutboundOutcome, Peer
from haas.settings import HTTPS_PORT, Settings
from haas.traces import span

MAXIMUM_BODY_BYTES = 1024 * 1024
MAXIMUM_PORT = 65535
SECONDS_BEFORE_A_RETRY: Final = 0.05
MAXIMUM_CIRCUITS: Final = 10_000
_SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
_NOT_CONNECTED: Final = (httpx.ConnectError, httpx.ConnectTimeout)
_CONNECTION_LOST: Final = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError, httpx.CloseError)
_SERVER_ERRORS: Final = 500


class OutboundError(Unavailable):
    """Another party did not answer, or its answer cannot be used. The message names the address and the reason."""

    is_late = False
    """Whether the reason is that a time limit was reached."""
    is_unsent = False
    """Whether no connection was opened, so that the server has certainly not received the request."""


class CircuitOpen(OutboundError):
    """The server has failed several times in a row, and nothing was sent (`haas.circuit_breaker`)."""


class CallOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of a call, and how the server is reached."""

    total_seconds: float = 10.0
    """The limit for the whole call with all its attempts, even if the bytes of the answer arrive slowly."""
    connect_seconds: float = 3.0
    silence_seconds: float = 5.0
    """The longest time without a byte of the answer."""
    maximum_bytes: int = MAXIMUM_BODY_BYTES
    """The limit for the body of the answer."""
    attempts: int = 1
    """How often the request may be sent. It is repeated only where that is safe; see `Outbound.request`."""
    circuit_breaker: bool = False
    """Whether failures of this call count for the circuit of the server, and an open circuit refuses the call."""
    private_hosts: frozenset[str] = frozenset()
    """Hosts that may have an address in a private network. Only the provider's staff may enter them."""
    allow_any_address: bool = False
    """Whether the host may have any address, even one of this machine. Only for a URL in the deployment's settings."""
    proxy: str | None = None
    """The URL of the proxy through which the server is reached, without credentials. The proxy then resolves the host.
    Only the provider's staff may enter it."""
    title: str | None = None
    """What errors name instead of the URL. Set it if the URL contains personal data."""
    peer: Peer = "other"
    """What kind of server it is, for metrics and traces."""
    credential: TlsCredential | None = None
    """The client certificate for mutual TLS. None: the one of the `Outbound` object, if it has one."""


class OutboundResponse:
    """A complete answer of another party."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: httpx.Headers, body: bytes) -> None:
        """Keep the status, the headers, and the body."""
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> bytes:
        """The body without the byte order mark that some servers send, ready to be decoded as JSON (RFC 8259 8.1)."""
        return self.body.removeprefix(BOM_UTF8)


class _Request(NamedTuple):
    method: str
    url: httpx.URL
    headers: Mapping[str, str]
    form: dict[str, str] | None
    content: bytes | None


class _NotAnswered(Exception):
    """An attempt failed before a byte of the answer arrived, and may be repeated. Its cause is the error of httpx."""


class Outbound:
    """A client for URLs that other parties gave us: https only, no redirects, and limits on time and size.

    In production it connects to public addresses only, unless the options of a call permit more.
    """

    def __init__(
        self, settings: Settings, *, certificate: tuple[Path, Path] | None = None, clock: Clock | None = None
    ) -> None:
        """Make a client. `certificate` is the chain and the key of a client certificate for mutual TLS."""
        self._clients = OutboundClients(settings.trusted_roots, certificate)
        self._hosts = settings.host_map
        self._public_only = settings.environment == "production"
        self._clock = clock or SystemClock()
        self._circuits: dict[tuple[Peer, str, bytes], CircuitBreaker] = {}
        self.metrics: Final = OutboundMetrics(self._open_circuits)

    async def __aenter__(self) -> Self:
        """Return this client; it is closed at the end of the block."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the client's connections."""
        await self.close()

    async def close(self) -> None:
        """Close the client's connections."""
        await self._clients.close()

    async def get(
        self, url: str, *, headers: dict[str, str] | None = None, options: CallOptions | None = None
    ) -> OutboundResponse:
        """Send a GET request to `url`. Raises OutboundError when there is no complete answer."""
        return await self.request("GET", url, headers=headers, options=options)

    async def post_form(
        self, url: str, form: dict[str, str], *, headers: dict[str, str] | None = None
    ) -> OutboundResponse:
        """Send a form to `url` with POST. Raises OutboundError when there is no complete answer."""
        return await self.request("POST", url, headers=headers, form=form)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str] | None = None,
        form: dict[str, str] | None = None,
        content: bytes | None = None,
        options: CallOptions | None = None,
    ) -> OutboundResponse:
        """Send a request and return the complete answer with any status. Raises OutboundError.

        If `options.attempts` permits it, the request is sent again when no connection could be opened, and for GET and
        HEAD also when the connection was lost before the first byte of the answer. It is never sent again after a byte
        of the answer, or after the server was silent for too long. Raises CircuitOpen if `options.circuit_breaker` is
        set and the server has failed several times in a row.
        """
        options = options or CallOptions()
        shown = options.title or url
        request = _Request(method, https_url(url), headers or {}, form, content)
        outcome: OutboundOutcome = "failed"
        started = perf_counter()
        try:
            with span("outbound", options.peer):
                response = await self._send_if_admitted(shown, request, options)
            outcome = "answered" if response.status < _SERVER_ERRORS else "server_error"
        except CircuitOpen:
            outcome = "not_sent"
            raise
        finally:
            self.metrics.add(options.peer, outcome, perf_counter() - started)
        return response

    async def _send_if_admitted(self, shown: str, request: _Request, options: CallOptions) -> OutboundResponse:
        if not options.circuit_breaker:
            return await self._send_within_limits(shown, request, options)
        circuit = self._circuit(request.url, options)
        if not circuit.admit():
            raise CircuitOpen(f"{shown} was not requested: its server has failed several times in a row")
        try:
            response = await self._send_within_limits(shown, request, options)
        except OutboundError:
            circuit.record(success=False)
            raise
        except BaseException:
            circuit.abandon()
            raise
        circuit.record(success=response.status < _SERVER_ERRORS)
        return response

    def _open_circuits(self) -> Iterable[Peer]:
        return [peer for (peer, *_), circuit in list(self._circuits.items()) if circuit.is_open]

    def _circuit(self, target: httpx.URL, options: CallOptions) -> CircuitBreaker:
        """Return the circuit of a server for a client certificate: a certificate can be the reason of the failures."""
        server = f"{target.host}:{target.port or HTTPS_PORT}"
        key = options.peer, server, options.credential.id if options.credential else b""
        circuit = self._circuits.pop(key, None) or CircuitBreaker(self._clock)
        self._circuits[key] = circuit
        if len(self._circuits) > MAXIMUM_CIRCUITS:
            del self._circuits[next(iter(self._circuits))]  # the one that was used least recently
        return circuit

    async def _send_within_limits(self, shown: str, request: _Request, options: CallOptions) -> OutboundResponse:
        try:
            async with asyncio.timeout(options.total_seconds):
                return await self._send_with_retries(request, options)
        except NoPublicAddress as error:
            raise OutboundError(f"{shown} was not requested: {error}") from error
        except _NotAnswered as error:
            raise _no_answer(shown, error.__cause__ or error) from error.__cause__
        except (
            httpx.HTTPError,
            ssl.SSLError,
            OSError,
            UnicodeError,
        ) as error:  # UnicodeError: the host is not a DNS name
            raise _no_answer(shown, error) from error

    async def _send_with_retries(self, request: _Request, options: CallOptions) -> OutboundResponse:
        if options.attempts == 1:
            return await self._send_once(request, options)
        async for attempt in stamina.retry_context(
            on=_NotAnswered,
            attempts=options.attempts,
            timeout=None,  # `_send_within_limits` limits the time of all attempts
            wait_initial=SECONDS_BEFORE_A_RETRY,
            wait_jitter=SECONDS_BEFORE_A_RETRY,
        ):
            with attempt:
                return await self._send_once(request, options)
        raise AssertionError("the last attempt returns or raises")

    async def _send_once(self, request: _Request, options: CallOptions) -> OutboundResponse:
        """Send the request once. Raises _NotAnswered if it failed and may be sent again."""
        host = request.url.host
        address = await self._address(request.url, options)
        target, headers = request.url, dict(request.headers)
        extensions: dict[str, Any] = {"trace": close_if_tls_fails()}
        if address is not None:
            target = target.copy_with(host=address)
            headers["Host"] = request.url.netloc.decode("ascii")
            extensions["sni_hostname"] = host
        # No compression: a small answer could become too large when it is decompressed.
        headers["Accept-Encoding"] = "identity"
        timeout = httpx.Timeout(options.silence_seconds, connect=options.connect_seconds)
        async with self._clients.client(host, address, options.credential, options.proxy) as client:
            sent = client.build_request(
                request.method,
                target,
                headers=headers,
                data=request.form,
                content=request.content,
                extensions=extensions,
                timeout=timeout,
            )
            try:
                response = await client.send(sent, stream=True)
            except _NOT_CONNECTED as error:
                raise _NotAnswered from error
            except _CONNECTION_LOST as error:
                if request.method in _SAFE_METHODS:
                    raise _NotAnswered from error
                raise
            try:
                body = await _body(response, options)
            finally:
                await response.aclose()
        return OutboundResponse(response.status_code, response.headers, body)

    async def _address(self, target: httpx.URL, options: CallOptions) -> str | None:
        """Return the address to connect to, or None if httpx may resolve the host. Raises NoPublicAddress."""
        host = target.host
        mapped = next((to for pattern, to in self._hosts.items() if fnmatch.fnmatchcase(host, pattern)), None)
        if options.proxy is not None:
            return None
        if mapped is not None or not self._public_only or options.allow_any_address:
            return mapped
        return await public_address(host, target.port or HTTPS_PORT, private_too=host in options.private_hosts)


def https_url(url: str) -> httpx.URL:
    """Parse an https URL that has a host and no credentials. Raises OutboundError for any other text."""
    try:
        target = httpx.URL(url)
        host = target.host  # decodes an IDNA host, `xn--…` (RFC 5891 4.4), and may raise UnicodeError
    except (httpx.InvalidURL, TypeError, UnicodeError) as error:
        raise OutboundError(f"{url!r} is not a URL") from error
    if target.scheme != "https" or not host or target.userinfo or (target.port or 0) > MAXIMUM_PORT:
        raise OutboundError(f"{url!r} is not an https URL with a host, a valid port and no user name")
    return target


def _no_answer(shown: str, error: BaseException) -> OutboundError:
    """Return the error for a request without a complete answer."""
    found = OutboundError(f"{shown} did not answer: {type(error).__name__} {error}".rstrip())
    found.is_late = isinstance(error, TimeoutError | httpx.TimeoutException)
    found.is_unsent = isinstance(error, _NOT_CONNECTED)
    return found


async def _body(response: httpx.Response, options: CallOptions) -> bytes:
    shown, maximum_bytes = options.title or str(response.url), options.maximum_bytes
    encoding = response.headers.get("content-encoding", "identity")
    if encoding != "identity":
        raise OutboundError(f"{shown} answered with content encoding {encoding[:20]}, which was not requested")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > maximum_bytes:
            raise OutboundError(f"{shown} answered with more than {maximum_bytes} bytes")
    return bytes(body)
