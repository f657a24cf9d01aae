"""The one stylesheet of a brand's pages, under an address that changes with it."""

from typing import Any, Final

from litestar import Request, Response, get
from litestar.params import FromPath

from apps.http.pages import brand_of
from apps.http.suspension import SERVES_SUSPENDED

_FOR_A_YEAR: Final = "public, max-age=31536000, immutable"
_NOT_KEPT: Final = "no-cache"


@get("/theme/{name:str}", opt={SERVES_SUSPENDED: True})
async def stylesheet(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[str]:
    """Serve the stylesheet; an address from before the theme changed gets the present one, and is not to be kept."""
    brand = brand_of(request)
    current = brand.stylesheet_path.endswith(f"/{name}")
    headers = {"Cache-Control": _FOR_A_YEAR if current else _NOT_KEPT, "X-Content-Type-Options": "nosniff"}
    return Response(brand.css, media_type="text/css; charset=utf-8", headers=headers)
