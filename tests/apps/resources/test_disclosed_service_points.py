"""Which service points the operations disclose, and the errors of the others: for all operations of service points."""

from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import select, update

from tenants.accounts.service import market_day
from tenants.accounts.tables import account, holding, service_point, supply
from tenants.cds.resource_ids import read_id
from tenants.imports.located_record import LocatedRecord
from tenants.imports.records import ServicePointRecord
from tenants.imports.report import FileLocation, Report
from tenants.imports.service import import_records
from tenants.operations.models import Endpoint
from tests.apps.resources.conftest import Brand, Sharing
from tests.apps.resources.test_service_points import INVALID, OPERATIONS, new_nmi, operations, points
from tests.support.expectations import cds_error
from tests.support.operations import requests
from tests.support.service_points import ServicePoints, detail_of

__all__ = ["points"]
UNAVAILABLE = "cds-energy:Authorisation/UnavailableServicePoint"
NAMING = [endpoint for endpoint in OPERATIONS if endpoint.ids_in]
naming = pytest.mark.parametrize("endpoint", NAMING, ids=lambda endpoint: endpoint.operation)


async def ask(sharing: Sharing, endpoint: Endpoint, *identifiers: str, **more: Any) -> httpx.Response:
    """Ask for the data of service points by an operation that names them."""
    [(path, options)] = requests(endpoint, {"service-point": identifiers})
    return await sharing.get(path, **{**options, **more})


def status_of_an_id(endpoint: Endpoint) -> int:
    """The status of an error about an id: of the path 404, of the body 422 (C-E2)."""
    return 404 if endpoint.ids_in == "path" else 422


@naming
async def test_an_id_that_is_of_no_shared_service_point_is_invalid(
    brand: Brand, sharing: Sharing, points: ServicePoints, endpoint: Endpoint
) -> None:
    """C-E1, C-E2: the detail is the id as the recipient gave it."""
    other = await brand.share()
    nmi, foreign_nmi = new_nmi(), new_nmi()
    point = await points.add(nmi, sharing.consumer.account_ids[0])
    await points.add(foreign_nmi, other.consumer.account_ids[0])
    [foreign] = await other.point_ids()
    for identifier in ("made-up", foreign, (await sharing.account_ids())[0], str(point), nmi):
        response = await ask(sharing, endpoint, identifier)
        cds_error(response, INVALID, f"^{identifier}$", status_of_an_id(endpoint))


async def _closed(brand: Brand, sharing: Sharing, points: ServicePoints, point: Any) -> None:
    first, _ = sharing.consumer.account_ids
    await brand.execute(update(account).where(account.c.id == first).values(open_status="CLOSED"))


async def _not_supplied_any_more(brand: Brand, sharing: Sharing, points: ServicePoints, point: Any) -> None:
    yesterday = market_day(brand.application.now) - timedelta(days=1)
    await brand.execute(update(supply).where(supply.c.service_point_id == point).values(valid_to=yesterday))


async def _nmi_corrected(brand: Brand, sharing: Sharing, points: ServicePoints, point: Any) -> None:
    """The retailer's reference now has another NMI, as an import says."""
    [(reference,)] = await brand.execute(select(service_point.c.reference).where(service_point.c.id == point))
    record = msgspec.convert(
        {"kind": "service-point", "servicePoint": detail_of(new_nmi(), reference)}, ServicePointRecord, dec_hook=read_id
    )
    report = Report()
    located = [LocatedRecord(FileLocation("test", 1), record)]
    await import_records(brand.application.database, brand.tenant.namespace, located, report, now=brand.application.now)
    assert report.problems == []
    assert len(await sharing.point_ids()) == 1, "the service point with the corrected NMI"


async def _account_not_held_any_more(brand: Brand, sharing: Sharing, points: ServicePoints, point: Any) -> None:
    yesterday = market_day(brand.application.now) - timedelta(days=1)
    theirs = holding.c.account_id == sharing.consumer.account_ids[0]
    await brand.execute(update(holding).where(theirs).values(valid_to=yesterday))


ENDS = (_closed, _not_supplied_any_more, _nmi_corrected, _account_not_held_any_more)


@naming
@pytest.mark.parametrize("happened", ENDS, ids=lambda each: each.__name__)
async def test_a_service_point_that_is_disclosed_no_longer_is_invalid(
    brand: Brand, sharing: Sharing, points: ServicePoints, endpoint: Endpoint, happened: Any
) -> None:
    """C-P5: service points, their detail and DER are not disclosed of closed accounts."""
    point = await points.add(new_nmi(), sharing.consumer.account_ids[0])
    [identifier] = await sharing.point_ids()
    assert (await ask(sharing, endpoint, identifier)).status_code == 200
    await happened(brand, sharing, points, point)
    cds_error(await ask(sharing, endpoint, identifier), INVALID, f"^{identifier}$", status_of_an_id(endpoint))
    assert identifier not in await sharing.point_ids()


@naming
async def test_a_service_point_is_unavailable_while_all_its_accounts_are_withheld(
    brand: Brand, sharing: Sharing, points: ServicePoints, endpoint: Endpoint
) -> None:
    """C-E1: it may be disclosed later."""
    first, second = sharing.consumer.account_ids
    of_both, of_one = [await points.add(new_nmi(), first, second), await points.add(new_nmi(), first)]
    both, one = await sharing.point_ids()
    await brand.customers.set_option(first, "no-disclosure")
    assert of_both != of_one
    assert await sharing.point_ids() == [both]
    assert (await ask(sharing, endpoint, both)).status_code == 200
    cds_error(await ask(sharing, endpoint, one), UNAVAILABLE, f"^{one}$", status_of_an_id(endpoint))
    await brand.customers.set_option(second, "no-disclosure")
    cds_error(await ask(sharing, endpoint, both), UNAVAILABLE, f"^{both}$", status_of_an_id(endpoint))
    await brand.customers.set_option(first, "pre-approval")
    assert await sharing.point_ids() == [both, one]


@operations
@pytest.mark.parametrize(
    ("query", "headers", "error", "detail", "status"),
    [
        ({}, {"x-v": "foo"}, "Header/InvalidVersion", "x-v", 400),
        ({}, {"x-v": "9", "x-min-v": "8"}, "Header/UnsupportedVersion", "supported: ", 406),
        ({"page": "0"}, {}, "Field/Invalid", "page", 400),
        ({"page-size": "1001"}, {}, "Field/InvalidPageSize", "1000", 400),
        ({"page": "2"}, {}, "Field/InvalidPage", "^1$", 422),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_the_errors_of_each_operation_are_those_of_the_standards(
    sharing: Sharing,
    points: ServicePoints,
    endpoint: Endpoint,
    query: dict[str, str],
    headers: dict[str, str],
    error: str,
    detail: str,
    status: int,
) -> None:
    """The rows of section 3, without the ids. An operation that is not paginated ignores `page` (C-Q11)."""
    await points.add(new_nmi(), sharing.consumer.account_ids[0])
    [(path, options)] = requests(endpoint, {"service-point": await sharing.point_ids()})
    with_headers = {**options.get("headers", {}), **headers}
    response = await sharing.get(path, **{**options, "headers": with_headers}, params=query)
    if query and not endpoint.paginated:
        assert response.status_code == 200
    else:
        cds_error(response, error, detail, status)


async def test_each_id_of_a_body_that_is_refused_has_an_error_without_the_flag_of_the_secondary_holder(
    brand: Brand, sharing: Sharing, points: ServicePoints
) -> None:
    """C-E3, C-E5: the errors are of this holder, so `isSecondaryDataHolderError` is absent."""
    first, second = sharing.consumer.account_ids
    await points.add(new_nmi(), first)
    await points.add(new_nmi(), second)
    kept, stopped = await sharing.point_ids()
    await brand.customers.set_option(second, "no-disclosure")
    [endpoint] = [each for each in NAMING if each.ids_in == "body"]
    response = await ask(sharing, endpoint, kept, "made-up", stopped, "made-up")
    assert response.status_code == 422
    urn = "urn:au-cds:error:cds-energy:Authorisation/"
    assert response.json() == {
        "errors": [
            {"code": f"{urn}InvalidServicePoint", "title": "Invalid Service Point", "detail": "made-up"},
            {"code": f"{urn}UnavailableServicePoint", "title": "Unavailable Service Point", "detail": stopped},
        ]
    }
    response = await ask(sharing, endpoint, kept)
    assert [each["servicePointId"] for each in response.json()["data"]["derRecords"]] == [kept]
