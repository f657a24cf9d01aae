"""Usage of a brand whose market source is AEMO, through the whole application."""

import json
import logging
import tracemalloc
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, update

from haas.clock import MovableClock
from tenants.accounts.internal_ids import service_point_id
from tenants.accounts.service import market_day
from tenants.accounts.tables import account, holding, service_point, supply
from tenants.aemo.service import COUNTED_BATCH
from tenants.arrangements.tables import authorisation, authorised_account
from tenants.operations.filters import months_before
from tests.apps.resources.aemo.conftest import (
    POINTS,
    PREFIX,
    UNAVAILABLE_POINT,
    USAGE,
    Shared,
    errors_of,
    forget_answers,
    new_nmi,
    with_points,
)
from tests.apps.resources.conftest import Brand, Sharing
from tests.apps.resources.test_disclosure_ledger import recorded
from tests.support.aemo import ARRAYS, ScriptedHub, UsageOfHub, nmis_of, read_of, refusal
from tests.support.https_server import ReceivedRequest
from tests.support.service_points import ServicePoints

DAY = timedelta(days=1)
MOST_MEMORY: Final = 48 * 1024 * 1024


def asked(request: ReceivedRequest) -> dict[str, str]:
    query = request.path.partition("?")[2]
    return dict(each.split("=") for each in query.split("&"))


def days_of(today: date, number: int) -> dict[str, str]:
    return {"oldest-date": str(today - (number - 1) * DAY), "newest-date": str(today)}


async def reads_of(shared: Shared, path: str = USAGE, **parameters: Any) -> list[dict[str, Any]]:
    response = await shared.get(path, params={"page-size": 1000, **parameters})
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["data"]["reads"]
    return found


async def test_both_dates_are_always_sent_and_reach_back_two_years_at_most(
    brand: Brand,
    hub: ScriptedHub,
    shared: Shared,
    usage: UsageOfHub,
) -> None:
    """C-A12, C-P7: AEMO's default is not that of the standards. The supply's start does not narrow an open account."""
    today = market_day(brand.application.now)
    oldest = months_before(today, 24)
    (first, *_) = await shared.ids()
    await brand.execute(
        update(supply).where(supply.c.service_point_id == shared.internal[0]).values(valid_from=today - 3 * DAY)
    )
    hub.requests.clear()
    path = f"{POINTS}/{first}/usage"
    for parameters, sent in (
        ({}, (oldest, today)),
        ({"newest-date": str(today - 10 * DAY)}, (oldest, today - 10 * DAY)),
        ({"oldest-date": "2010-01-01", "newest-date": str(today - DAY)}, (oldest, today - DAY)),
        ({"oldest-date": str(today - DAY), "newest-date": str(today + 30 * DAY)}, (today - DAY, today)),
    ):
        await reads_of(shared, path, **parameters)
        assert (asked(hub.requests[-1])["oldest-date"], asked(hub.requests[-1])["newest-date"]) == tuple(map(str, sent))
    number = len(hub.requests)
    assert await reads_of(shared, path, **{"oldest-date": "2010-01-01", "newest-date": "2010-12-31"}) == []
    assert len(hub.requests) == number, "an empty window needs no request"


@pytest.mark.parametrize("form", ["NONE", "MIN_30", "FULL"])
async def test_arrays_of_numbers_reach_the_recipient_as_aemo_sent_them(
    brand: Brand,
    hub: ScriptedHub,
    shared: Shared,
    usage: UsageOfHub,
    form: str,
) -> None:
    """C-Q5, C-U4: `readQualities` is never left out beside reads, and nothing of both is there for NONE."""
    today = market_day(brand.application.now)
    usage.read = lambda nmi, day, suffix, _: read_of(nmi, day, suffix, **ARRAYS["FULL"])  # AEMO sends arrays always
    if form == "MIN_30":
        usage.read = lambda nmi, day, suffix, _: read_of(nmi, day, suffix, **ARRAYS["MIN_30"])
    response = await shared.get(USAGE, params={**days_of(today, 1), "interval-reads": form})
    read, *_ = response.json()["data"]["reads"]
    if form == "NONE":
        assert read["intervalRead"] == {"aggregateValue": 24.0}
        return
    assert read["intervalRead"] == {"aggregateValue": 24.0, "readQualities": [], **ARRAYS[form]}
    assert json.dumps(ARRAYS[form]["intervalReads"]).encode() in response.content  # the spaces are those of AEMO
    assert {asked(request)["interval-reads"] for request in hub.requests} == {form}


async def test_intervals_as_objects_are_rewritten_with_their_qualities(
    brand: Brand,
    hub: ScriptedHub,
    shared: Shared,
    usage: UsageOfHub,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """C-A13, C-U4: 1-based ranges of what is not actual. AEMO's own examples also have `meterID`."""
    caplog.set_level(logging.INFO)
    today = market_day(brand.application.now)
    qualities = ["ACTUAL", "SUBSTITUTE", "SUBSTITUTE", "FINAL_SUBSTITUTE", "ACTUAL", "E"]
    objects = [{"quality": quality, "value": number / 4} for number, quality in enumerate(qualities)]
    interval = {"aggregateValue": 3.75, "readIntervalLength": 5, "intervalReads": objects}
    usage.read = lambda nmi, day, suffix, _: {**read_of(nmi, day, suffix, **interval), "meterID": "M1"}
    (read, *_) = await reads_of(shared, **days_of(today, 1), **{"interval-reads": "FULL"})
    assert (read["meterId"], "meterID" in read) == ("M1", False)
    assert read["intervalRead"] == {
        "aggregateValue": 3.75,
        "readIntervalLength": 5,
        "intervalReads": [0, 0.25, 0.5, 0.75, 1, 1.25],
        "readQualities": [
            {"startInterval": 2, "endInterval": 3, "quality": "SUBSTITUTE"},
            {"startInterval": 4, "endInterval": 4, "quality": "FINAL_SUBSTITUTE"},
            {"startInterval": 6, "endInterval": 6, "quality": "SUBSTITUTE"},
        ],
    }
    assert {("intervalRead.intervalReads", "form"), ("meterId", "name")} == {
        (record.field, record.kind)  # type: ignore[attr-defined]
        for record in caplog.records
        if record.message == "aemo.deviation"
    }


async def test_reads_with_missing_parts_are_mended(
    brand: Brand,
    hub: ScriptedHub,
    shared: Shared,
    usage: UsageOfHub,
) -> None:
    """C-A13, C-D15: a suffix is that of the register's id, `meterID` is read, and a missing sum is computed."""
    today = market_day(brand.application.now)

    def read(nmi: str, day: date, suffix: str, _: str) -> dict[str, Any]:
        found = read_of(nmi, day, suffix, aggregateValue=None, readIntervalLength=30, intervalReads=[0.1] * 48)
        return {**found, "registerSuffix": None, "registerId": "E7", "meterID": "M1"}

    usage.read = read
    (found, *_) = await reads_of(shared, **days_of(today, 1), **{"interval-reads": "FULL"})
    assert (found["registerSuffix"], found["meterId"]) == ("E7", "M1")
    assert found["intervalRead"]["aggregateValue"] == pytest.approx(4.8)


async def test_reads_that_cannot_be_used_are_left_out_and_the_others_are_answered(
    brand: Brand,
    hub: ScriptedHub,
    shared: Shared,
    usage: UsageOfHub,
) -> None:
    today = market_day(brand.application.now)
    broken: dict[str, Any] = {
        shared.nmis[0]: {"intervalReads": ["a"], "readIntervalLength": 30},
        shared.nmis[1]: {"intervalReads": [0.5] * 48, "readIntervalLength": None},
    }
    usage.read = lambda nmi, day, suffix, _: read_of(nmi, day, suffix, **broken.get(nmi, ARRAYS["FULL"]))
    found = await reads_of(shared, **days_of(today, 1), **{"interval-reads": "FULL"})
    assert len(found) == 1


async def test_basic_reads_are_passed_on(
    brand: Brand,
    hub: ScriptedHub,
    shared: Shared,
    usage: UsageOfHub,
) -> None:
    today = market_day(brand.application.now)
    usage.read = lambda nmi, day, suffix, _: {
        "servicePointId": nmi,
        "registerSuffix": suffix,
        "readStartDate": str(day - 90 * DAY),
        "readEndDate": str(day),
        "readUType": "basicRead",
        "basicRead": {"value": -12.5, "quality": "SUBSTITUTE"},
    }
    (found, *_) = await reads_of(shared, **days_of(today, 1))
    assert found["basicRead"] == {"quality": "SUBSTITUTE", "value": -12.5}


async def test_reads_are_in_the_order_of_the_nmis_and_of_each_the_newest_first(
    brand: Brand,
    hub: ScriptedHub,
    shared: Shared,
    usage: UsageOfHub,
) -> None:
    """C-I1: of the NMI, and not of the id that the recipient sees; whatever the order of AEMO is."""
    today = market_day(brand.application.now)
    usage.suffixes = ("B1", "E1")
    answer = hub.answer

    def shuffled(request: ReceivedRequest) -> tuple[int, object]:
        status, body = answer(request)
        if isinstance(body, dict):
            body["data"].get("reads", []).reverse()
        return status, body

    hub.answer = shuffled
    internal = dict(zip(await point_ids(shared), shared.nmis, strict=True))
    found = await reads_of(shared, **days_of(today, 3))
    keys = [(internal[read["servicePointId"]], read["readStartDate"], read["registerSuffix"]) for read in found]
    assert keys == [
        (nmi, str(today - number * DAY), suffix)
        for nmi in shared.nmis
        for number in range(3)
        for suffix in ("B1", "E1")
    ]


async def point_ids(shared: Shared) -> list[str]:
    return await shared.sharing.point_ids()


async def test_the_pages_of_aemo_are_fetched_once_and_page_sizes_make_no_more_requests(
    brand: Brand,
    hub: ScriptedHub,
    sharing: Sharing,
    participant: str,
    points: ServicePoints,
    usage: UsageOfHub,
) -> None:
    """C-A10, C-D8, C-D9, C-Q8: requests are bounded by the window and the NMIs."""
    shared = await with_points(sharing, points, 1)
    usage.suffixes = ("E1", "E2")
    identifier, *_ = await point_ids(shared)
    hub.requests.clear()
    path = f"{POINTS}/{identifier}/usage"
    whole = await shared.get(path, params={"page-size": 1000})
    total = whole.json()["meta"]["totalRecords"]
    assert total == 2 * (
        (
            date.fromisoformat(asked(hub.requests[0])["newest-date"])
            - date.fromisoformat(asked(hub.requests[0])["oldest-date"])
        ).days
        + 1
    )
    assert len(hub.requests) == 2
    assert asked(hub.requests[1])["continuation-token"] == "t"
    for page in (1, 2, 700, total):
        response = await shared.get(path, params={"page-size": 1, "page": page})
        assert len(response.json()["data"]["reads"]) == 1
    beyond = await shared.get(path, params={"page-size": 1000, "page": 9})
    assert (beyond.status_code, errors_of(beyond)[0]["detail"]) == (422, "2")
    assert len(hub.requests) == 2


async def many_accounts(brand: Brand, sharing: Sharing, number: int) -> list[UUID]:
    """Add accounts to those that a consumer shares, and return `number` of them."""
    rows = [
        {
            "id": uuid4(),
            "reference": uuid4().hex,
            "open_status": "OPEN",
            "creation_date": date(2020, 1, 1),
            "summary": {},
            "detail": {},
            "updated_at": brand.application.now,
        }
        for _ in range(number - len(sharing.consumer.account_ids))
    ]
    ids = [row["id"] for row in rows]
    await brand.execute(insert(account).values(rows))
    held = {"customer_id": sharing.consumer.customer_id, "role": "holder", "valid_from": date(2020, 1, 1)}
    await brand.execute(insert(holding).values([{**held, "account_id": each} for each in ids]))
    ((authorisation_id,),) = await brand.execute(
        select(authorisation.c.id).where(authorisation.c.arrangement_id == sharing.arrangement_id)
    )
    given = {"authorisation_id": authorisation_id, "approval": "approved"}
    await brand.execute(insert(authorised_account).values([{**given, "account_id": each} for each in ids]))
    return [*sharing.consumer.account_ids, *ids]


async def test_the_first_page_of_many_service_points_needs_few_requests(
    brand: Brand,
    hub: ScriptedHub,
    sharing: Sharing,
    participant: str,
    points: ServicePoints,
    usage: UsageOfHub,
    clock: MovableClock,
) -> None:
    """A-7, C-A10: 2,000 accounts and 5,000 NMIs; the counts first, and then only the service points of the page.

    AEMO has agreed no number of requests, so most of the burst is used. After 4.5 s the answer would be 504. A page in
    the middle is fetched with the memory measured: it includes what this process has of the test and of the hub.
    """
    number = 5_000
    account_ids = await many_accounts(brand, sharing, 2_000)
    start = int(new_nmi()) + 100_000
    nmis = [str(start + each) for each in range(number)]
    now = brand.application.now
    rows = [
        {"id": service_point_id(nmi), "reference": nmi, "national_metering_id": nmi, "detail": {}, "updated_at": now}
        for nmi in nmis
    ]
    await brand.execute(insert(service_point).values(rows))
    supplies = [
        {"account_id": account_ids[each % 2_000], "service_point_id": row["id"], "valid_from": date(2020, 1, 1)}
        for each, row in enumerate(rows)
    ]
    await brand.execute(insert(supply).values(supplies))
    response = await sharing.get(USAGE)
    assert response.status_code == 200, response.text
    counted = [request for request in hub.requests if request.method == "POST" and asked(request)["page-size"] == "1"]
    fetched = [request for request in hub.requests if request not in counted]
    days = response.json()["meta"]["totalRecords"] // number
    assert days * number == response.json()["meta"]["totalRecords"]
    assert sorted(len(nmis_of(request)) for request in counted) == [COUNTED_BATCH] * (number // COUNTED_BATCH)
    assert {asked(request)["interval-reads"] for request in counted} == {"NONE"}
    assert len(fetched) == 1
    assert f"/{nmis[0]}/usage" in fetched[0].path
    hub.requests.clear()
    later = await sharing.get(USAGE, params={"page": 2})
    assert later.status_code == 200
    assert hub.requests == []  # the second page is of the same service point
    clock.move(timedelta(seconds=10))  # for new tokens of the bucket
    tracemalloc.start()
    middle = await sharing.get(USAGE, params={"page": 50, "page-size": 1000})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert middle.status_code == 200, middle.text
    assert len(middle.json()["data"]["reads"]) == 1_000
    assert peak < MOST_MEMORY


async def test_a_page_in_the_middle_counts_only_what_it_needs_to_find_its_service_points(
    brand: Brand,
    hub: ScriptedHub,
    sharing: Sharing,
    participant: str,
    points: ServicePoints,
    usage: UsageOfHub,
) -> None:
    shared = await with_points(sharing, points, 12)
    identifiers = dict(zip(await point_ids(shared), shared.nmis, strict=True))
    forget_answers(brand)
    hub.requests.clear()
    first = (await shared.get(USAGE)).json()
    days = first["meta"]["totalRecords"] // 12
    page = await shared.get(USAGE, params={"page-size": days, "page": 8})
    assert {identifiers[read["servicePointId"]] for read in page.json()["data"]["reads"]} == {shared.nmis[7]}
    fetched = [request.path for request in hub.requests if request.method == "GET"]
    assert {path.split("/")[-2] for path in fetched} == {shared.nmis[0], shared.nmis[7]}
    assert len(hub.requests) <= 12


async def test_aemos_other_word_for_half_hours_is_used_if_it_refuses_the_one_of_the_standards(
    brand: Brand,
    hub: ScriptedHub,
    shared: Shared,
    usage: UsageOfHub,
) -> None:
    """C-A11: the standards say MIN_30, AEMO's page says 30MIN. What AEMO accepts is remembered."""
    today = market_day(brand.application.now)
    usage.read = lambda nmi, day, suffix, _: read_of(nmi, day, suffix, **ARRAYS["MIN_30"])

    def answer(request: ReceivedRequest) -> tuple[int, object]:
        if asked(request)["interval-reads"] == "MIN_30":
            return 400, refusal(f"{PREFIX}cds-all:Field/Invalid", "interval-reads")
        return usage(request)

    hub.answer = answer
    for number in (1, 2):
        assert await reads_of(shared, **days_of(today, number), **{"interval-reads": "MIN_30"})
    assert [asked(request)["interval-reads"] for request in hub.requests] == ["MIN_30", "30MIN", "30MIN"]


async def test_another_refusal_of_the_content_is_an_error_of_aemo(
    brand: Brand,
    hub: ScriptedHub,
    shared: Shared,
) -> None:
    """C-A20: 400 is about our request."""
    hub.answer = lambda _: (400, refusal(f"{PREFIX}cds-all:Field/Invalid", "oldest-date"))
    response = await shared.get(USAGE, params={"interval-reads": "MIN_30"})
    assert response.status_code == 500
    assert errors_of(response)[0]["isSecondaryDataHolderError"] is True


async def test_a_service_point_of_a_closed_account_is_asked_for_the_days_of_its_customer_only(
    brand: Brand,
    hub: ScriptedHub,
    sharing: Sharing,
    participant: str,
    points: ServicePoints,
    usage: UsageOfHub,
) -> None:
    """C-P5, C-P7, C-P8, C-P9: only the retailer knows the days of a closed account. Other reads are withheld."""
    today = market_day(brand.application.now)
    first, last = today - 100 * DAY, today - 50 * DAY
    shared = await with_points(sharing, points, 2)
    closed = sharing.consumer.account_ids[1]
    await brand.execute(update(account).where(account.c.id == closed).values(open_status="CLOSED"))
    left = await points.add(new_nmi())
    await points.supply(left, closed, first, last)
    nmi = (await brand.execute(service_point.select().where(service_point.c.id == left)))[0].national_metering_id
    usage.read = lambda nmi, day, suffix, _: read_of(nmi, day - DAY, suffix)  # AEMO ignores the window by one day
    found = await reads_of(shared, **days_of(today, 70))
    sent = {
        tuple(nmis_of(request) if request.method == "POST" else [request.path.split("/")[-2]]): asked(request)
        for request in hub.requests
    }
    assert (sent[(nmi,)]["oldest-date"], sent[(nmi,)]["newest-date"]) == (str(today - 69 * DAY), str(last))
    assert (sent[tuple(shared.nmis)]["oldest-date"]) == str(today - 69 * DAY)
    per_point: dict[str, list[str]] = {}
    for read in found:
        per_point.setdefault(read["servicePointId"], []).append(read["readStartDate"])
    assert sorted(map(len, per_point.values())) == [19, 69, 69]
    hub.requests.clear()
    assert len(await reads_of(shared, **days_of(today, 40))) == 2 * 39  # nothing of the closed account
    assert all(nmi not in str(request) for request in hub.requests)


async def test_a_service_point_under_two_accounts_is_asked_for_once(
    brand: Brand,
    hub: ScriptedHub,
    sharing: Sharing,
    participant: str,
    points: ServicePoints,
    usage: UsageOfHub,
) -> None:
    """C-P10: each record once."""
    today = market_day(brand.application.now)
    await points.add(new_nmi(), *sharing.consumer.account_ids)
    response = await sharing.get(USAGE, params=days_of(today, 5))
    assert len(response.json()["data"]["reads"]) == 5
    assert len(hub.requests) == 1
    owners = {(account_id, "energy:electricity.usage:read"): 1 for account_id in sharing.consumer.account_ids}
    assert await recorded(brand, sharing) == owners


async def test_reads_before_the_consumer_change_date_are_withheld_once_it_is_known(
    brand: Brand,
    hub: ScriptedHub,
    shared: Shared,
    usage: UsageOfHub,
) -> None:
    """C-P9: AEMO cuts there itself. If it does not, we do, without a further request for the date."""
    today = market_day(brand.application.now)
    changed = today - 2 * DAY
    assert len(await reads_of(shared, **days_of(today, 5))) == 15
    plain = hub.item
    hub.item = lambda path, nmi: {**(plain(path, nmi) or {}), "lastConsumerChangeDate": str(changed)}
    await shared.get()
    number = len(hub.requests)
    assert len(await reads_of(shared, **days_of(today, 5))) == 9
    assert len(hub.requests) == number


async def test_pages_and_totals_are_those_of_the_reads_that_are_disclosed(
    brand: Brand,
    hub: ScriptedHub,
    sharing: Sharing,
    participant: str,
    points: ServicePoints,
    usage: UsageOfHub,
) -> None:
    """C-P9, C-A10: reads before the consumer change date are in no page and in no number of records."""
    shared = await with_points(sharing, points, 12)
    changed = market_day(brand.application.now) - 9 * DAY
    plain = hub.item
    hub.item = lambda path, nmi: {**(plain(path, nmi) or {}), "lastConsumerChangeDate": str(changed)}
    await shared.get()
    internal = dict(zip(await point_ids(shared), shared.nmis, strict=True))
    expected = [(nmi, str(changed + (9 - number) * DAY)) for nmi in shared.nmis for number in range(10)]
    found: list[tuple[str, str]] = []
    for page in range(1, 6):
        body = (await shared.get(USAGE, params={"page": str(page), "page-size": "25"})).json()
        assert body["meta"] == {"totalRecords": 120, "totalPages": 5}
        found += [(internal[read["servicePointId"]], read["readStartDate"]) for read in body["data"]["reads"]]
    assert found == expected


async def test_a_refused_service_point_is_left_out_of_a_list_and_unavailable_alone(
    brand: Brand,
    hub: ScriptedHub,
    shared: Shared,
    usage: UsageOfHub,
) -> None:
    """C-D6 for usage: also where the reads are counted."""
    today = market_day(brand.application.now)
    refused = shared.nmis[1]
    identifiers = await point_ids(shared)

    def answer(request: ReceivedRequest) -> tuple[int, object]:
        named = request.path if request.method == "GET" else str(nmis_of(request))
        return (404, refusal("InvalidSP-X", refused)) if refused in named else usage(request)

    hub.answer = answer
    assert {read["servicePointId"] for read in await reads_of(shared, **days_of(today, 2))} == {
        identifiers[0],
        identifiers[2],
    }
    bulk = await shared.get(USAGE)  # two years: the reads are counted
    days = (today - months_before(today, 24)).days + 1
    assert bulk.json()["meta"]["totalRecords"] == 2 * days
    single = await shared.get(f"{POINTS}/{identifiers[1]}/usage")
    assert single.status_code == 404
    (error,) = errors_of(single)
    assert (error["code"], error["meta"]["urn"], error["detail"]) == ("InvalidSP-X", UNAVAILABLE_POINT, identifiers[1])


async def test_specific_usage_asks_for_the_named_service_points_only(
    brand: Brand,
    hub: ScriptedHub,
    shared: Shared,
    usage: UsageOfHub,
) -> None:
    today = market_day(brand.application.now)
    identifiers = await point_ids(shared)
    hub.requests.clear()
    response = await shared.post(USAGE, [identifiers[2], identifiers[0]], params=days_of(today, 1))
    assert [read["servicePointId"] for read in response.json()["data"]["reads"]] == [identifiers[0], identifiers[2]]
    assert hub.batches() == [[shared.nmis[0], shared.nmis[2]]]
