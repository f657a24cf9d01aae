"""The files of a brand: style sheet, logos, fonts and icon of its pages, and the logo that the Register publishes."""

from typing import Any, Final

from litestar import Request, Response, route
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from apps.http.context import any_context
from apps.http.pages import brand_of
from apps.http.read_methods import READ_METHODS
from apps.http.suspension import SERVES_SUSPENDED

_FOR_A_YEAR: Final = "public, max-age=31536000, immutable"
_FOR_AN_HOUR: Final = "public, max-age=3600"
_REVALIDATE: Final = "no-cache"
_AS_IT_IS: Final = {"X-Content-Type-Options": "nosniff"}
_OTHER_FILES: Final = (".woff2", ".png", ".svg")
# An image that is opened in its own tab is a document. As a document, it must not run scripts or load other files.
_IMAGE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@route("/theme/{name:str}", http_method=READ_METHODS, opt={SERVES_SUSPENDED: True})
async def stylesheet(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[str] | Response[bytes]:
    """Serve a file of the current theme.

    For other names, serve the current style sheet: a page that was loaded before the theme changed still needs one.
    Browsers must revalidate it before each use.
    """
    brand = brand_of(request)
    if (drawing := brand.drawings.get(name)) is not None:
        headers = {"Cache-Control": _FOR_A_YEAR, "Content-Security-Policy": _IMAGE_POLICY, **_AS_IT_IS}
        return Response(drawing, media_type="image/svg+xml", headers=headers)
    if name.endswith(_OTHER_FILES):
        return await _file(request, brand.files.get(name))
    current = brand.stylesheet_path.endswith(f"/{name}")
    headers = {"Cache-Control": _FOR_A_YEAR if current else _REVALIDATE, "X-Content-Type-Options": "nosniff"}
    return Response(brand.css, media_type="text/css", headers=headers)


async def _file(request: Request[Any, Any, Any], digest: str | None) -> Response[bytes]:
    """Serve a font or an icon, which only the current theme names. Raise NotFoundException."""
    ctx = any_context(request)
    found = None
    if digest is not None and ctx.tenant is not None:
        found = await ctx.services.registry.theme_file(ctx.tenant, digest)
    if found is None:
        raise NotFoundException
    headers = {"Cache-Control": _FOR_A_YEAR, "Cross-Origin-Resource-Policy": "same-origin", **_AS_IT_IS}
    return Response(found.content, media_type=found.media_type, headers=headers)


@route("/logo.svg", http_method=READ_METHODS, opt={SERVES_SUSPENDED: True})
async def logo(request: Request[Any, Any, Any]) -> Response[str]:
    """Serve the brand's logo (CDS, Get Data Holder Brands: `logoUri`), or a circle in its colour if it has none."""
    headers = {
        "Cache-Control": _FOR_AN_HOUR,
        "Content-Security-Policy": _IMAGE_POLICY,
        "X-Content-Type-Options": "nosniff",
    }
    return Response(brand_of(request).icon_svg, media_type="image/svg+xml", headers=headers)
