"""Responses sent before a request is routed: for unknown hosts, and for connections without a client certificate."""

from typing import Final

from apps.http.context import RequestContext
from apps.http.errors import (
    SECONDS_TO_RETRY,
    CdsErrorResponse,
    OAuthErrorResponse,
    cds_body,
    certificate_error_response,
    oauth_body,
    unavailable_response,
)
from apps.http.json_responses import INTERACTION_ID
from haas.http import AsgiApplication, AsgiReceive, AsgiScope, AsgiSend

_REASONS: Final = {
    b"certificate-missing": "A client certificate of the CDR CA is required.",
    b"certificate-invalid": "The client certificate is expired, revoked, or not of the CDR CA.",
}
_NOT_FOUND: Final = 404
_JSON: Final = b"application/json"


async def not_found(_scope: AsgiScope, _receive: AsgiReceive, send: AsgiSend) -> None:
    """Respond with 404 and no content: the host belongs to no tenant, or its surface serves nothing yet."""
    await _send(send, _NOT_FOUND, b"text/plain", b"")


async def unavailable(_scope: AsgiScope, _receive: AsgiReceive, send: AsgiSend) -> None:
    """Respond with 503 in the shape of the standards: the registry cannot be read, so the tenant is unknown."""
    refused: CdsErrorResponse = unavailable_response()
    retry = (b"retry-after", SECONDS_TO_RETRY.encode())
    await _send(send, refused.status, _JSON, cds_body(refused.kind, refused.detail), retry)


def certificate_refused(context: RequestContext, reason: bytes) -> AsgiApplication:
    """Return the response for a client certificate that is missing or that the proxy has refused."""
    refused: OAuthErrorResponse = certificate_error_response(
        context, _REASONS.get(reason, _REASONS[b"certificate-invalid"])
    )
    body = oauth_body(refused.code, refused.description)
    interaction_id = (INTERACTION_ID.encode(), context.interaction_id.encode())

    async def refuse(_scope: AsgiScope, _receive: AsgiReceive, send: AsgiSend) -> None:
        await _send(send, refused.status, _JSON, body, interaction_id)

    return refuse


async def _send(send: AsgiSend, status: int, content_type: bytes, body: bytes, *more: tuple[bytes, bytes]) -> None:
    headers = [
        (b"content-type", content_type),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        *more,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
