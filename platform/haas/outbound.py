"""HTTP to the world outside: bounded in time and size, without redirects, with the sandbox's own name resolution."""

import fnmatch
import ssl
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from haas.errors import Unavailable
from haas.settings import Settings

TIMEOUT = httpx.Timeout(5.0, connect=3.0)
LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=16)
MAXIMUM_BODY_BYTES = 1024 * 1024


class OutboundError(Unavailable):
    """Another party did not answer, or not in a way that can be used. The message names the address and the reason."""


class Response:
    """What another party answered, read whole."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: httpx.Headers, body: bytes) -> None:
        """Keep the status, the headers, and the body."""
        self.status = status
        self.headers = headers
        self.body = body


class Outbound:
    """A client for addresses that others gave us: https only, no redirects, answers of a megabyte at most."""

    def __init__(self, settings: Settings, *, certificate: tuple[Path, Path] | None = None) -> None:
        """Make a client; `certificate` is a client certificate's chain and key for mutual TLS."""
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.trusted_roots is not None:
            context.load_verify_locations(settings.trusted_roots)
        if certificate is not None:
            context.load_cert_chain(*certificate)
        self._hosts = settings.host_map
        self._client = httpx.AsyncClient(
            verify=context, timeout=TIMEOUT, limits=LIMITS, follow_redirects=False, trust_env=False
        )

    async def __aenter__(self) -> Self:
        """Use the client until the block ends."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the client's connections."""
        await self.close()

    async def close(self) -> None:
        """Close the client's connections."""
        await self._client.aclose()

    async def get(self, url: str, *, headers: dict[str, str] | None = None) -> Response:
        """Fetch `url`. Raises OutboundError when no whole answer came."""
        return await self.request("GET", url, headers=headers)

    async def post_form(self, url: str, form: dict[str, str], *, headers: dict[str, str] | None = None) -> Response:
        """Post a form to `url`. Raises OutboundError when no whole answer came."""
        return await self.request("POST", url, headers=headers, form=form)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str] | None = None,
        form: dict[str, str] | None = None,
        content: bytes | None = None,
    ) -> Response:
        """Send a request and read the whole answer, whatever its status. Raises OutboundError."""
        try:
            target = httpx.URL(url)
        except (httpx.InvalidURL, TypeError) as error:
            raise OutboundError(f"{url!r} is not an address") from error
        if target.scheme != "https" or not target.host or target.userinfo:
            raise OutboundError(f"{url!r} is not an https address")
        target, mapped, extensions = self._mapped(target)
        try:
            async with self._client.stream(
                method, target, headers={**(headers or {}), **mapped}, data=form, content=content, extensions=extensions
            ) as response:
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > MAXIMUM_BODY_BYTES:
                        raise OutboundError(f"{url} answered with more than {MAXIMUM_BODY_BYTES} bytes")
                return Response(response.status_code, response.headers, bytes(body))
        except (httpx.HTTPError, ssl.SSLError, OSError) as error:
            raise OutboundError(f"{url} did not answer: {type(error).__name__} {error}") from error

    def _mapped(self, target: httpx.URL) -> tuple[httpx.URL, dict[str, str], dict[str, str]]:
        for pattern, address in self._hosts.items():
            if fnmatch.fnmatchcase(target.host, pattern):
                netloc = target.netloc.decode("ascii")
                return target.copy_with(host=address), {"Host": netloc}, {"sni_hostname": target.host}
        return target, {}, {}
