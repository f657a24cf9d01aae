"""Filters, order and pages of items in memory, as the store has them in SQL."""

from datetime import date
from typing import Any

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
