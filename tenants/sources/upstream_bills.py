"""Invoices and billing transactions of the retailer's own server: lists that come in parts, newest first (C-X4).

The lists of several accounts are merged. Of each list, only the parts are read that can have an item of the page or
before it. The server says how many items there are in all. If it does not, all of them are read and counted.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from haas.concurrency import all_of
from tenants.cds.pagination import Page
from tenants.operations.models import Resource
from tenants.operations.resources import BILLING, INVOICES
from tenants.sources.contract import ResourceQuery
from tenants.sources.selection import fulfils, selected
from tenants.sources.upstream_items import unreadable, valid_items
from tenants.upstream.client import UpstreamCall
from tenants.upstream.errors import UpstreamUnavailable, UpstreamWithheld
from tenants.upstream.messages import MAXIMUM_ITEMS
from tenants.upstream.operations import LIST_INVOICES, LIST_TRANSACTIONS, UpstreamOperation

logger = logging.getLogger(__name__)

MAXIMUM_READ: Final = 50_000
"""The most items that are read for one page. They are in memory together."""
SMALLEST_PART: Final = 25
OnWithheld = Callable[[UpstreamWithheld, UUID], Awaitable[None]]
_OPERATIONS: Final[Mapping[Resource, UpstreamOperation]] = {INVOICES: LIST_INVOICES, BILLING: LIST_TRANSACTIONS}


class _Part(msgspec.Struct, frozen=True):
    invoices: list[msgspec.Raw] = []
    transactions: list[msgspec.Raw] = []
    cursor: str | None = None
    total: int | None = None


class _Answer(msgspec.Struct, frozen=True):
    data: _Part


_decode = msgspec.json.Decoder(_Answer).decode


class BillList:
    """The invoices or transactions of one account in the period of a query, as far as they are read."""

    def __init__(self, asked: UpstreamCall, query: ResourceQuery, owner: UUID, reference: str) -> None:
        """Nothing is read yet. `reference` is the retailer's id of the account `owner`."""
        self.owner = owner
        self._asked = asked
        self._query = query
        self._reference = reference
        self._operation = _OPERATIONS[query.resource]
        self._period = _period(query, owner)
        self._cursor: str | None = None
        self._total: int | None = None
        self._outside = 0
        self.is_complete = self._period is None
        self.items: list[Any] = []
        self.read = 0

    @property
    def total(self) -> int:
        """The number of items. Those that do not follow the standards are counted, as in the store."""
        return (self.read if self._total is None else max(self._total, self.read)) - self._outside

    @property
    def is_counted(self) -> bool:
        """Whether `total` is the number of all items, and not of those that are read."""
        return self.is_complete or self._total is not None

    def may_have_more(self, cutoff: Any) -> bool:
        """Return whether an item that is not read can be as new as `cutoff`, or is needed to count all. None: any."""
        if self.is_complete:
            return False
        if not self.is_counted or cutoff is None or not self.items:
            return True
        return bool(getattr(self.items[-1], str(self._query.resource.dated_by)) >= cutoff)

    def leave_out(self) -> None:
        """Forget the list, because the server withholds it."""
        self.items, self.read, self._outside, self._total, self.is_complete = [], 0, 0, 0, True

    async def read_part(self, limit: int) -> None:
        """Read the next part. Raises UpstreamWithheld, UpstreamUnavailable."""
        query = {**(self._period or {}), "limit": str(limit)}
        if self._cursor is not None:
            query["cursor"] = self._cursor
        part = _decoded(self._operation, await self._asked.ask(self._operation, self._reference, query=query))
        raw = part.invoices or part.transactions
        found = valid_items(self._query.resource, self._query.resource.item, raw)
        kept = list(self._belonging(found))
        self.read += len(raw)
        self.items += kept
        self._outside += len(found) - len(kept)
        self._total = part.total
        # A server whose cursor does not move, or whose parts are empty, must not be asked for ever.
        self.is_complete = part.cursor is None or part.cursor == self._cursor or not raw
        self._cursor = part.cursor

    def _belonging(self, items: Sequence[Any]) -> Iterator[Any]:
        """Yield the items of the account and the period. The log says if there are others: the server must filter."""
        for item in items:
            if item.accountId.value != str(self.owner):
                logger.error("upstream.other_object", extra={"operation": self._operation.name})
            elif not fulfils(self._query, item) or not _is_given(self._query, self.owner, item):
                logger.warning("upstream.outside_the_period", extra={"operation": self._operation.name})
            else:
                yield item


async def page_of(
    query: ResourceQuery, lists: Sequence[BillList], concurrent: int, withheld: OnWithheld | None = None
) -> Page[Any]:
    """Return the page of a query from the lists of its accounts. `concurrent` of them are read at the same time.

    A list that the server withholds is passed to `withheld` and left out. Raises UpstreamUnavailable, also if too many
    items are needed; and UpstreamWithheld, if `withheld` is None.
    """

    async def read(one: BillList, limit: int) -> None:
        try:
            await one.read_part(limit)
        except UpstreamWithheld as error:
            if withheld is None:
                raise
            one.leave_out()
            await withheld(error, one.owner)

    wanted = MAXIMUM_READ if query.page is None else query.page.offset + query.page.size
    limit = min(max(SMALLEST_PART, 2 * -(-wanted // max(len(lists), 1))), MAXIMUM_ITEMS)
    pending = [each for each in lists if not each.is_complete]
    while pending:
        for first in range(0, len(pending), concurrent):
            await all_of(read(each, limit) for each in pending[first : first + concurrent])
        if sum(each.read for each in lists) > MAXIMUM_READ:
            logger.error("upstream.too_many_items", extra={"resource": query.resource.name})
            raise UpstreamUnavailable(f"more than {MAXIMUM_READ} items are needed for one page")
        dates = sorted((_date_of(query, item) for each in lists for item in each.items), reverse=True)
        cutoff = dates[wanted - 1] if len(dates) >= wanted else None
        if _is_after_the_end(query, lists):
            break
        limit = MAXIMUM_ITEMS
        pending = [each for each in lists if each.may_have_more(cutoff)]
    items = [item for each in lists for item in each.items]
    page = selected(query, items, lambda item: item.accountId.value)
    return Page(page.items, sum(each.total for each in lists))


def _is_after_the_end(query: ResourceQuery, lists: Sequence[BillList]) -> bool:
    """Return whether the page begins after the last item: nothing more needs to be read to refuse it."""
    is_counted = all(each.is_counted for each in lists)
    return query.page is not None and is_counted and query.page.offset >= sum(each.total for each in lists)


def _date_of(query: ResourceQuery, item: Any) -> Any:
    return getattr(item, str(query.resource.dated_by))


def _is_given(query: ResourceQuery, owner: UUID, item: Any) -> bool:
    """Return whether an item of a closed account is new enough to be given (C-P5)."""
    if query.closed is None or owner not in query.closed.ids:
        return True
    dated = _date_of(query, item)
    given_from: Any = query.closed.given_from
    return bool(dated >= (given_from if isinstance(dated, datetime) else given_from.date()))


def _period(query: ResourceQuery, owner: UUID) -> dict[str, str] | None:
    """Return the parameters of the period in which items of an account are given, or None if it is empty.

    That of a closed account begins when its items are given from (C-P5).
    """
    newest_by, oldest_by = (by.parameter for by in query.resource.filters)
    newest: Any = query.filters[newest_by]
    oldest: Any = query.filters[oldest_by]
    if query.closed is not None and owner in query.closed.ids:
        given_from: Any = query.closed.given_from
        oldest = max(oldest, given_from if isinstance(oldest, datetime) else given_from.date())
    return {oldest_by: _written(oldest), newest_by: _written(newest)} if oldest <= newest else None


def _written(end: date | datetime) -> str:
    if isinstance(end, datetime):
        return end.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return end.isoformat()


def _decoded(operation: UpstreamOperation, body: bytes) -> _Part:
    try:
        return _decode(body).data
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise unreadable(operation.name) from None
