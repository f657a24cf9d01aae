"""What a call asks for: headers, NMIs, dates, and the page (CDS, Secondary Data Holder; C-A2, C-Q12)."""

import re
import uuid
from datetime import date
from typing import Any, Final

import msgspec

from ops.sandbox.cds_errors import (
    expected_error,
    invalid_date_time,
    invalid_field,
    invalid_header,
    missing_field,
    missing_header,
)
from ops.sandbox.ehub.calendar_days import MONTHS_OF_DATA, months_before
from ops.sandbox.ehub.models import HubSettings
from ops.sandbox.ehub.usage_data import IntervalReads, Window
from ops.sandbox.web import HttpRequest

FORBIDDEN_HEADERS: Final = ("x-fapi-auth-date", "x-fapi-customer-ip-address", "x-cds-client-headers")
"""The headers that a primary data holder must never send to a secondary one (C-A2)."""
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class _Asked(msgspec.Struct, frozen=True, rename="camel"):
    service_point_ids: list[str]


class _Body(msgspec.Struct, frozen=True):
    data: _Asked
    meta: dict[str, Any] | None = None


def forbidden_headers(request: HttpRequest) -> list[str]:
    """Return the names of the headers of a request that must not be there."""
    return [name for name in FORBIDDEN_HEADERS if name in request.headers]


def check_headers(request: HttpRequest, settings: HubSettings) -> None:
    """Check the headers that every call has or must not have. Raises CdsError."""
    for name in ("x-fapi-interaction-id", "x-cds-arrangement"):
        if not request.headers.get(name):
            raise missing_header(name)
    try:
        uuid.UUID(request.headers["x-fapi-interaction-id"])
    except ValueError as error:
        raise invalid_header("x-fapi-interaction-id") from error
    found = forbidden_headers(request)
    if found and settings.forbidden_headers == "refuse":
        raise invalid_header(found[0])


async def read_nmis(request: HttpRequest) -> list[str]:
    """Return the NMIs in the body, as they are written there. Raises CdsError."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise expected_error(415, "the body must be application/json")
    try:
        return msgspec.json.decode(await request.body(), type=_Body).data.service_point_ids
    except msgspec.ValidationError as error:
        missing = re.search(r"missing required field `(\w+)`", str(error))
        raise missing_field(missing[1]) if missing else invalid_field("data/servicePointIds") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise invalid_field("the body is not JSON") from error


def read_window(request: HttpRequest, settings: HubSettings, today: date) -> Window:
    """Return the days of a request for usage. Raises CdsError.

    Without `oldest-date` the window begins 24 months before today, and not before `newest-date` as in the standards
    (C-A12).
    """
    earliest = months_before(today, MONTHS_OF_DATA)
    newest = _date(request, "newest-date") or today
    oldest = _date(request, "oldest-date") or earliest
    if oldest < earliest:
        if settings.old_dates == "refuse":
            raise invalid_date_time("oldest-date is more than 24 months ago")
        oldest = earliest
    return Window(oldest, newest)


def read_interval_reads(request: HttpRequest, settings: HubSettings) -> IntervalReads:
    """Return which intervals are asked for. The word for half hours is a setting (C-A11). Raises CdsError."""
    words: dict[str, IntervalReads] = {"NONE": "NONE", "FULL": "FULL", settings.half_hour_word: "MIN_30"}
    chosen = words.get(request.query_params.get("interval-reads", "NONE"))
    if chosen is None:
        raise invalid_field("interval-reads")
    return chosen


def _date(request: HttpRequest, name: str) -> date | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not _DATE.fullmatch(text):
        raise invalid_field(name)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise invalid_date_time(name) from error
