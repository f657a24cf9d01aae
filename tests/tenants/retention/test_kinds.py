"""Every table is in exactly one row of the retention table, and the page is the table."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from tenants.retention.kinds import KINDS, page, six_years_before
from tenants.retention.store import AFTER_SIX_YEARS
from tenants.tables import control, tenant

PAGE = Path(__file__).parents[3] / "docs" / "retention.md"


def test_every_table_has_one_kind_of_record() -> None:
    listed = Counter(table for kind in KINDS for table in kind.tables)
    assert set(listed) == {table.name for schema in (control, tenant) for table in schema.tables.values()}
    assert [table for table, times in listed.items() if times > 1] == []


def test_what_is_purged_after_six_years_is_what_the_table_says() -> None:
    said = {table for kind in KINDS if kind.kept == "6 years" for table in kind.tables}
    purged = {purge.table.name for purge in AFTER_SIX_YEARS}
    with_their_parents = {
        "authorisation",
        "authorised_account",
        "account_approval",
        "affected_disclosure",
        "disclosure_answer",
    }
    assert said == purged | with_their_parents
    held = {table for kind in KINDS if kind.holdable for table in kind.tables}
    assert {purge.table.name for purge in AFTER_SIX_YEARS} - {"legal_hold"} <= held


def test_the_page_is_made_from_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_six_years_before_a_leap_day() -> None:
    assert six_years_before(datetime(2028, 2, 29, 12, tzinfo=UTC)) == datetime(2022, 2, 28, 12, tzinfo=UTC)
    assert six_years_before(datetime(2026, 11, 27, tzinfo=UTC)) == datetime(2020, 11, 27, tzinfo=UTC)
