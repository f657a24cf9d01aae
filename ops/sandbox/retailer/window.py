"""The period and the part of a list of invoices or transactions that a request asks for."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from ops.sandbox.web import BadRequest, HttpRequest

DEFAULT_LIMIT: Final = 100
MAXIMUM_LIMIT: Final = 1_000


class Window(NamedTuple):
    """The items from `oldest` to `newest`, both included, after a number of them. The cursor is that number."""

    oldest: Any
    newest: Any
    after: int
    limit: int
    read: Callable[[str], date | datetime]
    """Returns an end of the period, and the date of an item, from its text."""

    @classmethod
    def of(cls, request: HttpRequest, unit: str, read: Callable[[str], date | datetime]) -> "Window":
        """Read the parameters `oldest-<unit>`, `newest-<unit>`, `cursor` and `limit`. Raises BadRequest."""
        given = request.query_params
        try:
            found = cls(
                read(given[f"oldest-{unit}"]),
                read(given[f"newest-{unit}"]),
                int(given.get("cursor", "0")),
                int(given.get("limit", str(DEFAULT_LIMIT))),
                read,
            )
        except (KeyError, ValueError) as error:
            raise BadRequest("a parameter of the period or of the part is missing or wrong") from error
        if found.after < 0 or not 1 <= found.limit <= MAXIMUM_LIMIT or (unit == "time" and found.oldest.tzinfo is None):
            raise BadRequest("cursor, limit or the offset of a time is wrong")
        return found

    def part(self, member: str, items: list[dict[str, Any]], dated_by: str) -> dict[str, Any]:
        """Return a part of the items, which are newest first, as the data of a response."""
        inside = [item for item in items if self.oldest <= self.read(item[dated_by]) <= self.newest]
        last = self.after + self.limit
        cursor = {"cursor": str(last)} if last < len(inside) else {}
        return {member: inside[self.after : last], "total": len(inside), **cursor}
