"""The import of a full snapshot: logins, holdings and representations that the file no longer contains are ended.

A kind of record is ended only if the file contains at least one record of that kind. For example, a file with accounts
and holdings does not end any login.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from haas.database import Transaction
from tenants.accounts.internal_ids import internal_id
from tenants.accounts.service import market_day
from tenants.accounts.tables import holding
from tenants.imports import store
from tenants.imports.located_record import LocatedRecord
from tenants.imports.periods import Pair, ended
from tenants.imports.records import HoldingRecord, LoginRecord, RepresentationRecord
from tenants.parties.tables import representation


class Snapshot:
    """The logins, holdings and representations in the records of a file."""

    def __init__(self) -> None:
        """Start with an empty snapshot."""
        self._logins: set[UUID] = set()
        self._holdings: set[Pair] = set()
        self._representations: set[Pair] = set()

    def add(self, records: Iterable[LocatedRecord]) -> None:
        """Add the logins, holdings and representations in `records`, including records that are not loaded."""
        for _, record in records:
            match record:
                case LoginRecord():
                    self._logins.add(internal_id("login", record.reference))
                case HoldingRecord():
                    pair = internal_id("customer", record.customer), internal_id("account", record.account)
                    self._holdings.add(pair)
                case RepresentationRecord():
                    pair = internal_id("login", record.login), internal_id("customer", record.customer)
                    self._representations.add(pair)
                case _:
                    pass

    async def end_missing(self, tx: Transaction, now: datetime) -> Counter[str]:
        """End the tenant's logins, holdings and representations that no record contains; return their number by kind.

        A login is disabled. The last day of a holding or representation is yesterday. A period that begins today or
        later is removed.
        """
        await store.lock(tx)
        count: Counter[str] = Counter()
        if self._logins:
            missing = await store.enabled_logins(tx) - self._logins
            await store.disable_logins(tx, missing, now)
            count["end of login"] = len(missing)
        today = market_day(now)
        for table, named in ((holding, self._holdings), (representation, self._representations)):
            if named:
                unended = await store.unended_periods(tx, table, today)
                before = {pair: periods for pair, periods in unended.items() if pair not in named}
                after = {pair: ended(periods, today - timedelta(days=1)) for pair, periods in before.items()}
                await store.write_periods(tx, table, before, after)
                count[f"end of {table.name}"] = len(before)
        return +count
