"""Get Usage For Service Point, Get Bulk Usage and Get Usage For Specific Service Points: what they give and refuse."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest
from sqlalchemy import update

from tenants.accounts.service import market_day
from tenants.accounts.tables import account, holding, supply
from tenants.operations.endpoints import ENDPOINTS
from tenants.operations.models import Endpoint
from tenants.operations.resources import USAGE
from tenants.sources import stored_usage
from tenants.usage.models import IntervalDay, QualityRange, ReadQuality, intervals_of_a_day
from tenants.usage.packed_values import pack_values
from tenants.usage.store import save_reads
from tenants.usage.stored_reads import StoredRead, market_moment, stored_day
from tenants.usage.tables import usage_read
from tests.apps.resources.conftest import Brand, Sharing
from tests.apps.resources.test_service_points import new_nmi, points
from tests.support.expectations import cds_error
from tests.support.operations import requests
from tests.support.service_points import ServicePoints

__all__ = ["points"]
BULK = "/energy/electricity/servicepoints/usage"
DAY = date(2025, 2, 1)
VERSION = datetime(2025, 2, 3)  # noqa: DTZ001 - in market time
OPERATIONS = [each for each in ENDPOINTS if each.resource is USAGE]
operations = pytest.mark.parametrize("endpoint", OPERATIONS, ids=lambda endpoint: endpoint.operation)
naming = pytest.mark.parametrize(
    "endpoint", [each for each in OPERATIONS if each.ids_in], ids=lambda endpoint: endpoint.operation
)
INVALID = "cds-energy:Authorisation/InvalidServicePoint"
UNAVAILABLE = "cds-energy:Authorisation/UnavailableServicePoint"


def a_day(
    point: UUID,
    day: date = DAY,
    suffix: str = "E1",
    *,
    minutes: int = 30,
    values: Sequence[int] | None = None,
    scale: int = 0,
    qualities: tuple[QualityRange, ...] = (),
) -> StoredRead:
    """A day of interval reads, without values of its own: 1, 2, 3 and so on."""
    count = intervals_of_a_day(minutes)
    made = IntervalDay(
        nmi="",
        register_suffix=suffix,
        read_date=day,
        interval_minutes=minutes,
        unit="KWH",
        scale=scale,
        values=tuple(values or range(1, count + 1)),
        qualities=qualities,
        version=VERSION,
        meter_serial="MTR001",
        register_id="1",
    )
    return stored_day(made, point)


def a_basic_read(point: UUID, first: date, last: date, value: int = 1, **columns: Any) -> StoredRead:
    """The read of an accumulation meter."""
    read = StoredRead(
        service_point_id=point,
        read_start_date=first,
        register_suffix="11",
        read_end_date=last,
        register_id=None,
        meter_id=None,
        controlled_load=None,
        unit=None,
        scale=2,
        total=value,
        interval_minutes=None,
        packed=None,
        qualities=None,
        version=market_moment(VERSION),
    )
    return read._replace(**columns)


class Usage:
    """Stores reads of a brand's service points."""

    def __init__(self, brand: Brand) -> None:
        self.brand = brand
        self.today = market_day(brand.application.now)

    async def add(self, *reads: StoredRead) -> None:
        assert await self.brand.run(save_reads, reads) == len(reads)


@pytest.fixture
def usage(brand: Brand) -> Usage:
    return Usage(brand)


async def reads(sharing: Sharing, path: str = BULK, **parameters: Any) -> list[dict[str, Any]]:
    named = {name.replace("_", "-"): str(value) for name, value in parameters.items()}
    response = await sharing.get(path, params=named)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["data"]["reads"]
    return found


def days(found: list[dict[str, Any]]) -> list[str]:
    return [read["readStartDate"] for read in found]


async def test_the_three_operations_give_the_same_reads(
    brand: Brand, sharing: Sharing, points: ServicePoints, usage: Usage
) -> None:
    """C-Q7, C-D8: without `interval-reads` there are sums only. A record is a register of a day."""
    point = await points.add(new_nmi(), sharing.consumer.account_ids[0])
    await usage.add(a_day(point), a_day(point, suffix="B1", values=[-number for number in range(48)]))
    [identifier] = await sharing.point_ids()
    assert identifier != str(point)
    for endpoint in OPERATIONS:
        [(path, options)] = requests(endpoint, {"service-point": [identifier]})
        response = await sharing.get(path, **options, params={"oldest-date": DAY, "newest-date": DAY})
        assert response.headers["x-v"] == "1"
        uri = f"{brand.tenant.secure_base}/cds-au/v1{path}?oldest-date={DAY}&newest-date={DAY}"
        assert response.json() == {
            "data": {
                "reads": [
                    {
                        "servicePointId": identifier,
                        "registerId": "1",
                        "registerSuffix": suffix,
                        "meterId": "MTR001",
                        "readStartDate": str(DAY),
                        "unitOfMeasure": "KWH",
                        "readUType": "intervalRead",
                        "intervalRead": {"aggregateValue": total},
                    }
                    for suffix, total in (("B1", -1128), ("E1", 1176))
                ]
            },
            "links": {"self": uri},
            "meta": {"totalRecords": 2, "totalPages": 1},
        }


async def test_l7_the_label_is_the_start_of_the_interval(sharing: Sharing, points: ServicePoints, usage: Usage) -> None:
    """A day has its 48 values under its own date, and the day before has none. Half hours are sums of five minutes."""
    day, of_five = DAY, DAY + timedelta(days=1)
    point = await points.add(new_nmi(), sharing.consumer.account_ids[0])
    await usage.add(a_day(point), a_day(point, of_five, minutes=5))
    [read] = await reads(sharing, oldest_date=day, newest_date=day, interval_reads="FULL")
    assert read["intervalRead"] == {
        "readIntervalLength": 30,
        "aggregateValue": 1176,
        "intervalReads": list(range(1, 49)),
        "readQualities": [],
    }
    before = day - timedelta(days=1)
    assert await reads(sharing, oldest_date=before, newest_date=before, interval_reads="FULL") == []
    [read] = await reads(sharing, oldest_date=of_five, newest_date=of_five, interval_reads="MIN_30")
    assert read["readStartDate"] == str(of_five)
    half_hours = read["intervalRead"]["intervalReads"]
    assert (len(half_hours), half_hours[0], half_hours[-1]) == (48, 21, 1713)
    assert read["intervalRead"]["readIntervalLength"] == 30
    assert sum(half_hours) == read["intervalRead"]["aggregateValue"]


async def test_l4_qualities_and_the_worst_of_a_half_hour(sharing: Sharing, points: ServicePoints, usage: Usage) -> None:
    """C-U4: only what is not actual is listed. Intervals 5 to 8 of five minutes are in the half hours 1 and 2."""
    point = await points.add(new_nmi(), sharing.consumer.account_ids[0])
    qualities = (
        QualityRange(5, 8, ReadQuality.SUBSTITUTE),
        QualityRange(30, 288, ReadQuality.FINAL_SUBSTITUTE),
    )
    await usage.add(a_day(point, minutes=5, qualities=qualities))
    period = {"oldest_date": DAY, "newest_date": DAY}
    [full] = await reads(sharing, **period, interval_reads="FULL")
    assert full["intervalRead"]["readQualities"] == [
        {"startInterval": 5, "endInterval": 8, "quality": "SUBSTITUTE"},
        {"startInterval": 30, "endInterval": 288, "quality": "FINAL_SUBSTITUTE"},
    ]
    [half_hours] = await reads(sharing, **period, interval_reads="MIN_30")
    assert half_hours["intervalRead"]["readQualities"] == [
        {"startInterval": 1, "endInterval": 2, "quality": "SUBSTITUTE"},
        {"startInterval": 5, "endInterval": 48, "quality": "FINAL_SUBSTITUTE"},
    ]


@pytest.mark.parametrize("form", ["NONE", "MIN_30", "FULL"])
async def test_c_u5_values_have_the_digits_of_the_meter(
    sharing: Sharing, points: ServicePoints, usage: Usage, form: str
) -> None:
    """The text of a number is exact: 0.1 + 0.2 is 0.3, and the sum agrees with the values."""
    point = await points.add(new_nmi(), sharing.consumer.account_ids[0])
    values = [100_000_000, 200_000_000, *[0] * 46]
    await usage.add(a_day(point, values=values, scale=9), a_day(point, suffix="E2", values=[333] * 48, scale=3))
    parameters = {"oldest-date": str(DAY), "newest-date": str(DAY), "interval-reads": form}
    body = (await sharing.get(BULK, params=parameters)).text
    assert '"aggregateValue":0.3' in body
    assert '"aggregateValue":15.984' in body
    assert ('"intervalReads":[0.1,0.2,0.0,' in body) is (form != "NONE")


@pytest.mark.parametrize("day", [date(2025, 4, 6), date(2025, 10, 5)], ids=["April", "October"])
async def test_c_u2_a_day_has_24_hours_also_when_daylight_saving_changes(
    sharing: Sharing, points: ServicePoints, usage: Usage, day: date
) -> None:
    point = await points.add(new_nmi(), sharing.consumer.account_ids[0])
    await usage.add(a_day(point, day, minutes=5))
    for form, count in (("MIN_30", 48), ("FULL", 288)):
        [read] = await reads(sharing, oldest_date=day, newest_date=day, interval_reads=form)
        assert len(read["intervalRead"]["intervalReads"]) == count


async def test_c_i1_reads_are_in_the_order_of_the_nmis_and_not_of_the_ids(
    sharing: Sharing, points: ServicePoints, usage: Usage
) -> None:
    """Of one NMI the newest day is first, then the register suffix. Pages of any size do not overlap."""
    first, second = sharing.consumer.account_ids
    nmis = [new_nmi() for _ in range(5)]
    internal = [await points.add(nmi, first if number % 2 else second) for number, nmi in enumerate(nmis)]
    of_day = [DAY + timedelta(days=number) for number in (1, 0, 2)]
    for point in reversed(internal):
        await usage.add(*(a_day(point, day, suffix) for day in of_day for suffix in ("E2", "B1")))
    identifiers = await sharing.point_ids()
    expected = [
        (identifier, str(day), suffix)
        for identifier in identifiers
        for day in sorted(of_day, reverse=True)
        for suffix in ("B1", "E2")
    ]

    def keys(found: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
        return [(each["servicePointId"], each["readStartDate"], each["registerSuffix"]) for each in found]

    assert keys(await reads(sharing, page_size=1000, newest_date="2025-02-28")) == expected
    for size in (1, 4, 7, 29):
        pages = -(-len(expected) // size)
        found = [
            await sharing.get(BULK, params={"page": page, "page-size": size, "newest-date": "2025-02-28"})
            for page in range(1, pages + 1)
        ]
        assert [key for page in found for key in keys(page.json()["data"]["reads"])] == expected
        assert {page.json()["meta"]["totalRecords"] for page in found} == {30}
        assert {page.json()["meta"]["totalPages"] for page in found} == {pages}
        beyond = await sharing.get(BULK, params={"page": pages + 1, "page-size": size, "newest-date": "2025-02-28"})
        cds_error(beyond, "Field/InvalidPage", f"^{pages}$", 422)


async def test_c_q9_links_keep_the_filters(sharing: Sharing, points: ServicePoints, usage: Usage) -> None:
    point = await points.add(new_nmi(), sharing.consumer.account_ids[0])
    await usage.add(a_day(point), a_day(point, suffix="E2"))
    parameters = {"page-size": "1", "oldest-date": str(DAY), "interval-reads": "MIN_30", "other": "x"}
    links = (await sharing.get(BULK, params=parameters)).json()["links"]
    assert parse_qs(urlsplit(links["next"]).query) == {
        "page": ["2"],
        "page-size": ["1"],
        "oldest-date": [str(DAY)],
        "interval-reads": ["MIN_30"],
    }


async def test_l9_days_that_are_not_there_yet(sharing: Sharing, points: ServicePoints, usage: Usage) -> None:
    """Nothing is padded with zeros, and an empty period is no error."""
    point = await points.add(new_nmi(), sharing.consumer.account_ids[0])
    last = date(2024, 2, 13)
    await usage.add(a_day(point, last))
    assert days(await reads(sharing, oldest_date=last, newest_date="2024-02-15")) == [str(last)]
    response = await sharing.get(BULK, params={"oldest-date": "2024-02-15", "newest-date": "2024-02-15"})
    assert response.json()["data"] == {"reads": []}
    assert response.json()["meta"] == {"totalRecords": 0, "totalPages": 0}
    for query, error in (
        ({"oldest-date": "2024-02-16", "newest-date": "2024-02-15"}, "Field/InvalidDateTime"),
        ({"newest-date": "2024-02-30"}, "Field/InvalidDateTime"),
        ({"newest-date": "20240215"}, "Field/Invalid"),
        ({"interval-reads": "full"}, "Field/Invalid"),
        ({"interval-reads": ""}, "Field/Invalid"),
        ({"page-size": "1001"}, "Field/InvalidPageSize"),
        ({"page": "0"}, "Field/Invalid"),
    ):
        cds_error(await sharing.get(BULK, params=query), error, status=400)


async def test_c_q2_c_q4_the_default_period_ends_today_in_the_market_and_has_24_months(
    sharing: Sharing, points: ServicePoints, usage: Usage
) -> None:
    point = await points.add(new_nmi(), sharing.consumer.account_ids[0])
    today = usage.today
    oldest = today.replace(year=today.year - 2)
    await usage.add(*(a_day(point, day) for day in (today, oldest, oldest - timedelta(days=1))))
    assert days(await reads(sharing)) == [str(today), str(oldest)]
    assert days(await reads(sharing, newest_date="2099-01-01")) == [str(today), str(oldest)]
    assert len(await reads(sharing, oldest_date="2000-01-01")) == 3, "C-P6: older reads are given if asked for"


async def test_c_u6_a_basic_read_is_given_if_it_overlaps_the_period(
    sharing: Sharing, points: ServicePoints, usage: Usage
) -> None:
    point = await points.add(new_nmi(), sharing.consumer.account_ids[0])
    quarter, next_quarter = date(2025, 1, 10), date(2025, 4, 10)
    await usage.add(
        a_basic_read(point, quarter, next_quarter - timedelta(days=1), 61250),
        a_basic_read(point, next_quarter, next_quarter, -1, qualities='[[1,1,"SUBSTITUTE"]]', scale=0),
    )
    found = await reads(sharing, oldest_date="2025-03-01", newest_date="2025-03-01", interval_reads="FULL")
    [identifier] = await sharing.point_ids()
    assert found == [
        {
            "servicePointId": identifier,
            "registerSuffix": "11",
            "readStartDate": "2025-01-10",
            "readEndDate": "2025-04-09",
            "readUType": "basicRead",
            "basicRead": {"value": 612.5},
        }
    ]
    [later, _] = await reads(sharing, oldest_date="2025-04-09", newest_date="2025-04-10")
    assert (later["basicRead"], "readEndDate" in later) == ({"quality": "SUBSTITUTE", "value": -1}, False)
    assert days(await reads(sharing, oldest_date="2025-04-10", newest_date="2025-04-30")) == ["2025-04-10"]
    assert days(await reads(sharing, newest_date="2025-01-10")) == ["2025-01-10"]
    assert await reads(sharing, newest_date="2025-01-09") == []


async def test_c_p7_an_open_account_gives_the_days_before_its_supply_began(
    brand: Brand, sharing: Sharing, points: ServicePoints, usage: Usage
) -> None:
    point = await points.add(new_nmi())
    await points.supply(point, sharing.consumer.account_ids[0], usage.today)
    await usage.add(a_day(point, usage.today - timedelta(days=300)))
    assert len(await reads(sharing)) == 1


async def _close(brand: Brand, account_id: UUID, ended: date | None) -> None:
    await brand.execute(update(account).where(account.c.id == account_id).values(open_status="CLOSED"))
    await brand.execute(update(supply).where(supply.c.account_id == account_id).values(valid_to=ended))


async def test_c_p5_c_p8_a_closed_account_gives_the_days_of_holding_and_supply_of_two_years(
    brand: Brand, sharing: Sharing, points: ServicePoints, usage: Usage
) -> None:
    """Also by its id, which the recipient may know, although the operations of service points do not list it."""
    first, _ = sharing.consumer.account_ids
    point = await points.add(new_nmi(), first)
    [identifier] = await sharing.point_ids()
    held = usage.today - timedelta(days=400)
    ended = usage.today - timedelta(days=100)
    theirs = holding.c.account_id == first
    await brand.execute(update(holding).where(theirs).values(valid_from=held))
    at = [held - timedelta(days=1), held, ended, ended + timedelta(days=1), usage.today]
    await usage.add(*(a_day(point, day) for day in at))
    await usage.add(
        a_basic_read(point, held - timedelta(days=3), held + timedelta(days=3)),
        a_basic_read(point, held + timedelta(days=4), held + timedelta(days=5)),
        a_basic_read(point, ended - timedelta(days=3), ended + timedelta(days=3)),
    )
    assert len(await reads(sharing)) == 8
    await _close(brand, first, ended)
    assert await sharing.point_ids() == []
    expected = [str(ended), str(held + timedelta(days=4)), str(held)]
    assert days(await reads(sharing)) == expected
    assert days(await reads(sharing, f"/energy/electricity/servicepoints/{identifier}/usage")) == expected
    assert days(await reads(sharing, oldest_date=held + timedelta(days=5), newest_date=usage.today)) == expected[:2]
    assert await reads(sharing, newest_date=held - timedelta(days=1)) == []
    await brand.execute(update(holding).where(theirs).values(valid_from=date(2020, 1, 1)))
    await brand.execute(update(supply).where(supply.c.account_id == first).values(valid_from=date(2020, 1, 1)))
    two_years_ago = usage.today.replace(year=usage.today.year - 2)
    await usage.add(a_day(point, two_years_ago), a_day(point, two_years_ago - timedelta(days=1)))
    assert days(await reads(sharing, oldest_date="2010-01-01"))[-1] == str(two_years_ago)


async def test_c_p10_a_service_point_of_an_open_and_a_closed_account_gives_each_read_once(
    brand: Brand, sharing: Sharing, points: ServicePoints, usage: Usage
) -> None:
    point = await points.add(new_nmi(), *sharing.consumer.account_ids)
    await usage.add(*(a_day(point, usage.today - timedelta(days=number)) for number in (0, 50, 150)))
    await _close(brand, sharing.consumer.account_ids[0], usage.today - timedelta(days=100))
    assert len(await reads(sharing)) == 3


async def test_a_closed_account_with_two_periods_gives_both_in_order(
    brand: Brand, sharing: Sharing, points: ServicePoints, usage: Usage
) -> None:
    first, _ = sharing.consumer.account_ids
    point = await points.add(new_nmi())
    today = usage.today
    ago = [today - timedelta(days=number) for number in range(301)]
    await points.supply(point, first, ago[300], ago[200])
    await points.supply(point, first, ago[100], ago[50])
    await usage.add(*(a_day(point, ago[number]) for number in (300, 200, 199, 101, 100, 50, 49)))
    assert days(await reads(sharing)) == [str(ago[number]) for number in (50, 100, 200, 300)]
    assert days(await reads(sharing, page_size=1, page=3)) == [str(ago[200])]


@naming
async def test_c_e1_c_e2_an_id_that_is_not_shared_is_invalid_and_a_withheld_one_is_unavailable(
    brand: Brand, sharing: Sharing, points: ServicePoints, endpoint: Endpoint
) -> None:
    first, _ = sharing.consumer.account_ids
    status = 404 if endpoint.ids_in == "path" else 422
    other = await brand.share()
    point = await points.add(new_nmi(), first)
    await points.add(new_nmi(), other.consumer.account_ids[0])
    [identifier], [foreign] = await sharing.point_ids(), await other.point_ids()

    async def ask(named: str) -> httpx.Response:
        [(path, options)] = requests(endpoint, {"service-point": [named]})
        return await sharing.get(path, **options)

    for named in ("made-up", foreign, str(point), (await sharing.account_ids())[0]):
        cds_error(await ask(named), INVALID, f"^{named}$", status)
    await brand.customers.set_option(first, "no-disclosure")
    cds_error(await ask(identifier), UNAVAILABLE, f"^{identifier}$", status)
    await _close(brand, first, None)
    cds_error(await ask(identifier), INVALID, f"^{identifier}$", status)


@operations
async def test_the_scope_of_usage_is_needed(brand: Brand, endpoint: Endpoint) -> None:
    without = await brand.share(scope="openid energy:electricity.servicepoints.basic:read")
    for path, options in requests(endpoint, {"service-point": ["anything"]}):
        response = await without.get(path, **options)
        cds_error(response, "Authorisation/InvalidConsent", "energy:electricity.usage:read", 403)


async def test_a_read_whose_values_are_damaged_is_left_out_and_logged(
    brand: Brand, sharing: Sharing, points: ServicePoints, usage: Usage, caplog: pytest.LogCaptureFixture
) -> None:
    point = await points.add(new_nmi(), sharing.consumer.account_ids[0])
    await usage.add(a_day(point), a_day(point, suffix="E2"))
    damaged = update(usage_read).where(usage_read.c.service_point_id == point, usage_read.c.register_suffix == "E2")
    await brand.execute(damaged.values(packed=pack_values([1] * 47)))
    found = await reads(sharing, newest_date=DAY, interval_reads="FULL")
    assert [read["registerSuffix"] for read in found] == ["E1"]
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == ["sources.invalid_item"]
    assert len(await reads(sharing, newest_date=DAY)) == 2, "the sum alone does not need the values"


async def test_no_connection_is_held_while_the_response_is_sent(
    brand: Brand, sharing: Sharing, points: ServicePoints, usage: Usage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C-D8: the rows are read in the transaction that checks the token, which has ended before the first byte."""
    point = await points.add(new_nmi(), sharing.consumer.account_ids[0])
    await usage.add(a_day(point, minutes=5), a_day(point, suffix="E2", minutes=5))
    pool = brand.application.database._nodes["main"].requests
    long = brand.application.database._nodes["main"].long
    in_use: list[int] = []
    unpack = stored_usage.unpack_values

    def observed(*arguments: Any) -> Any:
        in_use.append(len(pool._in_use) + len(long._in_use))
        return unpack(*arguments)

    monkeypatch.setattr(stored_usage, "unpack_values", observed)
    assert len(await reads(sharing, newest_date=DAY, interval_reads="FULL")) == 2
    assert in_use == [1, 0], "only the first read is made before the transaction ends"


async def test_a_page_of_many_service_points_has_those_that_it_touches(
    sharing: Sharing, points: ServicePoints, usage: Usage
) -> None:
    made = [await points.add(new_nmi(), sharing.consumer.account_ids[0]) for _ in range(30)]
    await usage.add(*(a_day(point, DAY + timedelta(days=number)) for point in made for number in range(3)))
    listed = await sharing.get("/energy/electricity/servicepoints", params={"page-size": 1000})
    identifiers = [point["servicePointId"] for point in listed.json()["data"]["servicePoints"]]
    page = await reads(sharing, newest_date="2025-02-28", page=9, page_size=10)
    assert [read["servicePointId"] for read in page] == [identifiers[number // 3] for number in range(80, 90)]
