"""Filters, order and pages of items in memory, as the store has them in SQL."""

from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.cds.pagination import PageRequest
from tenants.cds.resource_ids import AccountId
from tenants.sources.contract import ResourceQuery
from tenants.sources.selection import selected
from tests.support.declared import BILL, Bill


def bill(number: str, day: int) -> Bill:
    return Bill(accountId=AccountId("a"), number=number, issueDate=date(2026, 1, day), servicePoints=[])


def numbers(page: PageRequest | None = None, **period: date) -> tuple[list[str], int]:
    filters: dict[str, Any] = {
        "newest-date": period.get("newest", date(2026, 1, 31)),
        "oldest-date": period.get("oldest", date(2026, 1, 1)),
    }
    items = [bill("c", 5), bill("b", 7), bill("a", 5), bill("d", 9)]
    found = selected(ResourceQuery(BILL, (), filters, page), items, lambda item: item.number)
    return [item.number for item in found.items], found.total_records


def test_items_are_in_the_order_of_the_resource_and_equal_ones_in_the_order_of_the_tie() -> None:
    assert numbers() == (["d", "b", "a", "c"], 4)


def test_both_ends_of_a_period_belong_to_it() -> None:
    """C-Q1."""
    assert numbers(oldest=date(2026, 1, 5), newest=date(2026, 1, 7)) == (["b", "a", "c"], 3)
    assert numbers(oldest=date(2026, 1, 6), newest=date(2026, 1, 6)) == ([], 0)


def test_pages_do_not_overlap_and_the_total_is_that_of_all_pages() -> None:
    assert numbers(PageRequest(1, 3)) == (["d", "b", "a"], 4)
    assert numbers(PageRequest(2, 3)) == (["c"], 4)
    assert numbers(PageRequest(3, 3)) == ([], 4)


@settings(deadline=None, database=None, derandomize=True, max_examples=60)
@given(
    st.lists(st.builds(bill, st.text("abc", min_size=1, max_size=2), st.integers(1, 9)), max_size=25),
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(1, 12),
)
def test_pages_are_slices_of_the_whole_list_in_its_order(
    items: list[Bill], oldest: int, newest: int, size: int
) -> None:
    period = {"newest-date": date(2026, 1, newest), "oldest-date": date(2026, 1, oldest)}
    inside = [item for item in items if oldest <= item.issueDate.day <= newest]
    whole = sorted(inside, key=lambda item: (-item.issueDate.day, item.number))

    def read(page: PageRequest | None) -> list[Bill]:
        found = selected(ResourceQuery(BILL, (), period, page), items, lambda item: item.number)
        assert found.total_records == len(whole)
        return found.items

    assert read(None) == whole
    for number in range(1, len(items) // size + 3):
        assert read(PageRequest(number, size)) == whole[(number - 1) * size : number * size]
