"""Successful answers in JSON: payloads of the Consumer Data Standards, and answers of the authorization server."""

from typing import Final

import msgspec
from litestar import MediaType, Response

from apps.http.any_origin import CORS
from apps.http.context import RequestContext

INTERACTION_ID: Final = "x-fapi-interaction-id"
NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache", "X-Content-Type-Options": "nosniff"}


def payload(ctx: RequestContext, body: bytes, version: int) -> Response[bytes]:
    """Return an encoded payload of a version (CDS, HTTP Headers, Response Headers)."""
    return Response(body, media_type=MediaType.JSON, headers={"x-v": str(version), **cds_headers(ctx)})


def cds_headers(ctx: RequestContext) -> dict[str, str]:
    """Return the headers of every answer below /cds-au, whether a payload or an error."""
    return {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} | public_headers(ctx)


def public_headers(ctx: RequestContext) -> dict[str, str]:
    """Return the headers of answers in JSON on the public host; none elsewhere.

    On the secure host `apps.asgi` plays the interaction id back on every answer, and scripts of websites cannot call.
    """
    return CORS | {INTERACTION_ID: ctx.interaction_id} if ctx.surface == "public" else {}


def json_answer(body: object, *, status: int = 200) -> Response[bytes]:
    """Return an answer of the authorization server, which nobody may store (RFC 6749 5.1)."""
    return Response(msgspec.json.encode(body), status_code=status, media_type=MediaType.JSON, headers=NO_STORE)
