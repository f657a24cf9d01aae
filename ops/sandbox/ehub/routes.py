"""The six secondary operations (CDS, Secondary Data Holder). Each handler has the operation name of the standards."""

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ops.sandbox.ehub.calendar_days import market_day
from ops.sandbox.ehub.der_data import der_record
from ops.sandbox.ehub.deviations import Record
from ops.sandbox.ehub.hub import EHub
from ops.sandbox.ehub.models import ServicePoint
from ops.sandbox.ehub.operations import (
    DER,
    DER_OF_SERVICE_POINT,
    SERVICE_POINT_DETAIL,
    SERVICE_POINTS,
    USAGE,
    USAGE_OF_SERVICE_POINT,
)
from ops.sandbox.ehub.record_pages import record_page
from ops.sandbox.ehub.requests import read_interval_reads, read_window
from ops.sandbox.ehub.serving import Asked, Work, answer
from ops.sandbox.ehub.standing_data import service_point, service_point_detail
from ops.sandbox.ehub.usage_data import count_reads, disclosed_window, reads
from ops.sandbox.web import HttpRequest, address_of

BASE: Final = "/NEMRetail/cds-au/v1/secondary/energy/electricity/servicepoints"
_IN_PATH: Final = 404
_IN_BODY: Final = 422
_UNDEFINED: Final = 400
"""The status of a service point that is not the caller's. Get Service Points defines none for the body (C-A7)."""


@post(BASE, status_code=200)
async def list_electricity_service_points_sr(request: HttpRequest, hub: NamedDependency[EHub]) -> Response[Any]:
    """Get Service Points (SR)."""
    work = _list(request, hub, "servicePoints", service_point)
    return await answer(request, hub, SERVICE_POINTS, work, bad_point=_UNDEFINED)


@get(f"{BASE}/{{nmi:str}}")
async def get_electricity_service_point_detail_sr(
    request: HttpRequest, nmi: FromPath[str], hub: NamedDependency[EHub]
) -> Response[Any]:
    """Get Service Point Detail (SR)."""
    work = _single(request, service_point_detail)
    return await answer(request, hub, SERVICE_POINT_DETAIL, work, nmi=nmi, bad_point=_IN_PATH)


@get(f"{BASE}/{{nmi:str}}/usage")
async def get_electricity_service_point_usage_sr(
    request: HttpRequest, nmi: FromPath[str], hub: NamedDependency[EHub]
) -> Response[Any]:
    """Get Usage For Service Point (SR)."""
    return await answer(request, hub, USAGE_OF_SERVICE_POINT, _usage(request, hub), nmi=nmi, bad_point=_IN_PATH)


@post(f"{BASE}/usage", status_code=200)
async def list_electricity_usage_for_service_points_sr(
    request: HttpRequest, hub: NamedDependency[EHub]
) -> Response[Any]:
    """Get Usage For Specific Service Points (SR)."""
    return await answer(request, hub, USAGE, _usage(request, hub), bad_point=_IN_BODY)


@get(f"{BASE}/{{nmi:str}}/der")
async def get_electricity_der_for_service_point_sr(
    request: HttpRequest, nmi: FromPath[str], hub: NamedDependency[EHub]
) -> Response[Any]:
    """Get DER For Service Point (SR)."""
    work = _single(request, _der)
    return await answer(request, hub, DER_OF_SERVICE_POINT, work, nmi=nmi, bad_point=_IN_PATH)


@post(f"{BASE}/der", status_code=200)
async def list_electricity_der_for_specific_service_points_sr(
    request: HttpRequest, hub: NamedDependency[EHub]
) -> Response[Any]:
    """Get DER For Specific Service Points (SR)."""
    return await answer(request, hub, DER, _list(request, hub, "derRecords", _der), bad_point=_IN_BODY)


ROUTES = [
    list_electricity_service_points_sr,
    get_electricity_service_point_detail_sr,
    get_electricity_service_point_usage_sr,
    list_electricity_usage_for_service_points_sr,
    get_electricity_der_for_service_point_sr,
    list_electricity_der_for_specific_service_points_sr,
]

MakeRecord = Callable[[ServicePoint, int], Record]
"""Makes the record of a service point in a version."""


def _der(point: ServicePoint, version: int) -> Record:
    del version
    return der_record(point)


def _single(request: HttpRequest, make: MakeRecord) -> Work:
    def work(asked: Asked) -> Record:
        return {"data": make(asked.points[0], asked.version), "links": {"self": address_of(request)}, "meta": {}}

    return work


def _list(request: HttpRequest, hub: EHub, array: str, make: MakeRecord) -> Work:
    def work(asked: Asked) -> Record:
        page = record_page(request, hub.settings, asked.nmis, len(asked.points))
        records = [make(point, asked.version) for point in asked.points[page.start : page.stop]]
        return {"data": {array: records}, "links": page.links, "meta": page.meta}

    return work


def _usage(request: HttpRequest, hub: EHub) -> Work:
    def work(asked: Asked) -> Record:
        today = market_day(hub.clock.now())
        window = read_window(request, hub.settings, today)
        interval_reads = read_interval_reads(request, hub.settings)
        windows = [disclosed_window(point, window, today) for point in asked.points]
        counts = [count_reads(point, part) for point, part in zip(asked.points, windows, strict=True)]
        page = record_page(request, hub.settings, asked.nmis, sum(counts))
        records = [
            record
            for point, part, start, stop in zip(
                asked.points, windows, *_parts(counts, page.start, page.stop), strict=True
            )
            if start < stop
            for record in reads(point, part, interval_reads, start, stop)
        ]
        return {"data": {"reads": records}, "links": page.links, "meta": page.meta}

    return work


def _parts(counts: Sequence[int], start: int, stop: int) -> tuple[list[int], list[int]]:
    """Return for each service point the first and the end of its own records that are on the page."""
    ends = list(accumulate(counts))
    begins = [end - count for end, count in zip(ends, counts, strict=True)]
    return (
        [max(0, start - begin) for begin in begins],
        [min(count, stop - begin) for begin, count in zip(begins, counts, strict=True)],
    )
