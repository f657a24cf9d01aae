"""The meter reads of the data benchmark."""

from datetime import date, timedelta

from ops.bench.data.reads import DAYS_OF_DAILY_READS, Reads
from ops.bench.data.sizes import Sizes
from tenants.usage.packed_values import unpack_values

SIZES = Sizes(customers=4, accounts=2, points=2, months=24)
TODAY = date(2026, 11, 26)
DAY = timedelta(days=1)


def test_a_service_point_with_5_minute_reads_has_each_day_of_24_months() -> None:
    [_, with_one_register, with_export, _] = [household.sites[0] for household in (SIZES.business, *SIZES.households())]
    reads = list(Reads(SIZES, TODAY).of(with_one_register))
    assert [read.read_start_date for read in reads] == [date(2024, 11, 26) + number * DAY for number in range(730)]
    assert {read.register_suffix for read in reads} == {"E1"}
    assert {read.total for read in reads} == {sum(unpack_values(read.packed or b"", 288)) for read in reads}
    assert {read.qualities is None for read in reads} == {True, False}
    exported = [read for read in Reads(SIZES, TODAY).of(with_export) if read.register_suffix == "B1"]
    assert len(exported) == 730
    assert max(read.total for read in exported) < 0


def test_other_service_points_have_daily_reads_of_90_days() -> None:
    reads = list(Reads(SIZES, TODAY).of(SIZES.business.sites[0]))
    assert [read.read_start_date for read in reads] == [
        TODAY - days * DAY for days in range(DAYS_OF_DAILY_READS, 0, -1)
    ]
    assert {(read.interval_minutes, read.packed) for read in reads} == {(None, None)}
    assert all(read.read_end_date == read.read_start_date for read in reads)


def test_the_same_day_gives_the_same_reads() -> None:
    first, again = (list(Reads(SIZES, TODAY).of(SIZES.households()[0].sites[0])) for _ in range(2))
    assert first == again
