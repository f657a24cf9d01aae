"""The checks of the lists of invoices and transactions of a retailer's own server (C-X4, C-X7)."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

from tenants.upstream import operations as server
from tenants.upstream.messages import MAXIMUM_ITEMS
from tenants.upstream.operations import UpstreamOperation

MAXIMUM_PARTS: Final = 50
_TWO_YEARS: Final = timedelta(days=730)

Ask = Callable[..., Awaitable[Any]]
Found = Callable[[UpstreamOperation, str, str, str, str], None]


class BillOperation(NamedTuple):
    """An operation that lists invoices or transactions."""

    operation: UpstreamOperation
    member: str
    """The member of the data that has the items."""
    dated_by: str
    oldest: str
    """The parameter of the first end of the period."""
    newest: str

    def period(self, oldest: datetime | date, newest: datetime | date) -> dict[str, str]:
        """Return the parameters of a period."""
        return {self.oldest: _written(oldest), self.newest: _written(newest)}

    def until(self, now: datetime) -> dict[str, str]:
        """Return the parameters of the two years before a moment."""
        ends = (now - _TWO_YEARS, now)
        return (
            self.period(*ends) if self.operation is server.LIST_TRANSACTIONS else self.period(*map(datetime.date, ends))
        )


BILL_OPERATIONS: Final = (
    BillOperation(server.LIST_INVOICES, "invoices", "issueDate", "oldest-date", "newest-date"),
    BillOperation(server.LIST_TRANSACTIONS, "transactions", "executionDateTime", "oldest-time", "newest-time"),
)


class BillsCheck:
    """Checks one list of one account. `ask` returns the data of a response or None, and `found` reports a deviation."""

    def __init__(self, listed: BillOperation, account_id: str, ask: Ask, found: Found) -> None:
        """Nothing is asked yet."""
        self._listed = listed
        self._account_id = account_id
        self._ask = ask
        self._report = found

    async def run(self, now: datetime) -> None:
        """Check the last two years, then the parts of the list, and then the ends of a period."""
        period = self._listed.until(now)
        items = await self._all(period, MAXIMUM_ITEMS)
        if items is None:
            return
        if any(item.accountId.value != self._account_id for item in items):
            self._found("[].accountId", "another id", "the id of the request", "C-X2")
        dates = self._dates(items)
        if dates != sorted(dates, reverse=True):
            self._found("", "another order", "newest first", "C-X4")
        if not items:
            return
        in_parts = await self._all(period, max(1, -(-len(items) // MAXIMUM_PARTS)))
        if in_parts is not None and in_parts != items:
            self._found(" in several parts", "other items", "those of one response", "C-X4")
        await self._ends(dates, items)

    async def _ends(self, dates: list[Any], items: list[Any]) -> None:
        """Both ends of a period belong to it, and nothing outside it is given."""
        newest, oldest = dates[0], dates[-1]
        for moment in dict.fromkeys((newest, oldest)):
            some = await self._all(self._listed.period(moment, moment), MAXIMUM_ITEMS)
            if some is not None and some != [item for item, dated in zip(items, dates, strict=True) if dated == moment]:
                path = f" from the date of an item to the same {'time' if isinstance(moment, datetime) else 'day'}"
                self._found(path, "other items", "the items of this date, and no others", "C-X3")

    async def _all(self, period: dict[str, str], limit: int) -> list[Any] | None:
        """Return the items of all parts, or None after a finding."""
        items: list[Any] = []
        query = {**period, "limit": str(limit)}
        totals: list[int | None] = []
        for _ in range(2 * MAXIMUM_PARTS):
            part = await self._ask(self._listed.operation, self._account_id, query=query)
            if part is None:
                return None
            given = getattr(part, self._listed.member)
            if len(given) > limit:
                self._found("", "more items than `limit`", "as many as `limit` at most", "C-X4")
            items += given
            totals.append(part.total)
            if part.cursor is None:
                if any(total not in {None, len(items)} for total in totals):
                    self._report_at("$.data.total", "another number", "the number of the items in all parts", "C-X4")
                return items
            if part.cursor == query.get("cursor") or not given:
                self._report_at("$.data.cursor", "a list that does not go on", "a position after each part", "C-X4")
                return None
            query["cursor"] = part.cursor
        return None

    def _dates(self, items: list[Any]) -> list[Any]:
        return [getattr(item, self._listed.dated_by) for item in items]

    def _found(self, path: str, found: str, expected: str, clause: str) -> None:
        self._report_at(f"$.data.{self._listed.member}{path}", found, expected, clause)

    def _report_at(self, path: str, found: str, expected: str, clause: str) -> None:
        self._report(self._listed.operation, path, found, expected, clause)


def _written(end: datetime | date) -> str:
    if isinstance(end, datetime):
        return end.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return end.isoformat()
