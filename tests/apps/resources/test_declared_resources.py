"""Operations that exist only in tests: what a declaration says is enough for a date filter, an order and an owner."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from litestar import Router
from sqlalchemy import insert, update

from apps.resources.routes import route_of
from apps.surfaces import application_with
from ops.deployment import Deployment
from tenants.accounts.service import market_day
from tenants.accounts.tables import account, holding, service_point, supply
from tenants.operations.models import BASE_PATH, Endpoint, Resource, Version
from tests.apps.resources.conftest import Brand, Sharing
from tests.support import declared
from tests.support.declared import BILL, BILLS, NOTE, NOTES, READING, READINGS
from tests.support.expectations import cds_error

INVALID_POINT = "cds-energy:Authorisation/InvalidServicePoint"
UNAVAILABLE_POINT = "cds-energy:Authorisation/UnavailableServicePoint"
JSON = {"Content-Type": "application/json"}


def operation(method: Any, path: str, resource: Resource | None, payload: Any, **options: Any) -> Endpoint:
    """Return the row of an operation, which has a scope that is served."""
    versions = (Version(1, date(2022, 11, 15), payload=payload),)
    scope = "common:customer.basic:read" if resource is NOTE else "energy:billing:read"
    return Endpoint(
        "test", "Test", method, path, versions, scope, "highPriority", "unattended", resource=resource, **options
    )


OPERATIONS = (
    operation("GET", "/test/accounts/{accountId}/bills", BILL, declared.BillList, paginated=True),
    operation("GET", "/test/accounts/bills", BILL, declared.BillList, paginated=True),
    operation("POST", "/test/accounts/bills", BILL, declared.BillList, paginated=True),
    operation("GET", "/test/points/{servicePointId}/readings", READING, declared.ReadingList),
    operation("GET", "/test/points/readings", READING, declared.ReadingList, paginated=True),
    operation("POST", "/test/points/readings", READING, declared.ReadingList, paginated=True),
    operation("GET", "/test/note", NOTE, declared.Note),
    operation("GET", "/test/nothing", None, None),
    operation("POST", "/test/nothing", None, None),
)
BILLS_OF_ALL, READINGS_OF_ALL = "/test/accounts/bills", "/test/points/readings"


@pytest.fixture(scope="module")
async def tables(brand: Brand, deployment: Deployment) -> None:
    await declared.add_tables(deployment.owner, deployment.settings, brand.tenant)


@pytest.fixture
async def declaring(brand: Brand, tables: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Brand]:
    """The brand, at which the operations are served."""
    secure = application_with([Router(BASE_PATH, route_handlers=[*map(route_of, OPERATIONS)])])
    with declared.stored(monkeypatch):
        served = brand.application.asgi._surfaces
        monkeypatch.setattr(
            brand.application.asgi, "_surfaces", {**served, "secure": _Beside(served["secure"], secure)}
        )
        yield brand


class _Beside:
    """An application for the paths below /cds-au/v1/test, and another one for all other paths."""

    def __init__(self, others: Any, tested: Any) -> None:
        self._others, self._tested = others, tested

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        application = self._tested if scope["path"].startswith(f"{BASE_PATH}/test/") else self._others
        await application(scope, receive, send)


async def add_bills(brand: Brand, owner: UUID, *days: date) -> None:
    for number, day in reversed(list(enumerate(days))):  # not in the order of the primary key
        item = {"accountId": str(owner), "number": str(number), "issueDate": str(day), "servicePoints": []}
        row = {"account_id": owner, "reference": str(number), "issue_date": day, "detail": item}
        await brand.execute(insert(BILLS).values(**row, updated_at=brand.application.now))


async def post(sharing: Sharing, path: str, member: str, *ids: str, **options: Any) -> httpx.Response:
    body = msgspec.json.encode({"data": {member: ids}})
    return await sharing.get(path, method="POST", content=body, headers=JSON, **options)


def days(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [item["issueDate"] for item in response.json()["data"]["bills"]]


async def test_items_come_in_descending_order_and_pages_do_not_overlap(declaring: Brand, sharing: Sharing) -> None:
    today = declaring.application.now.astimezone(declaring.tenant.time_zone).date()
    first, second = sharing.consumer.account_ids
    issued = [today - timedelta(days=30 * number) for number in (2, 0, 1, 1)]
    await add_bills(declaring, first, *issued)
    await add_bills(declaring, second, today - timedelta(days=1))
    expected = sorted(map(str, [*issued, today - timedelta(days=1)]), reverse=True)
    assert days(await sharing.get(BILLS_OF_ALL)) == expected
    of_one_day = [
        item["number"]
        for item in (await sharing.get(BILLS_OF_ALL)).json()["data"]["bills"]
        if item["issueDate"] == str(issued[2])
    ]
    assert of_one_day == ["2", "3"]
    pages = [await sharing.get(BILLS_OF_ALL, params={"page": number, "page-size": 1}) for number in range(1, 6)]
    assert [day for page in pages for day in days(page)] == expected
    seen = [tuple(page.json()["data"]["bills"][0].items()) for page in pages if page.json()["data"]["bills"]]
    assert len({str(item) for item in seen}) == len(expected)
    identifiers = await sharing.account_ids()
    assert days(await post(sharing, BILLS_OF_ALL, "accountIds", *identifiers)) == expected
    alone = [days(await sharing.get(f"/test/accounts/{each}/bills")) for each in identifiers]
    assert sorted(map(len, alone)) == [1, 4]


async def test_the_period_is_inclusive_and_its_default_depends_on_its_end(declaring: Brand, sharing: Sharing) -> None:
    issued = [date(2025, 1, 31), date(2023, 1, 31), date(2023, 1, 30), date(2025, 2, 1)]
    await add_bills(declaring, sharing.consumer.account_ids[0], *issued)

    async def within(**parameters: str) -> list[str]:
        named = {name.replace("_", "-"): value for name, value in parameters.items()}
        return days(await sharing.get(BILLS_OF_ALL, params=named))

    assert await within(newest_date="2025-01-31") == ["2025-01-31", "2023-01-31"]
    assert await within(newest_date="2025-01-31", oldest_date="2023-01-30") == [
        "2025-01-31",
        "2023-01-31",
        "2023-01-30",
    ]
    assert await within(newest_date="2025-02-01", oldest_date="2025-02-01") == ["2025-02-01"]
    assert await within(newest_date="2022-01-01") == []
    response = await sharing.get(BILLS_OF_ALL, params={"newest-date": "2025-01-31", "page-size": "1", "other": "x"})
    assert parse_qs(urlsplit(response.json()["links"]["next"]).query) == {
        "newest-date": ["2025-01-31"],
        "page": ["2"],
        "page-size": ["1"],
    }


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("oldest-date=yesterday", "Field/Invalid"),
        ("newest-date=2022-02-30", "Field/InvalidDateTime"),
        ("oldest-date=2025-02-01&newest-date=2025-01-31", "Field/InvalidDateTime"),
        ("oldest-date=2025-02-01&oldest-date=2025-02-01", "Field/Invalid"),
    ],
)
async def test_dates_that_cannot_be_are_refused(declaring: Brand, sharing: Sharing, query: str, error: str) -> None:
    cds_error(await sharing.get(f"{BILLS_OF_ALL}?{query}"), error, status=400)


async def add_point(brand: Brand, owner: UUID, *values: str, **period: Any) -> UUID:
    """Add a service point that supplies an account, with the values of its items."""
    point = uuid4()
    written = {"updated_at": brand.application.now}
    row = {"id": point, "reference": str(point), "national_metering_id": "4103000001", "detail": {}}
    await brand.execute(insert(service_point).values(**row, **written))
    supplied = {"account_id": owner, "service_point_id": point, "valid_from": date(2020, 1, 1), **period}
    await brand.execute(insert(supply).values(supplied))
    for position, value in enumerate(values):
        item = {"servicePointId": str(point), "value": value}
        row = {"service_point_id": point, "position": position, "detail": item}
        await brand.execute(insert(READINGS).values(**row, **written))
    return point


def read(response: httpx.Response) -> dict[str, list[str]]:
    """Return the values by the recipient's ids of the service points."""
    assert response.status_code == 200, response.text
    found: dict[str, list[str]] = {}
    for item in response.json()["data"]["readings"]:
        found.setdefault(item["servicePointId"], []).append(item["value"])
    return found


async def test_the_data_of_the_service_points_of_shared_accounts_is_given(declaring: Brand, sharing: Sharing) -> None:
    first, second = sharing.consumer.account_ids
    points = [await add_point(declaring, first, "1", "2"), await add_point(declaring, second, "3")]
    await declaring.execute(
        insert(supply).values(account_id=second, service_point_id=points[0], valid_from=date(2020, 1, 1))
    )
    found = read(await sharing.get(READINGS_OF_ALL))
    assert sorted(found.values()) == [["1", "2"], ["3"]]
    assert not {str(point) for point in points} & set(found)
    for identifier, values in found.items():
        assert read(await sharing.get(f"/test/points/{identifier}/readings")) == {identifier: values}
        assert read(await post(sharing, READINGS_OF_ALL, "servicePointIds", identifier)) == {identifier: values}


async def test_a_service_point_of_no_shared_account_is_invalid(declaring: Brand, sharing: Sharing) -> None:
    other = await declaring.share()
    await add_point(declaring, other.consumer.account_ids[0], "1")
    [foreign] = read(await other.get(READINGS_OF_ALL))
    for identifier in (foreign, (await sharing.account_ids())[0], str(uuid4()), "x"):
        cds_error(await sharing.get(f"/test/points/{identifier}/readings"), INVALID_POINT, f"^{identifier}$", 404)
        response = await post(sharing, READINGS_OF_ALL, "servicePointIds", identifier)
        cds_error(response, INVALID_POINT, f"^{identifier}$", 422)
    cds_error(await post(sharing, READINGS_OF_ALL, "accountIds", foreign), "Field/Missing", status=400)
    assert read(await sharing.get(READINGS_OF_ALL)) == {}


async def test_a_service_point_is_given_only_while_it_supplies_an_open_account(
    declaring: Brand, sharing: Sharing
) -> None:
    today = market_day(declaring.application.now)
    first, _ = sharing.consumer.account_ids
    await add_point(declaring, first, "ended yesterday", valid_to=today - timedelta(days=1))
    await add_point(declaring, first, "begins tomorrow", valid_from=today + timedelta(days=1))
    await add_point(declaring, first, "ends today", valid_to=today)
    assert list(read(await sharing.get(READINGS_OF_ALL)).values()) == [["ends today"]]
    [identifier] = read(await sharing.get(READINGS_OF_ALL))
    await declaring.execute(update(account).where(account.c.id == first).values(open_status="CLOSED"))
    assert read(await sharing.get(READINGS_OF_ALL)) == {}
    cds_error(await sharing.get(f"/test/points/{identifier}/readings"), INVALID_POINT, f"^{identifier}$", 404)


async def test_a_service_point_of_an_account_that_is_withheld_is_unavailable(
    declaring: Brand, sharing: Sharing
) -> None:
    joint = await declaring.consumer()
    first, _ = sharing.consumer.account_ids
    await add_point(declaring, first, "1")
    [identifier] = read(await sharing.get(READINGS_OF_ALL))
    row = {
        "customer_id": joint.customer_id,
        "account_id": first,
        "role": "joint-holder",
        "valid_from": date(2020, 1, 1),
    }
    await declaring.execute(insert(holding).values(row))
    await declaring.customers.set_option(first, "no-disclosure")
    assert read(await sharing.get(READINGS_OF_ALL)) == {}
    cds_error(await sharing.get(f"/test/points/{identifier}/readings"), UNAVAILABLE_POINT, f"^{identifier}$", 404)
    response = await post(sharing, READINGS_OF_ALL, "servicePointIds", identifier)
    cds_error(response, UNAVAILABLE_POINT, f"^{identifier}$", 422)


async def test_a_resource_of_the_customer_is_given(declaring: Brand, sharing: Sharing) -> None:
    row = {"customer_id": sharing.consumer.customer_id, "detail": {"text": "one"}}
    await declaring.execute(insert(NOTES).values(**row, updated_at=declaring.application.now))
    response = await sharing.get("/test/note")
    assert response.json()["data"] == {"text": "one"}


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_operation_without_a_resource_is_not_implemented(
    declaring: Brand, sharing: Sharing, method: str
) -> None:
    """C-E11: a path of the standards that is not served. The interaction id is played back, also without a token."""
    assert declaring.tenant.state == "active"
    interaction_id = str(uuid4())
    for token in (sharing.tokens.access_token, "unknown"):
        headers = {"x-fapi-interaction-id": interaction_id}
        response = await sharing.get("/test/nothing", token, method=method, headers=headers)
        cds_error(response, "Resource/NotImplemented", "Test is not implemented", 404)
        assert response.headers["x-fapi-interaction-id"] == interaction_id
