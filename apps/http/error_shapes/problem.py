"""Errors as problems (RFC 9457)."""

from http import HTTPStatus
from typing import Final

import msgspec
from litestar import Response

from apps.http.error_shapes.statuses import ErrorRequest, detail_of, headers_of_status, status_of
from apps.http.json_responses import NO_STORE

_MEDIA_TYPE: Final = "application/problem+json"
_PHRASES: Final = {413: "Content Too Large"}
"""The reason phrases of RFC 9110 15 for which Python 3.11 has an older text."""


def problem_response(request: ErrorRequest, error: Exception) -> Response[bytes]:
    """Return the response in the shape of RFC 9457. The type is about:blank, so the title is the phrase of the status.

    nginx has the same shape for its own errors on management hosts.
    """
    status = status_of(error)
    problem = {
        "type": "about:blank",
        "title": _PHRASES.get(status) or HTTPStatus(status).phrase,
        "detail": detail_of(status),
    }
    headers = NO_STORE | headers_of_status(request, status)
    return Response(msgspec.json.encode(problem), status_code=status, media_type=_MEDIA_TYPE, headers=headers)
