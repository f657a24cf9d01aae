"""The files of a brand: the stylesheet of its pages, and the logo that the Register publishes."""

from typing import Any, Final

from litestar import Request, Response, route
from litestar.params import FromPath

from apps.http.pages import brand_of
from apps.http.read_methods import READ_METHODS
from apps.http.suspension import SERVES_SUSPENDED

_FOR_A_YEAR: Final = "public, max-age=31536000, immutable"
_FOR_AN_HOUR: Final = "public, max-age=3600"
_REVALIDATE: Final = "no-cache"
# An image that is opened in its own tab is a document. As a document, it must not run scripts or load other files.
_IMAGE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@route("/theme/{name:str}", http_method=READ_METHODS, opt={SERVES_SUSPENDED: True})
async def stylesheet(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[str]:
    """Serve the current stylesheet. At the path of an earlier version, browsers must revalidate it before each use."""
    brand = brand_of(request)
    current = brand.stylesheet_path.endswith(f"/{name}")
    headers = {"Cache-Control": _FOR_A_YEAR if current else _REVALIDATE, "X-Content-Type-Options": "nosniff"}
    return Response(brand.css, media_type="text/css", headers=headers)


@route("/logo.svg", http_method=READ_METHODS, opt={SERVES_SUSPENDED: True})
async def logo(request: Request[Any, Any, Any]) -> Response[str]:
    """Serve the brand's logo (CDS, Get Data Holder Brands: `logoUri`), or a circle in its colour if it has none."""
    headers = {
        "Cache-Control": _FOR_AN_HOUR,
        "Content-Security-Policy": _IMAGE_POLICY,
        "X-Content-Type-Options": "nosniff",
    }
    return Response(brand_of(request).icon_svg, media_type="image/svg+xml", headers=headers)
