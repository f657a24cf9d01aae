"""Cross-origin requests (Fetch, CORS protocol): scripts of any website may read the public APIs."""

from collections.abc import Sequence
from typing import Final

from litestar import HttpMethod, Response, route
from litestar.handlers import HTTPRouteHandler

from apps.http.suspension import SERVES_SUSPENDED

CORS: Final = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "x-v"}
"""Headers of the public APIs, discovery and the JWKS document, also of their errors."""
_PREFLIGHT: Final = CORS | {
    "Access-Control-Allow-Methods": "GET",
    "Access-Control-Allow-Headers": "x-v, x-min-v, x-fapi-interaction-id",
    "Access-Control-Max-Age": "86400",
}


def preflight(paths: Sequence[str]) -> HTTPRouteHandler:
    """Return the route that allows scripts to send the headers of the standards to `paths` (Fetch, CORS preflight).

    It must be registered before the other routes of these paths: if a path's first handler has another method, Litestar
    adds its own OPTIONS handler.
    """

    @route(list(paths), http_method=[HttpMethod.OPTIONS], opt={SERVES_SUSPENDED: True})
    async def answer_preflight() -> Response[None]:
        return Response(None, status_code=204, headers=_PREFLIGHT)

    return answer_preflight
