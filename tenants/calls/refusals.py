"""Counting of refused requests in memory, by the rule that permits the refusal (CDR Rules 4.7, 9.4; K-36).

These counts are apart from the statuses of the answers: several reasons have the same status, and a list from which
refused accounts are left out is answered with 200. If several refusals apply to the same account or the whole request,
it is counted by the first reason of `tenants.accounts.models.RefusalReason`, which also decides the answer. If accounts
of one request are refused for different reasons, it is counted once for each of these reasons.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from tenants.accounts.models import RequestRefusal
from tenants.accounts.service import market_day
from tenants.calls.disclosures import DaySum, EntryLimit
from tenants.calls.models import RefusedDay


class _Key(NamedTuple):
    day: date
    reason: RequestRefusal
    arrangement_id: UUID | None


class Refusals:
    """The refused requests of one tenant since the last write."""

    __slots__ = ("_limit", "_sums")

    def __init__(self, limit: EntryLimit) -> None:
        """Take the limit that all tenants share."""
        self._sums: dict[_Key, DaySum] = {}
        self._limit = limit

    def add(self, reason: RequestRefusal, arrangement_id: UUID | None, at: datetime) -> None:
        """Add a request that began at `at`, all or a part of which was refused for a reason."""
        key = _Key(market_day(at), reason, arrangement_id)
        known = self._sums.get(key)
        if known is not None:
            known.add(at)
        elif self._limit.free:
            self._limit.free -= 1
            self._sums[key] = DaySum(1, at)
        else:
            self._limit.lost += 1

    def release(self) -> None:
        """Make room for other entries: these are no longer in memory."""
        self._limit.free += len(self._sums)

    def days(self) -> Iterator[RefusedDay]:
        """Yield the entries as rows."""
        for (day, reason, arrangement_id), each in self._sums.items():
            yield RefusedDay(
                day=day,
                request="data",
                reason=reason,
                arrangement_id=arrangement_id,
                calls=each.calls,
                last_at=each.last_at,
            )
