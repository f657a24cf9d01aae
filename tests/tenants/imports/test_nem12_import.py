"""Importing NEM12 files: what is stored, which version applies, and what is reported. The cases are from reports."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from haas.database import Database
from tenants.accounts.service import market_day
from tenants.imports import nem12_import
from tenants.imports.files import FileLimits
from tenants.registry.models import Tenant
from tenants.usage import store
from tenants.usage.tables import usage_read
from tests.support.nem12 import END, HEADER, L4_EVENTS, NMI, datastream, day
from tests.support.usage import UsageFiles, fixes, problems

DAY = "2024-02-01"
LATER, EARLIER = "20240203120025", "20240202120025"
KEY = (NMI, DAY, "E1")


@pytest.fixture
async def files(database: Database, clock: Any, tenant: Tenant, tmp_path: Path) -> UsageFiles:
    found = UsageFiles(database, clock.now(), tenant, tmp_path)
    await found.add_point()
    return found


def file(*records: str) -> list[str]:
    return [HEADER, datastream(), *records, END]


async def test_a_day_is_stored_with_all_that_the_file_says(files: UsageFiles) -> None:
    report = await files.load(HEADER, datastream("B1", 15, serial="MTR7"), day(["1.25"] * 95 + ["0.5"], "F14"), END)
    assert (report.problem_count, report.fix_count, report.loaded) == (0, 0, {"day of interval reads": 1})
    [row] = await files.rows()
    assert row.version == datetime(2024, 2, 2, 2, 0, 25, tzinfo=UTC)
    assert (row.read_start_date, row.read_end_date, row.register_suffix) == (date(2024, 2, 1), date(2024, 2, 1), "B1")
    assert (row.meter_id, row.register_id, row.controlled_load, row.unit) == ("MTR7", "1", None, "KWH")
    assert (row.scale, row.total, row.interval_minutes) == (2, -11925, 15)
    assert row.qualities == [[1, 96, "FINAL_SUBSTITUTE"]]
    assert await files.values() == {(NMI, DAY, "B1"): (-125,) * 95 + (-50,)}


@pytest.mark.parametrize(("first", "second", "total"), [(EARLIER, LATER, 159984), (LATER, EARLIER, 53328)])
async def test_l1_a_download_that_breaks_every_rule_of_the_envelope(
    files: UsageFiles, first: str, second: str, total: int
) -> None:
    """The later version of the day applies, and the two are never added. Another register is another record."""
    report = await files.load(
        "",
        datastream(),
        day(["1.111"] * 48, updated=first),
        datastream("Q1"),
        day(["0.2"] * 48),
        "900",
        "",
        datastream(),
        day(["3.333"] * 48, updated=second),
        "900",
    )
    assert problems(report) == []
    assert [str(fix).partition(": $: ")[2] for fix in report.fixes] == [
        "empty line",
        "expected a 100 record, found a 200 record",
        "empty line",
        "expected a 100 record, found a 200 record",
    ]
    assert {(row.register_suffix, row.total, row.unit) for row in await files.rows()} == {
        ("E1", total, "KWH"),
        ("Q1", 96, "KVARH"),
    }
    assert report.loaded == {"day of interval reads": 2, "earlier version in the same file": 1}


async def test_l2_the_number_of_values_does_not_fit_the_interval_length(files: UsageFiles) -> None:
    """Exactly the bad rows are reported with their lines, and the good days are stored."""
    report = await files.load(
        HEADER,
        datastream(minutes=15),
        day([1] * 288),
        day([2] * 96, date="20240202"),
        datastream(minutes=30),
        day([3] * 47, date="20240203"),
        day([1] * 95 + ["A"] + [1] * 192, date="20240204"),
        END,
    )
    assert [problem.partition(": $: ")[0] for problem in problems(report)] == [
        "reads.csv:3",
        "reads.csv:6",
        "reads.csv:7",
    ]
    assert "expected 96 values before the quality flag, found 288" in problems(report)[0]
    assert list(await files.values()) == [(NMI, "2024-02-02", "E1")]


async def test_l4_variable_quality(files: UsageFiles) -> None:
    """A set of 400 records with a gap refuses its day only."""
    await files.load(*file(day([1] * 48, "V"), *L4_EVENTS, day([1] * 48, "V", date="20240202"), L4_EVENTS[0]))
    assert [(str(row.read_start_date), row.qualities) for row in await files.rows()] == [
        (DAY, [[1, 20, "FINAL_SUBSTITUTE"], [25, 48, "SUBSTITUTE"]])
    ]


async def test_importing_a_file_again_changes_nothing(files: UsageFiles) -> None:
    content = file(day([1] * 48), day([2] * 48, date="20240202"))
    await files.load(*content)
    before = await files.rows()
    report = await files.load(*content)
    assert report.loaded == {"day of interval reads unchanged": 2}
    assert await files.rows() == before


@pytest.mark.parametrize(
    ("updated", "applies"), [(EARLIER, True), (LATER, True), ("20240101000000", False)], ids=["same", "later", "older"]
)
async def test_c_u9_a_day_is_replaced_unless_the_stored_version_is_later(
    files: UsageFiles,
    updated: str,
    applies: bool,  # noqa: FBT001
) -> None:
    """A corrected file can have the time of the wrong one."""
    await files.load(*file(day([1] * 48, updated=EARLIER)))
    report = await files.load(*file(day([2] * 48, updated=updated)))
    assert await files.values() == {KEY: ((2 if applies else 1),) * 48}
    assert report.loaded == {"day of interval reads" if applies else "day of interval reads unchanged": 1}


async def test_the_result_does_not_depend_on_where_a_batch_ends(
    files: UsageFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nem12_import, "DAYS_AT_ONCE", 1)
    content = file(day([1] * 48, updated=LATER), day([2] * 48, updated=EARLIER), day([3] * 48, updated=LATER))
    await files.load(*content)
    assert await files.values() == {KEY: (3,) * 48}


async def test_a_service_point_that_the_tenant_does_not_have_is_reported_and_not_created(files: UsageFiles) -> None:
    report = await files.load(
        HEADER, datastream(nmi="NMI9999999"), day([1] * 48), day([1] * 48, date="20240202"), datastream(), day([1] * 48)
    )
    reason = "the service point with the NMI NMI9999999 is not loaded"
    assert problems(report) == [f"reads.csv:3: $: {reason}", f"reads.csv:4: $: {reason}"]
    assert list(await files.values()) == [KEY]


async def test_a_service_point_is_found_by_the_first_ten_characters_of_its_nmi(files: UsageFiles) -> None:
    """C-I6: the retailer may store the NMI with its check digit."""
    await files.add_point("NMI00000028")
    report = await files.load(HEADER, datastream(nmi="NMI0000002"), day([1] * 48), END)
    assert problems(report) == []
    assert list(await files.values()) == [("NMI00000028", DAY, "E1")]


async def test_days_and_versions_that_cannot_be_are_reported(files: UsageFiles) -> None:
    today = market_day(files.now)
    tomorrow = f"{today + timedelta(days=1):%Y%m%d}"
    report = await files.load(
        *file(
            day([1] * 48, date="19981212"),
            day([1] * 48, date=tomorrow),
            day([1] * 48, updated="99991231235959"),
            day([10**14] * 48, date="20240202"),
            day([1] * 48, date=f"{today:%Y%m%d}"),
        )
    )
    assert [problem.partition(": $: ")[2] for problem in problems(report)] == [
        "the read is of 1998-12-12, before the market began on 1998-12-13",
        f"the read is of {today + timedelta(days=1)}, a day that has not begun",
        "the data was updated at 9999-12-31T23:59:59+10:00, which is in the future",
        "the sum of the day has more than 15 digits",
    ]
    assert [key[1] for key in await files.values()] == [str(today)]


async def test_batches_before_a_failure_stay_and_the_next_import_adds_the_rest(
    files: UsageFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nem12_import, "DAYS_AT_ONCE", 1)
    content = file(*(day([number] * 48, date=f"2024020{number}") for number in (1, 2, 3)))
    written = 0
    save_reads = store.save_reads

    async def failing(*arguments: Any) -> int:
        nonlocal written
        written += 1
        if written == 2:
            raise ConnectionError("the server was killed")
        return await save_reads(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(nem12_import, "save_reads", failing)
        with pytest.raises(Exception, match="killed"):
            await files.load(*content)
    assert [key[1] for key in await files.values()] == ["2024-02-01"]
    report = await files.load(*content)
    assert report.loaded == {"day of interval reads": 2, "day of interval reads unchanged": 1}


async def test_reads_can_be_read_and_another_point_written_while_a_batch_is_open(files: UsageFiles) -> None:
    """Nobody waits for a batch that has not been committed."""
    await files.load(*file(day([1] * 48)))
    async with files.database.transaction(files.tenant.namespace, "long") as tx:
        await tx.execute(update(usage_read).values(total=7))
        async with asyncio.timeout(1):
            assert [row.total for row in await files.rows()] == [48]


async def test_the_progress_is_the_number_of_bytes_that_were_read(files: UsageFiles) -> None:
    seen: list[int] = []
    await files.load(*file(day([1] * 48)), progress=seen.append)
    assert seen[-1] == (files.folder / "reads.csv").stat().st_size
    assert seen == sorted(seen)


async def test_a_file_that_is_too_long_is_read_up_to_the_limit(files: UsageFiles) -> None:
    report = await files.load(*file(day([1] * 48)), limits=FileLimits(file_bytes=100))
    assert "longer than 100 bytes" in problems(report)[0]
    assert await files.values() == {}
    assert fixes(report)[-1:] == ["reads.csv:2: $: the file ends without a 900 record; it may be incomplete"]


@pytest.mark.parametrize("ahead", [timedelta(), timedelta(days=400)])
async def test_old_reads_are_deleted_service_point_by_service_point(files: UsageFiles, ahead: timedelta) -> None:
    await files.load(*file(day([1] * 48), day([1] * 48, date="20240202")))
    async with files.database.transaction(files.tenant.namespace) as tx:
        assert await store.delete_reads_before(tx, date(2024, 2, 2) + ahead) == (2 if ahead else 1)
    assert len(await files.rows()) == (0 if ahead else 1)
