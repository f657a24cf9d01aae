"""Responses with pages, and the headers of every page."""

import logging
from typing import Any, Final
from zoneinfo import ZoneInfo

from litestar import MediaType, Request, Response

from apps.http.context import any_context
from apps.http.flows import is_flow_path
from apps.http.references import reference_of
from tenants.registry.models import TenantSettings
from tenants.registry.surfaces import Surface
from themes import pages
from themes.brand import Brand, brand, plain_brand
from themes.rendering import render
from themes.sites import ADMINISTRATION, CONSOLE, CONSUMER, Site
from themes.views import recipient_link

logger = logging.getLogger(__name__)

SEE_OTHER: Final = 303
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_SITES: Final[dict[Surface, Site]] = {"public": CONSUMER, "admin": ADMINISTRATION, "console": CONSOLE}
"""The surfaces that have pages."""
_PROVIDER: Final = plain_brand("Provider console", ZoneInfo(TenantSettings().time_zone))

_Request = Request[Any, Any, Any]


def brand_of(request: _Request) -> Brand:
    """Return the brand of the request's tenant, with its name, theme and time zone. The provider has a plain one."""
    tenant = any_context(request).tenant
    if tenant is None:
        return _PROVIDER
    return brand(tenant.name, tenant.theme, tenant.time_zone)


def page(
    request: _Request, template: str, *, status: int = 200, forms_redirect_elsewhere: bool = False, **values: Any
) -> Response[str]:
    """Return a page that is rendered from a template.

    `forms_redirect_elsewhere` says that the response to a form of the page redirects to another site. Such a page has
    no `form-action`: Chromium applies this directive to all following redirects, also to those of the other site
    (decision 0020).
    """
    ctx = any_context(request)
    text = render(template, brand_of(request), _SITES[ctx.surface], **values)
    return _response(request, text, status, forms_redirect_elsewhere=forms_redirect_elsewhere)


def message_page(request: _Request, kind: pages.MessageKind) -> Response[str]:
    """Return a page with one message. It shows a reference that a person can read out, and leads to the recipient.

    The log has one line with the reference and the interaction id, by which the other lines are found.
    """
    ctx = any_context(request)
    reference = reference_of(ctx.interaction_id)
    sender = None if ctx.recipient is None else recipient_link(ctx.recipient)
    text = pages.render(brand_of(request), _SITES[ctx.surface], kind, reference=reference, recipient=sender)
    logger.info("page.message_shown", extra={"page": kind, "reference": reference})
    return _response(request, text, pages.status_of(kind))


def redirect(target: str) -> Response[None]:
    """Return a redirect that the browser follows with GET (303)."""
    return Response(None, status_code=SEE_OTHER, headers={**_HEADERS, "Location": target})


def _response(request: _Request, text: str, status: int, *, forms_redirect_elsewhere: bool = False) -> Response[str]:
    policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"
    if brand_of(request).loads_fonts:
        policy += "; font-src 'self'"
    if not forms_redirect_elsewhere:
        policy += "; form-action 'self'"
    headers = {**_HEADERS, "Content-Security-Policy": policy}
    if not _belongs_to_flow(request):  # a recipient that opened the flow in a window can still use that window
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return Response(text, status_code=status, media_type=MediaType.HTML, headers=headers)


def _belongs_to_flow(request: _Request) -> bool:
    return any_context(request).surface == "public" and is_flow_path(request.url.path)
