"""Load a batch of records in one transaction.

Records that other records refer to are loaded first. A record that refers to a record that is not loaded is reported
and not loaded.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from haas.database import Transaction
from tenants.accounts.tables import account, holding, service_point
from tenants.imports import rows, store
from tenants.imports.internal_ids import internal_id
from tenants.imports.located_record import LocatedRecord
from tenants.imports.records import (
    AccountRecord,
    CustomerRecord,
    HoldingRecord,
    LoginRecord,
    Record,
    RepresentationRecord,
    ServicePointRecord,
)
from tenants.imports.report import FileLocation, Report
from tenants.parties.tables import customer, login, representation

_Kind = TypeVar("_Kind", bound=Record)


async def load_batch(tx: Transaction, batch: list[LocatedRecord], report: Report, now: datetime) -> Counter[str]:
    """Write the records of `batch` and return the number of rows by table; report records that are not loaded."""
    loader = _BatchLoader(tx, batch, report, now)
    await loader.service_points()
    await loader.customers()
    await loader.accounts()
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
        points = self._records_of(ServicePointRecord)
        await self._upsert(service_point, [rows.service_point_row(record, self._now) for _, record in points])

    async def customers(self) -> None:
        customers = self._records_of(CustomerRecord)
        await self._upsert(customer, [rows.customer_row(record, self._now) for _, record in customers])

    async def accounts(self) -> None:
        accounts = self._records_of(AccountRecord)
        known = await store.existing_ids(
            self._tx, service_point, (point for _, record in accounts for point in _service_point_ids(record).values())
        )
        good = [
            each for each in accounts if self._all_loaded(each[0], "service point", _service_point_ids(each[1]), known)
        ]
        await self._upsert(account, [rows.account_row(record, self._now) for _, record in good])
        await self._disclosure_options(good)
        # If an account occurs twice, its last record decides, as it does for the account's row.
        latest = {internal_id("account", record.reference): record for _, record in good}
        if latest:
            supplies = [row for record in latest.values() for row in rows.supply_rows(record)]
            await store.replace_supply(self._tx, latest, supplies)

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

    async def logins(self) -> None:
        logins = self._records_of(LoginRecord)
        await self._upsert(login, [rows.login_row(record, self._now) for _, record in logins])

    async def holdings(self) -> None:
        held = [(location, record, rows.holding_row(record)) for location, record in self._records_of(HoldingRecord)]
        customers = await store.existing_ids(self._tx, customer, {row["customer_id"] for _, _, row in held})
        accounts = await store.existing_ids(self._tx, account, {row["account_id"] for _, _, row in held})
        written = [
            row
            for location, record, row in held
            if self._all_loaded(location, "customer", {record.customer: row["customer_id"]}, customers)
            and self._all_loaded(location, "account", {record.account: row["account_id"]}, accounts)
        ]
        await store.upsert_holdings(self._tx, rows.without_overlaps(written))
        if written:
            self.loaded[holding.name] += len(written)

    async def representations(self) -> None:
        named = [
            (location, record, rows.representation_row(record))
            for location, record in self._records_of(RepresentationRecord)
        ]
        logins = await store.existing_ids(self._tx, login, {row["login_id"] for _, _, row in named})
        customers = await store.existing_ids(self._tx, customer, {row["customer_id"] for _, _, row in named})
        own = await store.self_represented_customers(self._tx, logins)
        written = []
        for location, record, row in named:
            if not self._all_loaded(location, "login", {record.login: row["login_id"]}, logins):
                continue
            if not self._all_loaded(location, "customer", {record.customer: row["customer_id"]}, customers):
                continue
            if record.role == "self" and own.setdefault(row["login_id"], row["customer_id"]) != row["customer_id"]:
                self._report.add_problem(location, f"the login {record.login!r} is already `self` for another customer")
                continue
            written.append(row)
        await self._upsert(representation, written)

    def _all_loaded(self, location: FileLocation, what: str, named: dict[str, UUID], known: Iterable[UUID]) -> bool:
        missing = [name for name, found in named.items() if found not in known]
        if missing:
            self._report.add_problem(location, f"names the {what} {missing[0]!r}, which is not loaded")
        return not missing


def _service_point_ids(record: AccountRecord) -> dict[str, UUID]:
    return {name: internal_id("service-point", name) for plan in record.account.plans for name in plan.servicePointIds}
