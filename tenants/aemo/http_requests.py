"""Sends one request to AEMO's e-Hub: its address, headers, authentication and limits of time and size (C-A2, C-A9)."""

import asyncio
from typing import Final
from urllib.parse import urlencode, urlsplit

from haas.clock import Clock
from haas.outbound import CallOptions, Outbound, OutboundResponse
from haas.outbound_clients import TlsCredential
from tenants.aemo.authentication import AemoAuthentication
from tenants.aemo.models import AemoCall, AemoRequest
from tenants.market.models import MarketCredentials, ParticipantKey

CONNECT_SECONDS: Final = 1.0
MAXIMUM_ANSWER_BYTES: Final = 16 * 1024 * 1024
"""A page of 1,000 reads of five-minute intervals has about two megabytes."""
USER_AGENT: Final = "holder-as-a-service"
_SECONDS_FOR_THE_ERROR: Final = 0.02
"""The time that is left to report that AEMO was late."""


class AemoHttp:
    """Sends requests with the credentials of participants. It knows no limits of a participant."""

    def __init__(self, outbound: Outbound, clock: Clock) -> None:
        """Send the requests with `outbound`."""
        self._outbound = outbound
        self._authentication = AemoAuthentication(outbound, clock)

    async def ask(
        self, credentials: MarketCredentials, request: AemoRequest, call: AemoCall, *, circuit_breaker: bool = False
    ) -> OutboundResponse:
        """Send a request, and return the answer with any status. Raises OutboundError, TokenRefused."""
        options = _options(credentials, request, call, circuit_breaker=circuit_breaker)
        return await self._outbound.request(
            request.method,
            _url(credentials.participant.base_uri, request),
            headers={**_headers(request, call), **await self._authentication.headers(credentials, options)},
            content=request.body,
            options=options,
        )

    def forget_token(self, participant: ParticipantKey) -> None:
        """Ask for a new access token before the next request, because AEMO has refused the last one."""
        self._authentication.forget_token(participant)


def seconds_left(call: AemoCall) -> float:
    """Return the seconds until the call must have its answer. They can be negative."""
    return call.deadline - asyncio.get_running_loop().time()


def _options(
    credentials: MarketCredentials, request: AemoRequest, call: AemoCall, *, circuit_breaker: bool
) -> CallOptions:
    return CallOptions(
        total_seconds=max(seconds_left(call) - _SECONDS_FOR_THE_ERROR, 0.0),
        connect_seconds=CONNECT_SECONDS,
        silence_seconds=max(seconds_left(call), 0.0),
        maximum_bytes=MAXIMUM_ANSWER_BYTES,
        attempts=2 if request.method == "GET" else 1,
        circuit_breaker=circuit_breaker,  # each participant has a certificate, and so a circuit, of its own
        private_hosts=call.private_hosts,
        proxy=credentials.participant.proxy_uri,
        title=f"AEMO's operation {request.operation}",
        peer="aemo",
        credential=TlsCredential(credentials.participant.certificate, credentials.secrets.key),
    )


def _headers(request: AemoRequest, call: AemoCall) -> dict[str, str]:
    """Return the headers of C-A2. Headers of the recipient are never passed on, except the interaction id."""
    headers = {
        "x-v": str(request.version),
        "x-fapi-interaction-id": call.interaction_id,
        "Accept": "application/json",
        "User-Agent": USER_AGENT,
    }
    if call.market_header is not None:
        headers["X-market"] = call.market_header
    if call.arrangement_id is not None:
        headers["x-cds-arrangement"] = str(call.arrangement_id)
    if request.body is not None:
        headers["Content-Type"] = "application/json"
    return {**headers, **request.headers}


def _url(base_uri: str, request: AemoRequest) -> str:
    if request.is_at_the_root:
        parts = urlsplit(base_uri)
        base_uri = f"{parts.scheme}://{parts.netloc}"
    query = f"?{urlencode(request.parameters)}" if request.parameters else ""
    return base_uri.rstrip("/") + request.path + query
