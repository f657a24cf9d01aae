"""Responses to requests that are not routed.

The host is unknown, the registry is unavailable, the HTTP parser has refused the request, or there is no valid client
certificate.
"""

from collections.abc import MutableMapping
from typing import Any, Final

from litestar import Request
from litestar.exceptions import ClientException

from apps.http.any_origin import CORS
from apps.http.context import RequestContext
from apps.http.error_shapes.cds import unavailable_response
from apps.http.error_shapes.statuses import SECONDS_TO_RETRY
from apps.http.errors import certificate_error_response, error_response
from apps.http.json_responses import INTERACTION_ID
from haas.http import AsgiApplication, AsgiReceive, AsgiScope, AsgiSend

_REASONS: Final = {
    b"certificate-missing": "A client certificate of the CDR CA is required.",
    b"certificate-invalid": "The client certificate is expired, revoked, or not issued by the CDR CA.",
}
_NOT_FOUND: Final = 404
_JSON: Final = b"application/json"
_ANY_ORIGIN: Final = tuple((name.lower().encode(), value.encode()) for name, value in CORS.items())


async def not_found(_scope: AsgiScope, _receive: AsgiReceive, send: AsgiSend) -> None:
    """Respond with 404 and no content: the host belongs neither to a tenant nor to the provider."""
    await _send(send, _NOT_FOUND, b"text/plain", b"")


async def unavailable(_scope: AsgiScope, _receive: AsgiReceive, send: AsgiSend) -> None:
    """Respond with 503 in the shape of the standards: the registry cannot be read, so the tenant is unknown.

    The surface is unknown too. The response discloses nothing, so scripts of any website may read it.
    """
    refused = unavailable_response()
    retry = (b"retry-after", SECONDS_TO_RETRY.encode())
    await _send(send, refused.status, _JSON, refused.body, retry, *_ANY_ORIGIN)


async def malformed(scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
    """Respond with 400 in the shape of the surface and the path: the HTTP parser has refused the request."""
    request: Request[Any, Any, Any] = Request(scope)  # type: ignore[arg-type]
    response = error_response(request, ClientException()).to_asgi_response(None, request)
    await response(scope, receive, send)  # type: ignore[arg-type]


def certificate_refused(context: RequestContext, reason: bytes) -> AsgiApplication:
    """Return the response for a client certificate that is missing or that the proxy has refused."""

    async def refuse(scope: AsgiScope, _receive: AsgiReceive, send: AsgiSend) -> None:
        text = _REASONS.get(reason, _REASONS[b"certificate-invalid"])
        refused = certificate_error_response(context, scope["method"], scope["path"], text)
        await _send(send, refused.status, _JSON, refused.body)

    return refuse


def with_interaction_id(send: AsgiSend, interaction_id: str) -> AsgiSend:
    """Return a `send` that adds x-fapi-interaction-id to a response (CDS, HTTP Headers; FAPI 1.0 Baseline 6.2.1-11)."""
    header = (INTERACTION_ID.encode(), interaction_id.encode())

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), header]
        await send(message)

    return sending


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
