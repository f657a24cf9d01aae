"""Usage over HTTP: windows, intervals, signs, order and pages."""

from datetime import date, timedelta
from typing import Any

import pytest

from ops.sandbox.ehub.calendar_days import months_before
from ops.sandbox.ehub.models import PointSettings
from tests.ops.sandbox.ehub.conftest import RunningEHub
from tests.ops.sandbox.ehub.retailer import Retailer, code_of, errors_of

FIVE_MINUTES, CONTROLLED, SOLAR, HALF_HOURS, DAILY, QUARTERLY = (f"410200001{digit}" for digit in (0, 3, 4, 6, 8, 9))
BIG = [f"{4102000000 + number}" for number in range(5_000)]
DAY = timedelta(days=1)


async def reads_of(retailer: Retailer, nmi: str, **query: Any) -> list[dict[str, Any]]:
    response = await retailer.usage_of(nmi, **query)
    assert response.status_code == 200, response.text
    reads: list[dict[str, Any]] = response.json()["data"]["reads"]
    return reads


async def test_reads_are_newest_first_and_by_nmi(ehub: RunningEHub, retailer: Retailer) -> None:
    """C-I1, C-Q1: both ends of the window are included."""
    oldest, newest = ehub.today - 3 * DAY, ehub.today - DAY
    response = await retailer.usage([SOLAR, FIVE_MINUTES], oldest_date=oldest, newest_date=newest)
    found = [
        (read["servicePointId"], read["readStartDate"], read["registerSuffix"])
        for read in response.json()["data"]["reads"]
    ]
    days = [str(newest), str(newest - DAY), str(oldest)]
    assert found == [
        *((FIVE_MINUTES, day, "E1") for day in days),
        *((SOLAR, day, suffix) for day in days for suffix in ("B1", "E1")),
    ]
    assert response.json()["meta"] == {"totalRecords": 9, "totalPages": 1}


async def test_the_answer_is_the_same_each_time(ehub: RunningEHub, retailer: Retailer) -> None:
    query = {"oldest_date": ehub.today - 5 * DAY, "interval_reads": "FULL"}
    assert await reads_of(retailer, SOLAR, **query) == await reads_of(retailer, SOLAR, **query)


@pytest.mark.parametrize(("nmi", "minutes"), [(FIVE_MINUTES, 5), (HALF_HOURS, 30)])
async def test_intervals_add_up_in_every_form(ehub: RunningEHub, retailer: Retailer, nmi: str, minutes: int) -> None:
    """C-Q5, C-U5."""
    query = {"oldest_date": ehub.today - DAY, "newest_date": ehub.today - DAY}
    (none,), (half_hours,), (full,) = [
        await reads_of(retailer, nmi, interval_reads=word, **query) for word in ("NONE", "MIN_30", "FULL")
    ]
    assert none["intervalRead"].keys() == {"aggregateValue"}
    assert full["intervalRead"]["readIntervalLength"] == minutes
    assert len(full["intervalRead"]["intervalReads"]) == 1440 // minutes
    assert half_hours["intervalRead"]["readIntervalLength"] == 30
    assert len(half_hours["intervalRead"]["intervalReads"]) == 48
    for read in (half_hours, full):
        total = round(sum(read["intervalRead"]["intervalReads"]), 3)
        assert total == read["intervalRead"]["aggregateValue"] == none["intervalRead"]["aggregateValue"] > 0
        assert "readQualities" in read["intervalRead"]


async def test_exports_are_negative_in_a_register_of_their_own(ehub: RunningEHub, retailer: Retailer) -> None:
    """C-U3."""
    reads = await reads_of(retailer, SOLAR, oldest_date=ehub.today - DAY, interval_reads="FULL")
    by_suffix = {read["registerSuffix"]: read["intervalRead"] for read in reads}
    assert by_suffix.keys() == {"B1", "E1"}
    assert by_suffix["B1"]["aggregateValue"] < 0 < by_suffix["E1"]["aggregateValue"]
    assert max(by_suffix["B1"]["intervalReads"]) == 0
    assert min(by_suffix["E1"]["intervalReads"]) > 0


async def test_a_controlled_load_has_a_register_of_its_own(ehub: RunningEHub, retailer: Retailer) -> None:
    reads = await reads_of(retailer, CONTROLLED, oldest_date=ehub.today - DAY)
    assert [(read["registerSuffix"], read["controlledLoad"]) for read in reads] == [("E1", False), ("E2", True)]


async def test_basic_reads_are_of_days_or_quarters(ehub: RunningEHub, retailer: Retailer) -> None:
    daily = await reads_of(retailer, DAILY, oldest_date=ehub.today - 3 * DAY, interval_reads="FULL")
    assert [(read["readStartDate"], read["readEndDate"]) for read in daily] == [
        (str(ehub.today - days * DAY), str(ehub.today - days * DAY)) for days in (1, 2, 3)
    ]
    assert all(read["readUType"] == "basicRead" and read["basicRead"]["value"] > 0 for read in daily)
    quarterly = await reads_of(retailer, QUARTERLY)
    assert len(quarterly) in {7, 8}
    for read in quarterly:
        begin, end = (date.fromisoformat(read[name]) for name in ("readStartDate", "readEndDate"))
        assert begin.month in {1, 4, 7, 10}
        assert begin.day == 1
        assert 89 <= (end - begin).days <= 91
        assert end < ehub.today


async def test_a_meter_that_is_not_installed_has_no_reads(ehub: RunningEHub, retailer: Retailer) -> None:
    """C-D5, case L9: no reads are an empty page."""
    await ehub.hub.points.put("4102000500", PointSettings(participant_id="BANKSIA", meter="none"))
    response = await retailer.usage_of("4102000500")
    assert response.json()["data"] == {"reads": []}
    assert response.json()["meta"] == {"totalRecords": 0, "totalPages": 0}
    detail = (await retailer.detail("4102000500")).json()["data"]
    assert (detail["servicePointStatus"], detail["meters"]) == ("GREENFIELD", [])
    await ehub.hub.points.remove("4102000500")


async def test_without_dates_the_window_is_24_months_until_yesterday(ehub: RunningEHub, retailer: Retailer) -> None:
    """C-A12: AEMO counts from today, whatever newest-date is."""
    earliest = months_before(ehub.today, 24)
    newest = earliest + 9 * DAY
    reads = await reads_of(retailer, HALF_HOURS, newest_date=newest)
    assert len(reads) == 10
    assert (reads[0]["readStartDate"], reads[-1]["readStartDate"]) == (str(newest), str(earliest))
    response = await retailer.usage_of(HALF_HOURS, page_size=1)
    assert response.json()["meta"]["totalRecords"] == (ehub.today - earliest).days
    assert response.json()["data"]["reads"][0]["readStartDate"] == str(ehub.today - DAY)


async def test_an_older_date_is_clamped_or_refused(ehub: RunningEHub, retailer: Retailer) -> None:
    """C-A12."""
    earliest = months_before(ehub.today, 24)
    query = {"oldest_date": earliest - 400 * DAY, "newest_date": earliest}
    assert [read["readStartDate"] for read in await reads_of(retailer, FIVE_MINUTES, **query)] == [str(earliest)]
    ehub.hub.change_settings(old_dates="refuse")
    assert code_of(await retailer.usage_of(FIVE_MINUTES, **query), 400) == "Field/InvalidDateTime"
    accepted = await retailer.usage_of(FIVE_MINUTES, oldest_date=earliest, newest_date=earliest)
    assert accepted.status_code == 200


async def test_the_days_follow_the_movable_clock(ehub: RunningEHub, retailer: Retailer) -> None:
    newest = (await reads_of(retailer, FIVE_MINUTES, page_size=1))[0]["readStartDate"]
    ehub.clock.move(DAY)
    assert (await reads_of(retailer, FIVE_MINUTES, page_size=1))[0]["readStartDate"] > newest


async def test_reads_before_a_change_of_the_consumer_are_left_out(ehub: RunningEHub, retailer: Retailer) -> None:
    """C-P7: the day of the change is included, if it is in the window."""
    nmi, changed = "4102000600", ehub.today - 10 * DAY
    await ehub.hub.points.put(nmi, PointSettings(participant_id="BANKSIA", last_consumer_change_date=changed))
    reads = await reads_of(retailer, nmi)
    assert reads[-1]["readStartDate"] == str(changed)
    before = await reads_of(retailer, nmi, oldest_date=changed - 5 * DAY, newest_date=changed - DAY)
    assert len(before) == 5, "a window that ends before the change is not cut: the data holder must do that"
    assert (await retailer.detail(nmi)).json()["data"]["lastConsumerChangeDate"] == str(changed)
    await ehub.hub.points.remove(nmi)


async def test_without_a_change_of_the_consumer_reads_begin_when_the_participant_is_responsible(
    ehub: RunningEHub, retailer: Retailer
) -> None:
    """C-P7: with a change in the window, the time before the participant was responsible is answered too."""
    nmi, since = "4102000700", ehub.today - 10 * DAY
    settings = {"participant_id": "BANKSIA", "financially_responsible_since": since}
    await ehub.hub.points.put(nmi, PointSettings(**settings, last_consumer_change_date=None))
    assert (await reads_of(retailer, nmi))[-1]["readStartDate"] == str(since)
    earlier = since - 10 * DAY
    await ehub.hub.points.put(nmi, PointSettings(**settings, last_consumer_change_date=earlier))
    assert (await reads_of(retailer, nmi))[-1]["readStartDate"] == str(earlier)
    await ehub.hub.points.remove(nmi)


async def test_the_word_for_half_hours_is_a_setting(ehub: RunningEHub, retailer: Retailer) -> None:
    """C-A11."""
    assert code_of(await retailer.usage_of(HALF_HOURS, interval_reads="30MIN"), 400) == "Field/Invalid"
    ehub.hub.change_settings(half_hour_word="30MIN")
    assert code_of(await retailer.usage_of(HALF_HOURS, interval_reads="MIN_30"), 400) == "Field/Invalid"
    (read,) = await reads_of(retailer, HALF_HOURS, interval_reads="30MIN", oldest_date=ehub.today - DAY)
    assert len(read["intervalRead"]["intervalReads"]) == 48


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"oldest_date": "2026-02-30"}, "Field/InvalidDateTime"),
        ({"newest_date": "today"}, "Field/Invalid"),
        ({"newest_date": "20260201"}, "Field/Invalid"),
        ({"interval_reads": "full"}, "Field/Invalid"),
        ({"page": 0}, "Field/Invalid"),
        ({"page_size": 1001}, "Field/InvalidPageSize"),
    ],
)
async def test_a_wrong_parameter_is_refused(retailer: Retailer, query: dict[str, Any], code: str) -> None:
    assert code_of(await retailer.usage_of(FIVE_MINUTES, **query), 400) == code
    assert code_of(await retailer.usage([FIVE_MINUTES], **query), 400) == code


async def test_a_window_that_ends_before_it_begins_has_no_reads(ehub: RunningEHub, retailer: Retailer) -> None:
    assert await reads_of(retailer, SOLAR, oldest_date=ehub.today - DAY, newest_date=ehub.today - 2 * DAY) == []


async def test_the_pages_of_a_list_join_without_a_gap(ehub: RunningEHub, retailer: Retailer) -> None:
    """C-A10: a walk along `next` is the whole answer, and each page says the same totals."""
    nmis = [QUARTERLY, SOLAR, FIVE_MINUTES, DAILY]
    query = {"oldest_date": ehub.today - 40 * DAY, "newest_date": ehub.today - DAY}
    whole = (await retailer.usage(nmis, **query, page_size=1000)).json()
    response = await retailer.usage(nmis, **query, page_size=37)
    pages = [response.json()]
    while "next" in pages[-1]["links"]:
        response = await retailer.follow(pages[-1]["links"]["next"], nmis)
        assert response.status_code == 200, response.text
        pages.append(response.json())
    assert [read for page in pages for read in page["data"]["reads"]] == whole["data"]["reads"]
    total = len(whole["data"]["reads"])
    assert {(page["meta"]["totalRecords"], page["meta"]["totalPages"]) for page in pages} == {(total, -(-total // 37))}
    assert pages[0]["links"].keys() == {"self", "next", "last"}
    assert pages[-1]["links"].keys() == {"self", "first", "prev"}


async def test_a_later_page_is_reached_by_its_token_only(ehub: RunningEHub, retailer: Retailer) -> None:
    """C-A10: a constructed page, and a token of another request, are refused."""
    query = {"page_size": 10, "oldest_date": ehub.today - 40 * DAY}
    (error,) = errors_of(await retailer.usage_of(SOLAR, **query, page=2), 400)
    assert (error["code"], error["detail"]) == ("urn:au-cds:error:cds-all:Field/Missing", "continuation-token")
    following = (await retailer.usage_of(SOLAR, **query)).json()["links"]["next"]
    assert (await retailer.follow(following)).status_code == 200
    for changed in (
        following.replace("page=2", "page=3"),
        following.replace("page-size=10", "page-size=11"),
        following.replace(SOLAR, FIVE_MINUTES),
        following.replace(str(ehub.today - 40 * DAY), str(ehub.today - 41 * DAY)),
    ):
        assert changed != following
        assert code_of(await retailer.follow(changed), 400) == "Field/Invalid"
    ehub.hub.change_settings(continuation_tokens=False)
    assert (await retailer.usage_of(SOLAR, **query, page=2)).status_code == 200


async def test_a_page_after_the_last_one_is_refused(ehub: RunningEHub, retailer: Retailer) -> None:
    ehub.hub.change_settings(continuation_tokens=False)
    refused = await retailer.usage_of(QUARTERLY, page=2)
    (error,) = errors_of(refused, 422)
    assert (error["code"], error["detail"]) == ("urn:au-cds:error:cds-all:Field/InvalidPage", "1")


async def test_two_years_of_5000_service_points_are_counted_and_paged(ehub: RunningEHub, retailer: Retailer) -> None:
    """A-7: nothing but the records of one page is generated."""
    ehub.hub.change_settings(nmis_of_a_request=5_000)
    response = await retailer.usage(BIG, interval_reads="FULL", page_size=25)
    days = (ehub.today - months_before(ehub.today, 24)).days
    with_one_register = sum(nmi[-1] in "01268" for nmi in BIG)
    with_two_registers = sum(nmi[-1] in "3457" for nmi in BIG)
    expected = (with_one_register + 2 * with_two_registers) * days
    quarters = response.json()["meta"]["totalRecords"] - expected
    assert quarters / sum(nmi[-1] == "9" for nmi in BIG) in {7, 8}
    assert len(response.json()["data"]["reads"]) == 25
    assert {read["servicePointId"] for read in response.json()["data"]["reads"]} == {BIG[0]}
