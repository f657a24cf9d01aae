"""Load a batch of records in one transaction.

Records that other records refer to are loaded first. A record that refers to a record that is not loaded is reported
and not loaded.
"""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from haas.database import Transaction
from tenants.accounts.internal_ids import internal_id
from tenants.accounts.tables import account, holding, service_point, supply
from tenants.corrections.changes import ChangeFinder
from tenants.imports import rows, store
from tenants.imports.ineligibilities import load_ineligibilities
from tenants.imports.located_record import LocatedRecord
from tenants.imports.logins import login_rows
from tenants.imports.periods import DatedPeriod, Pair, ended, with_period
from tenants.imports.records import (
    AccountRecord,
    CustomerRecord,
    EndHoldingRecord,
    EndIneligibilityRecord,
    EndLoginRecord,
    EndRepresentationRecord,
    HoldingChange,
    HoldingRecord,
    IneligibilityRecord,
    ListedAccountRecord,
    ListedIneligibilityRecord,
    LoginRecord,
    Record,
    RepresentationChange,
    RepresentationRecord,
    ResourceChange,
    ResourceRemoval,
    ServicePointRecord,
    UsageRecord,
    UsageRemoval,
)
from tenants.imports.report import CHANGES, FileLocation, Report
from tenants.imports.usage_records import converted_read, removed_reads
from tenants.operations.models import Owner, Resource
from tenants.parties.models import ROLES_FOR_INDIVIDUALS
from tenants.parties.tables import customer, login, representation
from tenants.sources.store import STORED
from tenants.usage.store import remove_reads, save_reads
from tenants.usage.stored_reads import StoredRead
from tenants.usage.tables import usage_read
from tenants.usage.versions import latest_reads

_Kind = TypeVar("_Kind", bound=Record)
_DIRECTORY: Final = (customer, account, service_point)
"""The tables that have a resource, but are not tables of items (`tenants.sources.tables.item_table`)."""


async def load_batch(
    tx: Transaction,
    batch: list[LocatedRecord],
    report: Report,
    now: datetime,
    import_id: UUID,
    *,
    source: store.IneligibilitySource = "import",
) -> Counter[str]:
    """Write the records of `batch` and return the number of rows by table; report records that are not loaded.

    `import_id` is the same for all batches of an import: changes of disclosed data become findings of this import.
    `source` is where the records come from: periods without eligibility are stored with it.
    """
    await store.lock(tx)
    loader = _BatchLoader(tx, batch, report, now, import_id)
    await loader.service_points()
    await loader.customers()
    await loader.accounts()
    await loader.listed_accounts()
    await loader.resources()
    await loader.usage()
    await loader.logins()
    await loader.holdings()
    await loader.representations()
    await loader.ineligibilities(source)
    return loader.loaded


class _BatchLoader:
    def __init__(
        self, tx: Transaction, batch: list[LocatedRecord], report: Report, now: datetime, import_id: UUID
    ) -> None:
        self._tx = tx
        self._batch = batch
        self._report = report
        self._now = now
        self._changes = ChangeFinder(import_id, now)
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
        await self._write_service_points({row["id"]: row for row in by_reference.values()})

    async def _write_service_points(self, written: Mapping[UUID, rows.Row]) -> None:
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

    async def listed_accounts(self) -> None:
        """Write the accounts of a list of the retailer's own server. Imported service points are not changed."""
        # If an account occurs twice, its last record applies.
        latest = {record.reference: (location, record) for location, record in self._records_of(ListedAccountRecord)}
        records = [record for _, record in latest.values()]
        points: dict[UUID, rows.Row] = {}
        for supplied in (each for record in records for each in record.supplies):
            row = rows.supplied_point_row(supplied, self._now)
            if row["detail"] or row["id"] not in points:
                points[row["id"]] = row
        kept = await store.kept_service_points(self._tx, points)
        await self._write_service_points({found: row for found, row in points.items() if found not in kept})
        await self._upsert(account, [rows.listed_account_row(record, self._now) for record in records])
        await self._disclosure_options(list(latest.values()))
        if records:
            supplies = [row for record in records for row in rows.listed_supply_rows(record)]
            replaced = [(internal_id("account", record.reference), None) for record in records]
            await store.replace_items(self._tx, supply.c.account_id, replaced, supplies)

    async def _disclosure_options(
        self, accounts: Sequence[tuple[FileLocation, AccountRecord | ListedAccountRecord]]
    ) -> None:
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
            await self._replace_items(resource, by_key, points)

    async def _replace_items(
        self, resource: Resource, changes: Mapping[store.ItemKey, ResourceChange], points: Mapping[str, UUID]
    ) -> None:
        stored = STORED[resource]
        written = [
            row
            for (owner_id, _), record in changes.items()
            for row in rows.resource_rows(record, {stored.owner.name: owner_id}, points, self._now)
        ]
        self.loaded[CHANGES] += await self._changes.items(self._tx, resource, changes, written)
        await store.replace_items(self._tx, stored.owner, changes, written)
        removals = sum(isinstance(record, ResourceRemoval) for record in changes.values())
        self.loaded += Counter({stored.table.name: len(written), f"removal of {stored.table.name}": removals})

    async def usage(self) -> None:
        """Remove and write meter reads, as if each record was applied after the one before it."""
        records = [(place, record) for place, record in self._batch if isinstance(record, UsageRecord | UsageRemoval)]
        points = await store.service_point_ids(self._tx, {record.service_point for _, record in records})
        reads: list[StoredRead] = []
        for location, record in records:
            if not self._all_known(location, "service point", [record.service_point], points):
                continue
            if isinstance(record, UsageRemoval):
                removed = removed_reads(record, points[record.service_point])
                reads = [read for read in reads if not removed.contains(read)]
                await remove_reads(self._tx, removed)
                self.loaded[f"removal of {usage_read.name}"] += 1
                continue
            try:
                read, fix = converted_read(record, points[record.service_point], self._now)
            except ValueError as error:
                self._report.add_problem(location, str(error))
                continue
            if fix is not None:
                self._report.add_fix(location, fix)
            reads.append(read)
        latest = latest_reads(reads)
        self.loaded[CHANGES] += await self._changes.reads(self._tx, latest)
        self.loaded += Counter({usage_read.name: await save_reads(self._tx, latest)})

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
        individuals = await store.individuals(self._tx, customers)
        before = await store.stored_periods(self._tx, representation, logins)
        after = dict(before)
        for (location, record), pair in zip(changes, pairs, strict=True):
            if (
                self._all_loaded(location, "login", {record.login: pair[0]}, logins)
                and self._all_loaded(location, "customer", {record.customer: pair[1]}, customers)
                and self._has_fitting_role(location, record, is_individual=pair[1] in individuals)
            ):
                self._change(representation, location, record, pair, after)
        await store.write_periods(self._tx, representation, before, after)

    def _has_fitting_role(self, location: FileLocation, record: RepresentationChange, *, is_individual: bool) -> bool:
        """Return whether somebody can act for such a customer by this authority, or report that nobody can."""
        fits = is_individual or isinstance(record, EndRepresentationRecord) or record.role not in ROLES_FOR_INDIVIDUALS
        if not fits:
            self._report.add_problem(
                location,
                f"the customer {record.customer!r} is an organisation, for which only a nominated representative acts",
            )
        return fits

    async def ineligibilities(self, source: store.IneligibilitySource) -> None:
        statements = [
            (place, record)
            for place, record in self._batch
            if isinstance(record, IneligibilityRecord | EndIneligibilityRecord | ListedIneligibilityRecord)
        ]
        self.loaded += await load_ineligibilities(self._tx, statements, self._report, source)

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
            scope = record.scope if isinstance(record, RepresentationRecord) else None
            changed = with_period(stored, record.valid_from, record.valid_to, record.role, scope)
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


def _is_self_for_another_customer(period: DatedPeriod, pair: Pair, periods: Mapping[Pair, list[DatedPeriod]]) -> bool:
    """Return whether the login is `self` for another customer on any day of `period`."""
    return period.role == "self" and any(
        other.role == "self" and other.overlaps(period)
        for (login_id, customer_id), others in periods.items()
        if login_id == pair[0] and customer_id != pair[1]
        for other in others
    )
