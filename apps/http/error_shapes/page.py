"""Errors as pages, for people."""

from typing import Final

from litestar import Response
from litestar.exceptions import HTTPException

from apps.http.context import any_context
from apps.http.error_shapes.statuses import (
    METHOD_NOT_ALLOWED,
    TOO_MANY_REQUESTS,
    ErrorRequest,
    headers_of_status,
    retry_after,
    status_of,
)
from apps.http.page_forms import FormRefused
from apps.http.pages import message_page
from apps.http.suspension import TenantSuspended
from tenants.arrangements.errors import ArrangementNotFound
from tenants.consent.errors import FlowClosed, FlowEnd, FlowNotFound, ResponseImpossible
from tenants.joint_accounts.errors import NotAHolder, OptionNotOffered, SharingNotFound
from tenants.oauth import errors as oauth
from tenants.oauth.errors import OAuthError
from tenants.parties.errors import MayNotAct
from tenants.traffic.errors import ThresholdExceeded
from themes import pages

_PAGES: Final[dict[int, pages.MessageKind]] = {
    400: "bad-request", 403: "refused", 404: "not-found", 405: "not-found", 413: "too-large", 421: "misdirected",
    503: "unavailable",
}  # fmt: skip

_FLOW_ENDS: Final[dict[FlowEnd, pages.MessageKind]] = {
    "awaited": "flow-awaited", "unfinished": "flow-unfinished", "sharing": "flow-sharing", "stopped": "flow-stopped",
    "cancelled": "flow-cancelled", "expired": "flow-expired", "over": "request-over",
}  # fmt: skip


def page_kind(error: Exception) -> pages.MessageKind:  # noqa: PLR0911 - one return for each error
    """Return the kind of page that explains an error to a person."""
    match error:
        case ThresholdExceeded():
            return "unavailable"
        case TenantSuspended():
            return "suspended"
        case FormRefused():
            return "form-refused"
        case FlowNotFound():
            return "flow-unknown"
        case FlowClosed(end=end):
            return _FLOW_ENDS[end]
        case ResponseImpossible():
            return "response-impossible"
        case oauth.InvalidRequestUri():
            return "request-over"
        case OAuthError():
            return "request-invalid"
        # Also for what belongs to another person, so that its existence is not disclosed.
        case ArrangementNotFound() | MayNotAct() | NotAHolder() | OptionNotOffered() | SharingNotFound():
            return "not-found"
    return _PAGES.get(status_of(error), "failed")


def page_response(request: ErrorRequest, error: Exception) -> Response[str]:
    """Return the response for an error, and set an OAuth error in the call record."""
    if isinstance(error, OAuthError):
        any_context(request).error = error.error
    response = message_page(request, page_kind(error))
    if isinstance(error, ThresholdExceeded):
        response.status_code, any_context(request).throttled = TOO_MANY_REQUESTS, True
    if isinstance(error, HTTPException) and error.status_code == METHOD_NOT_ALLOWED:
        response.status_code = METHOD_NOT_ALLOWED
    response.headers.update(headers_of_status(request, response.status_code or 0, retry_after=retry_after(error)))
    return response
