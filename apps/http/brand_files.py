"""What a brand looks like, as files: the stylesheet of its pages, and the logo that the Register publishes."""

from typing import Any, Final

from litestar import Request, Response, route
from litestar.params import FromPath

from apps.http.pages import brand_of
from apps.http.reading import READ
from apps.http.suspension import SERVES_SUSPENDED

_FOR_A_YEAR: Final = "public, max-age=31536000, immutable"
_FOR_AN_HOUR: Final = "public, max-age=3600"
_NOT_KEPT: Final = "no-cache"
# An image that somebody opens by itself is a document: it may neither run nor load anything.
_NO_DOCUMENT: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@route("/theme/{name:str}", http_method=READ, opt={SERVES_SUSPENDED: True})
async def stylesheet(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[str]:
    """Serve the stylesheet; an address from before the theme changed gets the present one, and is not to be kept."""
    brand = brand_of(request)
    current = brand.stylesheet_path.endswith(f"/{name}")
    headers = {"Cache-Control": _FOR_A_YEAR if current else _NOT_KEPT, "X-Content-Type-Options": "nosniff"}
    return Response(brand.css, media_type="text/css", headers=headers)


@route("/logo.svg", http_method=READ, opt={SERVES_SUSPENDED: True})
async def logo(request: Request[Any, Any, Any]) -> Response[str]:
    """Serve the brand's logo (CDS, Get Data Holder Brands: `logoUri`), or without one a circle in its colour."""
    headers = {
        "Cache-Control": _FOR_AN_HOUR,
        "Content-Security-Policy": _NO_DOCUMENT,
        "X-Content-Type-Options": "nosniff",
    }
    return Response(brand_of(request).icon_svg, media_type="image/svg+xml", headers=headers)
