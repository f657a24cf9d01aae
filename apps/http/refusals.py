"""Answers given before any route: to hosts that are nobody's, without a certificate, while the registry is away."""

import msgspec

from apps.http.context import RequestContext
from haas.http import AsgiApplication, AsgiReceive, AsgiScope, AsgiSend
from tenants.cds.errors import SERVICE_UNAVAILABLE, ErrorType

BAD_REQUEST = 400
_REASONS = {
    b"certificate-missing": "A client certificate of the CDR CA is required.",
    b"certificate-invalid": "The client certificate is expired, revoked, or not of the CDR CA.",
}


async def not_found(_scope: AsgiScope, _receive: AsgiReceive, send: AsgiSend) -> None:
    """Answer a bare 404: the host is not a tenant's, or the surface has nothing."""
    await _answer(send, 404, b"text/plain", b"")


async def unavailable(_scope: AsgiScope, _receive: AsgiReceive, send: AsgiSend) -> None:
    """Answer 503 in the shape of the resource APIs: whose request it is cannot be told now."""
    await _answer(send, 503, b"application/json", cds_body(SERVICE_UNAVAILABLE, "Try again soon."))


def certificate_refused(context: RequestContext, reason: bytes) -> AsgiApplication:
    """Return the answer to a request whose client certificate is missing or was refused.

    An OAuth error (RFC 6749 5.2), since no access token was looked at; 400, as nginx counts it.
    """
    context.operation = "clientCertificate"
    context.error = "invalid_client"
    detail = _REASONS.get(reason, _REASONS[b"certificate-invalid"])
    body = msgspec.json.encode({"error": "invalid_client", "error_description": detail})

    async def refused(_scope: AsgiScope, _receive: AsgiReceive, send: AsgiSend) -> None:
        await _answer(send, BAD_REQUEST, b"application/json", body)

    return refused


def cds_body(kind: ErrorType, detail: str) -> bytes:
    """Return the CDS error payload of one error (CDS, Payload Conventions)."""
    return msgspec.json.encode({"errors": [{"code": kind.urn, "title": kind.title, "detail": detail}]})


async def _answer(send: AsgiSend, status: int, content_type: bytes, body: bytes) -> None:
    headers = [
        (b"content-type", content_type),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
