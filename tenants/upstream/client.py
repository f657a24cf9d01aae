"""Calls of the retailer's own server, with mutual TLS, a JWT or an access token, and limits on time and size.

The paths contain ids of the retailer. So no URI is in a log or in an error.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

import httpx
import msgspec

from haas.clock import Clock, epoch
from haas.jose import sign
from haas.outbound import CallOptions, Outbound, OutboundError, OutboundResponse
from tenants.keys.service import Keyring
from tenants.registry.models import Tenant, UpstreamServer
from tenants.upstream.access import UpstreamAccess, UpstreamAccesses
from tenants.upstream.errors import (
    UpstreamBusy,
    UpstreamNotAuthenticated,
    UpstreamNotConfigured,
    UpstreamTimedOut,
    UpstreamUnavailable,
    UpstreamWithheld,
)
from tenants.upstream.messages import UpstreamProblem
from tenants.upstream.operations import CLOSED, MEBIBYTE, REFUSED, UNKNOWN, UpstreamOperation

logger = logging.getLogger(__name__)

CONNECT_SECONDS: Final = 1.0
MARGIN_SECONDS: Final = 0.3
"""How much earlier than the limit of its performance tier a call must be answered by the server (C-X8)."""
ATTEMPTS: Final = 2
JWT_LIFETIME: Final = timedelta(seconds=60)
DEFAULT_SECONDS_TO_RETRY: Final = 10
LONGEST_SECONDS_TO_RETRY: Final = 300
_OK, _UNAUTHORIZED, _FORBIDDEN, _TOO_MANY, _SERVER_ERROR, _GATEWAY_TIMEOUT = 200, 401, 403, 429, 500, 504
_decode_problem = msgspec.json.Decoder(UpstreamProblem).decode


class UpstreamCall:
    """The requests that one call of a recipient, or one question to the directory, needs. They share one time limit."""

    def __init__(
        self,
        client: "UpstreamClient",
        tenant: Tenant,
        *,
        seconds: float,
        interaction_id: str,
        arrangement_id: UUID | None,
        customer_present: bool,
    ) -> None:
        """The time limit begins now. See `UpstreamClient.call`."""
        self._client = client
        self._tenant = tenant
        self._until = asyncio.get_running_loop().time() + seconds
        self._headers = {
            "Accept": "application/json",
            "User-Agent": "holder-as-a-service",
            "x-fapi-interaction-id": interaction_id,
            "x-haas-customer-present": "true" if customer_present else "false",
        }
        if arrangement_id is not None:
            self._headers["x-cds-arrangement"] = str(arrangement_id)

    async def ask(
        self,
        operation: UpstreamOperation,
        *ids: str,
        query: Mapping[str, str] | None = None,
        body: msgspec.Struct | None = None,
        authorization: str | None = None,
    ) -> bytes:
        """Return the body of the response to a request. `ids` are the parameters of the path, in their order.

        `authorization` replaces the right Authorization header, to check that the server refuses it.

        Raises UpstreamWithheld if the server does not give the data, and UpstreamUnavailable or one of its subclasses
        if there is no answer that can be used.
        """
        target = path_of(operation, *ids) + (f"?{urlencode(query)}" if query else "")
        content = None if body is None else msgspec.json.encode(body)
        return await self._client.send(
            self._tenant,
            operation,
            target,
            headers=self._headers,
            content=content,
            until=self._until,
            authorization=authorization,
        )


class UpstreamClient:
    """The client of the servers of all tenants."""

    def __init__(self, outbound: Outbound, accesses: UpstreamAccesses, keyring: Keyring, clock: Clock) -> None:
        """Nothing is sent before the first call."""
        self._outbound = outbound
        self._accesses = accesses
        self._keyring = keyring
        self._clock = clock

    def call(
        self,
        tenant: Tenant,
        *,
        seconds: float,
        interaction_id: str | None = None,
        arrangement_id: UUID | None = None,
        customer_present: bool = True,
    ) -> UpstreamCall:
        """Begin a call for a tenant, which ends after `seconds`. Without an interaction id it gets a new one."""
        return UpstreamCall(
            self,
            tenant,
            seconds=seconds,
            interaction_id=interaction_id or str(uuid4()),
            arrangement_id=arrangement_id,
            customer_present=customer_present,
        )

    async def send(
        self,
        tenant: Tenant,
        operation: UpstreamOperation,
        target: str,
        *,
        headers: Mapping[str, str],
        content: bytes | None,
        until: float,
        authorization: str | None = None,
    ) -> bytes:
        """Send one request. `target` is the path with its query, `until` the time limit. See `UpstreamCall.ask`."""
        server = tenant.settings.upstream
        if server is None:
            raise UpstreamNotConfigured(f"{tenant.slug} has no server of the retailer; `haas tenant set --upstream`")
        access = await self._accesses.of(tenant)
        uri = server.base_uri.rstrip("/") + target
        try:
            if authorization is None:
                authorization = await self._authorization(tenant, server, access, uri.partition("?")[0], until)
            sent = {**headers, "Authorization": authorization}
            if content is not None:
                sent["Content-Type"] = "application/json"
            options = _options(tenant, access, operation.maximum_bytes, until)
            response = await self._outbound.request(
                operation.method, uri, headers=sent, content=content, options=options
            )
        except (OutboundError, TimeoutError) as error:
            raise _no_answer(operation, error) from None  # the message of the cause has the URI
        if response.status != _OK:
            self._raise_for_status(tenant, operation, response)
        return response.json

    async def _authorization(
        self, tenant: Tenant, server: UpstreamServer, access: UpstreamAccess, audience: str, until: float
    ) -> str:
        """Return the Authorization header: a JWT of the tenant for this URI, or an access token of the retailer."""
        if server.authentication == "client-credentials":
            options = _options(tenant, access, MEBIBYTE, until)
            return f"Bearer {await self._accesses.token(tenant, server, access, options)}"
        return f"Bearer {await signed_jwt(self._keyring, tenant, audience, self._clock.now())}"

    def _raise_for_status(self, tenant: Tenant, operation: UpstreamOperation, response: OutboundResponse) -> None:
        """Raise the error for a response that is not a success (C-X6)."""
        status, details = response.status, {"operation": operation.name, "status": response.status}
        problem = _problem(response)
        if status == REFUSED and problem.refused:
            raise UpstreamWithheld(operation.name, "refused", problem.reason)
        if status == UNKNOWN and UNKNOWN in operation.problems:
            raise UpstreamWithheld(operation.name, "unknown")
        if status == CLOSED and CLOSED in operation.problems:
            raise UpstreamWithheld(operation.name, "closed")
        if status == _TOO_MANY:
            logger.warning("upstream.throttled", extra=details)
            raise UpstreamBusy(f"{operation.name}: too many requests", seconds_to_retry=_seconds_to_retry(response))
        if status in {_UNAUTHORIZED, _FORBIDDEN}:
            self._accesses.forget_token(tenant)
            logger.error("upstream.not_authenticated", extra=details)
            raise UpstreamNotAuthenticated(f"{operation.name}: the server has not accepted the credentials ({status})")
        if status == _GATEWAY_TIMEOUT:
            raise UpstreamTimedOut(f"{operation.name}: the server answered {status}")
        if status < _SERVER_ERROR:
            logger.error("upstream.unexpected_answer", extra=details)
        raise UpstreamUnavailable(f"{operation.name}: the server answered {status}")


async def signed_jwt(
    keyring: Keyring, tenant: Tenant, audience: str, now: datetime, lifetime: timedelta = JWT_LIFETIME
) -> str:
    """Return the JWT with which a tenant authenticates for a URI without its query (C-X5)."""
    key = await keyring.signing_key(tenant, "PS256")
    claims = {
        "iss": tenant.issuer,
        "sub": tenant.issuer,
        "aud": audience,
        "iat": epoch(now),
        "exp": epoch(now + lifetime),
        "jti": str(uuid4()),
    }
    return sign(claims, key, typ="JWT")


def _options(tenant: Tenant, access: UpstreamAccess, maximum_bytes: int, until: float) -> CallOptions:
    """Return the limits of a request that must end at `until`. Raises TimeoutError if that time is over."""
    seconds = until - asyncio.get_running_loop().time()
    if seconds <= 0:
        raise TimeoutError
    return CallOptions(
        total_seconds=seconds,
        connect_seconds=min(CONNECT_SECONDS, seconds),
        silence_seconds=seconds,
        maximum_bytes=maximum_bytes,
        attempts=ATTEMPTS,
        circuit_breaker=True,
        peer="upstream",
        private_hosts=tenant.settings.private_hosts,
        credential=access.certificate,
    )


def path_of(operation: UpstreamOperation, *ids: str) -> str:
    """Return the path of an operation with its parameters filled in. Raises ValueError if their number differs."""
    parts = operation.path.split("/")
    values = iter(ids)
    filled = [quote(next(values, ""), safe="") if part.startswith("{") else part for part in parts]
    if next(values, None) is not None or "" in filled[1:]:
        raise ValueError(f"{operation.name} has other parameters")
    return "/".join(filled)


def _no_answer(operation: UpstreamOperation, error: Exception) -> UpstreamUnavailable:
    """Return the error for a request that was not answered. It names the kind of the cause only."""
    cause = error.__cause__ or error
    details: dict[str, Any] = {"operation": operation.name, "reason": type(cause).__name__}
    logger.warning("upstream.not_answered", extra=details)
    kind = UpstreamTimedOut if isinstance(cause, TimeoutError | httpx.TimeoutException) else UpstreamUnavailable
    return kind(f"{operation.name}: no answer ({type(cause).__name__})")


def _problem(response: OutboundResponse) -> UpstreamProblem:
    try:
        return _decode_problem(response.json)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return UpstreamProblem()


def _seconds_to_retry(response: OutboundResponse) -> int:
    """Return the value of Retry-After in seconds, within bounds. A date counts as no value (RFC 9110 10.2.3)."""
    given = response.headers.get("retry-after", "").strip()
    seconds = int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else DEFAULT_SECONDS_TO_RETRY  # noqa: PLR2004
    return min(max(seconds, 1), LONGEST_SECONDS_TO_RETRY)
