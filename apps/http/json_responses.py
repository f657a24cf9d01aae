"""Successful responses in JSON: payloads of the Consumer Data Standards, and responses of the authorization server."""

from typing import Final

import msgspec
from litestar import MediaType, Response

from apps.http.any_origin import CORS
from apps.http.context import RequestContext

INTERACTION_ID: Final = "x-fapi-interaction-id"
NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache", "X-Content-Type-Options": "nosniff"}
NOT_BUFFERED: Final = {"X-Accel-Buffering": "no"}
"""Makes nginx send a response to a slow client without a copy of it in a temporary file. The client does not get this
header."""


def payload_response(ctx: RequestContext, body: bytes, version: int) -> Response[bytes]:
    """Return the response with an encoded payload of a version (CDS, HTTP Headers, Response Headers)."""
    return Response(body, media_type=MediaType.JSON, headers=payload_headers(ctx, version))


def payload_headers(ctx: RequestContext, version: int) -> dict[str, str]:
    """Return the headers of a response with a payload of a version."""
    return {"x-v": str(version), **cds_headers(ctx)}


def cds_headers(ctx: RequestContext) -> dict[str, str]:
    """Return the headers of every response below /cds-au, both payloads and errors."""
    return {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} | public_headers(ctx)


def public_headers(ctx: RequestContext) -> dict[str, str]:
    """Return the additional headers of JSON responses on the public host. On other hosts there are none.

    On the secure host, `apps.asgi` adds the interaction id to every response, and scripts of websites cannot call it.
    """
    return CORS | {INTERACTION_ID: ctx.interaction_id} if ctx.surface == "public" else {}


def json_response(body: object, *, status: int = 200) -> Response[bytes]:
    """Return a response of the authorization server, which must not be cached (RFC 6749 5.1)."""
    return Response(msgspec.json.encode(body), status_code=status, media_type=MediaType.JSON, headers=NO_STORE)
