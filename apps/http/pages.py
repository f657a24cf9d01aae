"""Responses with pages, and the headers of every page."""

from typing import Any, Final

from litestar import MediaType, Request, Response

from apps.http.context import context
from themes import pages
from themes.brand import Brand, brand
from themes.rendering import render

SEE_OTHER: Final = 303
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_Request = Request[Any, Any, Any]


def brand_of(request: _Request) -> Brand:
    """Return the brand of the request's tenant, with its name, theme and time zone."""
    tenant = context(request).tenant
    return brand(tenant.name, tenant.theme, tenant.time_zone)


def page(
    request: _Request, template: str, *, status: int = 200, form_targets: tuple[str, ...] = (), **values: Any
) -> Response[str]:
    """Return a page that is rendered from a template.

    `form_targets` are the origins that a form of the page may redirect to: Chromium applies `form-action` to the whole
    chain of redirects.
    """
    return _response(render(template, brand_of(request), **values), status, form_targets)


def message_page(request: _Request, kind: pages.MessageKind) -> Response[str]:
    """Return a page with one message. It shows the interaction id, which a person can give to support."""
    text = pages.render(brand_of(request), kind, reference=context(request).interaction_id)
    return _response(text, pages.status_of(kind), ())


def redirect(target: str) -> Response[None]:
    """Redirect a browser with GET (303), after a form or from a step that is not current."""
    return Response(None, status_code=SEE_OTHER, headers={**_HEADERS, "Location": target})


def _response(text: str, status: int, form_targets: tuple[str, ...]) -> Response[str]:
    targets = " ".join(("'self'", *form_targets))
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; "
        f"form-action {targets}; frame-ancestors 'none'; base-uri 'none'"
    )
    headers = {**_HEADERS, "Content-Security-Policy": policy}
    return Response(text, status_code=status, media_type=MediaType.HTML, headers=headers)
