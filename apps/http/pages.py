"""Answering with pages: the headers that each carries, and the pages that say what went wrong."""

from typing import Any, Final

from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from apps.http.context import context
from apps.http.failures import METHOD_NOT_ALLOWED, SECONDS_TO_RETRY, UNAVAILABLE, allowed, json_failure, status_of
from apps.http.forms import FormRefused
from apps.http.suspension import TenantSuspended
from haas.errors import HaasError
from tenants.operations.endpoints import BASE_PATH
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
_KINDS: Final[dict[int, pages.Kind]] = {
    400: "bad-request", 403: "refused", 404: "not-found", 405: "not-found", 413: "too-large", 421: "misdirected",
    503: "unavailable",
}  # fmt: skip
# What these paths serve is read by software, errors included.
_FOR_SOFTWARE: Final = (BASE_PATH, "/.well-known/", "/jwks")

_Request = Request[Any, Any, Any]


def brand_of(request: _Request) -> Brand:
    """Return the look of the tenant that a request belongs to."""
    tenant = context(request).tenant
    return brand(tenant.name, tenant.theme, tenant.time_zone)


def page(
    request: _Request, template: str, *, status: int = 200, form_targets: tuple[str, ...] = (), **values: Any
) -> Response[str]:
    """Return a page made of a template.

    `form_targets` are origins that a form of the page may end at by a redirect: Chromium holds `form-action` against
    the whole chain.
    """
    return _response(render(template, brand_of(request), **values), status, form_targets)


def message(request: _Request, kind: pages.Kind) -> Response[str]:
    """Return a page that says one thing, with the interaction id for whoever calls support about it."""
    text = pages.render(brand_of(request), kind, reference=context(request).interaction_id)
    response = _response(text, pages.status_of(kind), ())
    if response.status_code == UNAVAILABLE:
        response.headers["Retry-After"] = SECONDS_TO_RETRY
    return response


def redirect(target: str) -> Response[None]:
    """Send a browser on with GET, after a form or from a step that is not its turn."""
    return Response(None, status_code=SEE_OTHER, headers={**_HEADERS, "Location": target})


def page_failure(request: _Request, error: Exception) -> Response[Any]:
    """Answer in a page what no route has mapped; in JSON at the paths that software reads."""
    if request.url.path.startswith(_FOR_SOFTWARE):
        return json_failure(request, error)
    if isinstance(error, TenantSuspended):
        return message(request, "suspended")
    if isinstance(error, FormRefused):
        return message(request, "form-refused")
    response = message(request, _KINDS.get(status_of(error), "failed"))
    if status_of(error) == METHOD_NOT_ALLOWED:
        response.status_code = METHOD_NOT_ALLOWED
        response.headers["Allow"] = allowed(request)
    return response


page_failures: ExceptionHandlersMap = {HTTPException: page_failure, HaasError: page_failure, Exception: page_failure}


def _response(text: str, status: int, form_targets: tuple[str, ...]) -> Response[str]:
    targets = " ".join(("'self'", *form_targets))
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; "
        f"form-action {targets}; frame-ancestors 'none'; base-uri 'none'"
    )
    headers = {**_HEADERS, "Content-Security-Policy": policy}
    return Response(text, status_code=status, media_type=MediaType.HTML, headers=headers)
