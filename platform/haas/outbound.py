"""HTTPS requests to other parties, with limits on time and size, and without redirects.

In the sandbox, a setting can map host names to addresses.
"""

import asyncio
import fnmatch
import ssl
from codecs import BOM_UTF8
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from haas.addresses import NoPublicAddress, public_address
from haas.errors import Unavailable
from haas.settings import HTTPS_PORT, Settings

TOTAL_TIMEOUT_SECONDS = 10.0  # the limit for the whole answer, even if its bytes arrive slowly
TIMEOUT = httpx.Timeout(5.0, connect=3.0)
LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=16)
MAXIMUM_BODY_BYTES = 1024 * 1024
MAXIMUM_PORT = 65535


class OutboundError(Unavailable):
    """Another party did not answer, or its answer cannot be used. The message names the address and the reason."""


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


class Outbound:
    """A client for URLs that other parties gave us: https only, no redirects, answers of at most one megabyte.

    In production it connects to public addresses only.
    """

    def __init__(self, settings: Settings, *, certificate: tuple[Path, Path] | None = None) -> None:
        """Make a client. `certificate` is the chain and the key of a client certificate for mutual TLS."""
        self._context = ssl.create_default_context()
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.trusted_roots is not None:
            self._context.load_verify_locations(settings.trusted_roots)
        if certificate is not None:
            self._context.load_cert_chain(*certificate)
        self._hosts = settings.host_map
        self._public_only = settings.environment == "production"
        self._client = self._new_client()
        # httpx pools connections by address. A connection that was opened for one name must not be used for another.
        self._clients_of_hosts: dict[str, httpx.AsyncClient] = {}

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
        for client in (self._client, *self._clients_of_hosts.values()):
            await client.aclose()

    async def get(self, url: str, *, headers: dict[str, str] | None = None) -> OutboundResponse:
        """Send a GET request to `url`. Raises OutboundError when there is no complete answer."""
        return await self.request("GET", url, headers=headers)

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
        allow_private_addresses: bool = False,
    ) -> OutboundResponse:
        """Send a request and return the complete answer with any status. Raises OutboundError.

        `allow_private_addresses` is only for a URL that the operator has configured.
        """
        target = https_url(url)
        try:
            async with asyncio.timeout(TOTAL_TIMEOUT_SECONDS):
                client, target, host_header, extensions = await self._route(
                    target, allow_private_addresses=allow_private_addresses
                )
                # No compression: a small answer could become too large when it is decompressed.
                headers = {**(headers or {}), **host_header, "Accept-Encoding": "identity"}
                async with client.stream(
                    method, target, headers=headers, data=form, content=content, extensions=extensions
                ) as response:
                    return OutboundResponse(response.status_code, response.headers, await _body(response))
        except NoPublicAddress as error:
            raise OutboundError(f"{url} was not requested: {error}") from error
        except (httpx.HTTPError, ssl.SSLError, OSError, UnicodeError) as error:  # UnicodeError: not a DNS name
            raise OutboundError(f"{url} did not answer: {type(error).__name__} {error}".rstrip()) from error

    async def _route(
        self, target: httpx.URL, *, allow_private_addresses: bool
    ) -> tuple[httpx.AsyncClient, httpx.URL, dict[str, str], dict[str, str]]:
        """Return the client, the URL with the address to connect to, the Host header, and the SNI extension."""
        host = target.host
        address = next((to for pattern, to in self._hosts.items() if fnmatch.fnmatchcase(host, pattern)), None)
        if address is None and self._public_only and not allow_private_addresses:
            address = await public_address(host, target.port or HTTPS_PORT)
        if address is None:
            return self._client, target, {}, {}
        client = self._clients_of_hosts.get(host)
        if client is None:
            client = self._clients_of_hosts[host] = self._new_client()
        host_header = {"Host": target.netloc.decode("ascii")}
        return client, target.copy_with(host=address), host_header, {"sni_hostname": host}

    def _new_client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            verify=self._context,
            timeout=TIMEOUT,
            limits=LIMITS,
            follow_redirects=False,
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )


def https_url(url: str) -> httpx.URL:
    """Parse an https URL that has a host and no credentials. Raises OutboundError for any other text."""
    try:
        target = httpx.URL(url)
        host = target.host  # decodes an IDNA host, `xn--…` (RFC 5891 4.4), and may raise UnicodeError
    except (httpx.InvalidURL, TypeError, UnicodeError) as error:
        raise OutboundError(f"{url!r} is not a URL") from error
    if target.scheme != "https" or not host or target.userinfo or (target.port or 0) > MAXIMUM_PORT:
        raise OutboundError(f"{url!r} is not an https URL")
    return target


async def _body(response: httpx.Response) -> bytes:
    encoding = response.headers.get("content-encoding", "identity")
    if encoding != "identity":
        raise OutboundError(f"{response.url} answered with content encoding {encoding[:20]}, which was not requested")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAXIMUM_BODY_BYTES:
            raise OutboundError(f"{response.url} answered with more than {MAXIMUM_BODY_BYTES} bytes")
    return bytes(body)
