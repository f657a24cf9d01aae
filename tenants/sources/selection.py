"""The selection of items that a source has in memory: filters, order and pages, as the store has them in SQL."""

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

from tenants.cds.pagination import Page
from tenants.operations.models import Order
from tenants.sources.contract import ResourceQuery


def selected(query: ResourceQuery, items: Iterable[Any], tie: Callable[[Any], Any] | None = None) -> Page[Any]:
    """Return the page of a query from all items of its owners, with the number of items that fulfil the query.

    Items that are equal in the order of the resource are ordered by `tie`, or stay in their order.
    """
    found = [item for item in items if fulfils(query, item)]
    if tie is not None:
        found.sort(key=tie)
    in_order = reduce(_sorted, reversed(query.resource.order), found)  # a sort keeps the order of equal items
    if query.page is None:
        return Page(in_order, len(in_order))
    first = query.page.offset
    return Page(in_order[first : first + query.page.size], len(in_order))


def fulfils(query: ResourceQuery, item: Any) -> bool:
    """Return whether an item fulfils the filters of a query."""
    for by in query.resource.filters:
        wanted, value = query.filters[by.parameter], getattr(item, by.field)
        if wanted is not None and (value is None or not by.compare(value, wanted)):
            return False
    return True


def _sorted(items: list[Any], by: Order) -> list[Any]:
    """Return the items in the order of a field. Items without the field come last in both directions."""
    present = [item for item in items if getattr(item, by.field) is not None]
    absent = [item for item in items if getattr(item, by.field) is None]
    return sorted(present, key=lambda item: getattr(item, by.field), reverse=by.descending) + absent
