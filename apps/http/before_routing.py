"""Answers given before a request is routed: to unknown hosts, and to connections without a client certificate."""

from typing import Final

from apps.http.context import RequestContext
from apps.http.errors import (
    SECONDS_TO_RETRY,
    CdsAnswer,
    OAuthAnswer,
    cds_body,
    certificate_answer,
    oauth_body,
    unavailable_answer,
)
from apps.http.json_answers import INTERACTION_ID
from haas.http import AsgiApplication, AsgiReceive, AsgiScope, AsgiSend

_REASONS: Final = {
    b"certificate-missing": "A client certificate of the CDR CA is required.",
    b"certificate-invalid": "The client certificate is expired, revoked, or not of the CDR CA.",
}
_NOT_FOUND: Final = 404
_JSON: Final = b"application/json"


async def not_found(_scope: AsgiScope, _receive: AsgiReceive, send: AsgiSend) -> None:
    """Answer a bare 404: the host is no tenant's, or the surface serves nothing yet."""
    await _send(send, _NOT_FOUND, b"text/plain", b"")


async def unavailable(_scope: AsgiScope, _receive: AsgiReceive, send: AsgiSend) -> None:
    """Answer 503 in the shape of the Consumer Data Standards: the registry cannot be read, so the tenant is unknown."""
    refused: CdsAnswer = unavailable_answer()
    retry = (b"retry-after", SECONDS_TO_RETRY.encode())
    await _send(send, refused.status, _JSON, cds_body(refused.kind, refused.detail), retry)


def certificate_refused(context: RequestContext, reason: bytes) -> AsgiApplication:
    """Return the answer to a request whose client certificate is missing, or was refused by the proxy."""
    refused: OAuthAnswer = certificate_answer(context, _REASONS.get(reason, _REASONS[b"certificate-invalid"]))
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
