"""Pages of records, reached by continuation tokens (C-A10)."""

import hashlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from ops.sandbox.cds_errors import invalid_field, invalid_page, missing_field
from ops.sandbox.ehub.models import HubSettings
from ops.sandbox.paging import page_and_size
from ops.sandbox.web import HttpRequest, address_of


class RecordPage(msgspec.Struct, frozen=True):
    """The records `start` to `stop` of a number of records, with the links and the meta of their answer."""

    start: int
    stop: int
    links: dict[str, str]
    meta: dict[str, Any]


def record_page(request: HttpRequest, settings: HubSettings, nmis: Sequence[str], total: int) -> RecordPage:
    """Return the page that is asked for. Raises CdsError.

    A page after the first one needs the token that is in the links of another page of the same request.
    """
    page, size = page_and_size(request)
    token = request.query_params.get("continuation-token")
    if settings.continuation_tokens and page > 1 and token is None:
        raise missing_field("continuation-token")
    if token is not None and token != _token(request, nmis, page, size):
        raise invalid_field("continuation-token")
    pages = -(-total // size)
    if page > max(1, pages):
        raise invalid_page(str(pages))
    steps = {"first": 1, "prev": page - 1} if page > 1 else {}
    steps |= {"next": page + 1, "last": pages} if page < pages else {}
    links = {name: _link(request, nmis, number, size, settings) for name, number in steps.items()}
    return RecordPage(
        start=(page - 1) * size,
        stop=min(page * size, total),
        links={"self": address_of(request), **links},
        meta={"totalRecords": total, "totalPages": pages},
    )


def _link(request: HttpRequest, nmis: Sequence[str], page: int, size: int, settings: HubSettings) -> str:
    query = {**request.query_params.dict(), "page": page, "page-size": size}
    query.pop("continuation-token", None)
    if settings.continuation_tokens and page > 1:
        query["continuation-token"] = _token(request, nmis, page, size)
    return f"{address_of(request).partition('?')[0]}?{urlencode(query, doseq=True)}"


def _token(request: HttpRequest, nmis: Sequence[str], page: int, size: int) -> str:
    """Return the token of a page. It fits only the same path, filters, NMIs and page size."""
    filters = [request.query_params.get(name) for name in ("oldest-date", "newest-date", "interval-reads")]
    fingerprint = msgspec.json.encode([request.scope["path"], filters, list(nmis), page, size])
    return hashlib.sha256(fingerprint).hexdigest()[:32]
