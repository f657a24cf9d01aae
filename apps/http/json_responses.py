"""Successful responses in JSON: payloads of the Consumer Data Standards, and responses of the authorization server."""

from typing import Final

import msgspec
from litestar import MediaType, Response

from apps.http.context import RequestContext

CORS: Final = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "x-v"}
"""Headers of the public APIs, which allow scripts of any website to read the responses."""
INTERACTION_ID: Final = "x-fapi-interaction-id"
NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache", "X-Content-Type-Options": "nosniff"}


def payload_response(ctx: RequestContext, body: bytes, version: int) -> Response[bytes]:
    """Return the response with an encoded payload of a version (CDS, HTTP Headers, Response Headers)."""
    return Response(body, media_type=MediaType.JSON, headers={"x-v": str(version), **cds_headers(ctx)})


def cds_headers(ctx: RequestContext) -> dict[str, str]:
    """Return the headers of every response below /cds-au, both payloads and errors."""
    sent = {INTERACTION_ID: ctx.interaction_id, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return sent | CORS if ctx.surface == "public" else sent


def json_response(body: object, *, status: int = 200) -> Response[bytes]:
    """Return a response of the authorization server, which must not be cached (RFC 6749 5.1)."""
    return Response(msgspec.json.encode(body), status_code=status, media_type=MediaType.JSON, headers=NO_STORE)
