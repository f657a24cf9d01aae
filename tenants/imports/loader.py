"""Load a batch of records in one transaction.

Records that other records refer to are loaded first. A record that refers to a record that is not loaded is reported
and not loaded.
"""

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from haas.database import Transaction
from tenants.accounts.tables import account, holding, service_point, supply
from tenants.imports import rows, store
from tenants.imports.internal_ids import internal_id
from tenants.imports.located_record import LocatedRecord
from tenants.imports.logins import login_rows
from tenants.imports.periods import DatedPeriod, Pair, ended, with_period
from tenants.imports.records import (
    AccountRecord,
    CustomerRecord,
    EndHoldingRecord,
    EndLoginRecord,
    EndRepresentationRecord,
    HoldingChange,
    HoldingRecord,
    LoginRecord,
    Record,
    RepresentationChange,
    RepresentationRecord,
    ResourceChange,
    ResourceRemoval,
    ServicePointRecord,
)
from tenants.imports.report import FileLocation, Report
from tenants.operations.models import Owner, Resource
from tenants.parties.tables import customer, login, representation
from tenants.sources.store import STORED, StoredResource

_Kind = TypeVar("_Kind", bound=Record)
_DIRECTORY: Final = (customer, account)
"""The tables that have a resource, but are not tables of items (`tenants.sources.tables.item_table`)."""


async def load_batch(tx: Transaction, batch: list[LocatedRecord], report: Report, now: datetime) -> Counter[str]:
    """Write the records of `batch` and return the number of rows by table; report records that are not loaded."""
    await store.lock(tx)
    loader = _BatchLoader(tx, batch, report, now)
    await loader.service_points()
    await loader.customers()
    await loader.accounts()
    await loader.resources()
    await loader.logins()
    await loader.holdings()
    await loader.representations()
    return loader.loaded


class _BatchLoader:
    def __init__(self, tx: Transaction, batch: list[LocatedRecord], report: Report, now: datetime) -> None:
        self._tx = tx
        self._batch = batch
        self._report = report
        self._now = now
        self.loaded: Counter[str] = Counter()

    def _records_of(self, kind: type[_Kind]) -> list[tuple[FileLocation, _Kind]]:
        return [(location, record) for location, record in self._batch if isinstance(record, kind)]

    async def _upsert(self, table: store.ImportTable, written: list[rows.Row]) -> None:
        await store.upsert(self._tx, table, written)
        if written:
            self.loaded[table.name] += len(written)

    async def service_points(self) -> None:
        """Write the service points. A stored one that has the same NMI or reference under another id is moved.

        If a reference or an NMI occurs twice, its last record applies.
        """
        points = [record for _, record in self._records_of(ServicePointRecord)]
        by_reference = {record.reference: rows.service_point_row(record, self._now) for record in points}
        written = {row["id"]: row for row in by_reference.values()}
        moved = await store.release_service_points(self._tx, list(written.values()))
        await self._upsert(service_point, list(written.values()))
        items = [stored.owner for stored in STORED.values() if stored.table not in _DIRECTORY]
        await store.move_service_points(self._tx, moved, items)

    async def customers(self) -> None:
        customers = self._records_of(CustomerRecord)
        await self._upsert(customer, [rows.customer_row(record, self._now) for _, record in customers])

    async def accounts(self) -> None:
        accounts = self._records_of(AccountRecord)
        named = [rows.named_service_points(record.account) for _, record in accounts]
        points = await store.service_point_ids(self._tx, set().union(*named))
        valid = [
            each
            for each, references in zip(accounts, named, strict=True)
            if self._all_known(each[0], "service point", references, points)
        ]
        await self._upsert(account, [rows.account_row(record, points, self._now) for _, record in valid])
        await self._disclosure_options(valid)
        # If an account occurs twice, its last record applies, as for the account's row.
        latest = {internal_id("account", record.reference): record for _, record in valid}
        if latest:
            supplies = [row for record in latest.values() for row in rows.supply_rows(record, points)]
            await store.replace_items(self._tx, supply.c.account_id, [(each, None) for each in latest], supplies)

    async def _disclosure_options(self, accounts: list[tuple[FileLocation, AccountRecord]]) -> None:
        given = [(location, record) for location, record in accounts if record.disclosure_option is not None]
        options = await store.insert_missing_options(
            self._tx, [rows.disclosure_option_row(record, self._now) for _, record in given]
        )
        for location, record in given:
            option = options[internal_id("account", record.reference)]
            if option != record.disclosure_option:
                self._report.add_problem(
                    location, f"the disclosure option is already {option!r}; an import cannot change it"
                )

    async def resources(self) -> None:
        records = self._records_of(ResourceChange)
        owners = await self._owners([record for _, record in records])
        used = [rows.named_service_points(record.items) for _, record in records]
        points = await store.service_point_ids(self._tx, set().union(*used))
        # If an owner, or an item that is imported by itself, occurs twice, its last record decides.
        latest: dict[Resource, dict[store.ItemKey, ResourceChange]] = {}
        for (location, record), references in zip(records, used, strict=True):
            kind = record.resource.belongs_to
            known = owners[kind]
            if self._all_known(location, kind.replace("-", " "), [record.owner], known) and self._all_known(
                location, "service point", references, points
            ):
                key = (known[record.owner], record.item_reference)
                latest.setdefault(record.resource, {})[key] = record
        for resource, by_key in latest.items():
            await self._replace_items(STORED[resource], by_key, points)

    async def _replace_items(
        self, stored: StoredResource, changes: Mapping[store.ItemKey, ResourceChange], points: Mapping[str, UUID]
    ) -> None:
        written = [
            row
            for (owner_id, _), record in changes.items()
            for row in rows.resource_rows(record, {stored.owner.name: owner_id}, points, self._now)
        ]
        await store.replace_items(self._tx, stored.owner, changes, written)
        removals = sum(isinstance(record, ResourceRemoval) for record in changes.values())
        self.loaded += Counter({stored.table.name: len(written), f"removal of {stored.table.name}": removals})

    async def _owners(self, records: list[ResourceChange]) -> dict[Owner, dict[str, UUID]]:
        """Return the internal ids of the stored owners of `records`, by kind and reference."""
        named: dict[Owner, set[str]] = {}
        for record in records:
            named.setdefault(record.resource.belongs_to, set()).add(record.owner)
        return {kind: await self._stored_ids(kind, references) for kind, references in named.items()}

    async def _stored_ids(self, kind: Owner, references: set[str]) -> dict[str, UUID]:
        match kind:
            case "service-point":
                return await store.service_point_ids(self._tx, references)
            case "customer" | "account":
                ids = {reference: internal_id(kind, reference) for reference in references}
                table = customer if kind == "customer" else account
                stored = await store.existing_ids(self._tx, table, ids.values())
                return {reference: found for reference, found in ids.items() if found in stored}
        raise TypeError(f"an import cannot contain a resource of the {kind}")

    async def logins(self) -> None:
        changes = [(place, record) for place, record in self._batch if isinstance(record, LoginRecord | EndLoginRecord)]
        await self._upsert(login, await login_rows(self._tx, changes, self._report, self._now))

    async def holdings(self) -> None:
        changes = [
            (place, record) for place, record in self._batch if isinstance(record, HoldingRecord | EndHoldingRecord)
        ]
        pairs = [(internal_id("customer", each.customer), internal_id("account", each.account)) for _, each in changes]
        customers = await store.existing_ids(self._tx, customer, {customer_id for customer_id, _ in pairs})
        accounts = await store.existing_ids(self._tx, account, {account_id for _, account_id in pairs})
        before = await store.stored_periods(self._tx, holding, customers)
        after = dict(before)
        for (location, record), pair in zip(changes, pairs, strict=True):
            if self._all_loaded(location, "customer", {record.customer: pair[0]}, customers) and self._all_loaded(
                location, "account", {record.account: pair[1]}, accounts
            ):
                self._change(holding, location, record, pair, after)
        await store.write_periods(self._tx, holding, before, after)

    async def representations(self) -> None:
        changes = [
            (place, record)
            for place, record in self._batch
            if isinstance(record, RepresentationRecord | EndRepresentationRecord)
        ]
        pairs = [(internal_id("login", each.login), internal_id("customer", each.customer)) for _, each in changes]
        logins = await store.existing_ids(self._tx, login, {login_id for login_id, _ in pairs})
        customers = await store.existing_ids(self._tx, customer, {customer_id for _, customer_id in pairs})
        before = await store.stored_periods(self._tx, representation, logins)
        after = dict(before)
        for (location, record), pair in zip(changes, pairs, strict=True):
            if self._all_loaded(location, "login", {record.login: pair[0]}, logins) and self._all_loaded(
                location, "customer", {record.customer: pair[1]}, customers
            ):
                self._change(representation, location, record, pair, after)
        await store.write_periods(self._tx, representation, before, after)

    def _change(
        self,
        table: store.ImportTable,
        location: FileLocation,
        record: HoldingChange | RepresentationChange,
        pair: Pair,
        periods: dict[Pair, list[DatedPeriod]],
    ) -> None:
        """Apply a record to the periods of its pair, or report why it cannot be applied."""
        stored = periods.get(pair, [])
        if isinstance(record, EndHoldingRecord | EndRepresentationRecord):
            if stored:
                periods[pair] = ended(stored, record.valid_to)
                self.loaded[f"end of {table.name}"] += 1
            else:
                self._report.add_problem(location, f"there is no {table.name} to end")
            return
        try:
            changed = with_period(stored, record.valid_from, record.valid_to, record.role)
        except ValueError as error:
            self._report.add_problem(location, str(error))
            return
        if isinstance(record, RepresentationRecord) and _is_self_for_another_customer(changed[-1], pair, periods):
            self._report.add_problem(location, f"the login {record.login!r} is already `self` for another customer")
            return
        periods[pair] = changed
        self.loaded[table.name] += 1

    def _all_loaded(self, location: FileLocation, what: str, named: dict[str, UUID], known: Container[UUID]) -> bool:
        return self._all_known(location, what, named, {name for name, found in named.items() if found in known})

    def _all_known(self, location: FileLocation, what: str, named: Iterable[str], known: Container[str]) -> bool:
        missing = sorted(name for name in named if name not in known)
        if missing:
            self._report.add_problem(location, f"refers to the {what} {missing[0]!r}, which is not loaded")
        return not missing


def _is_self_for_another_customer(period: DatedPeriod, pair: Pair, periods: dict[Pair, list[DatedPeriod]]) -> bool:
    """Return whether the login is `self` for another customer on any day of `period`."""
    return period.role == "self" and any(
        other.role == "self" and other.overlaps(period)
        for (login_id, customer_id), others in periods.items()
        if login_id == pair[0] and customer_id != pair[1]
        for other in others
    )
