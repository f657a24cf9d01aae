"""Loading a batch of records in one transaction: what others name first, and nothing that names what is not there."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from haas.database import Transaction
from tenants.accounts.tables import account, holding, service_point
from tenants.imports import rows, store
from tenants.imports.identity import identity
from tenants.imports.records import (
    AccountRecord,
    CustomerRecord,
    HoldingRecord,
    LoginRecord,
    Record,
    RepresentationRecord,
    ServicePointRecord,
)
from tenants.imports.report import Place, Report
from tenants.imports.sourced import Sourced
from tenants.parties.tables import customer, login, representation

_Kind = TypeVar("_Kind", bound=Record)


async def load_batch(tx: Transaction, batch: list[Sourced], report: Report, now: datetime) -> Counter[str]:
    """Write the records of `batch` and return how many of each table; report those that name what is not loaded."""
    load = _Load(tx, batch, report, now)
    await load.service_points()
    await load.customers()
    await load.accounts()
    await load.logins()
    await load.holdings()
    await load.representations()
    return load.loaded


class _Load:
    def __init__(self, tx: Transaction, batch: list[Sourced], report: Report, now: datetime) -> None:
        self._tx = tx
        self._batch = batch
        self._report = report
        self._now = now
        self.loaded: Counter[str] = Counter()

    def _of(self, kind: type[_Kind]) -> list[tuple[Place, _Kind]]:
        return [(place, record) for place, record in self._batch if isinstance(record, kind)]

    async def _put(self, table: store.ImportTable, written: list[rows.Row]) -> None:
        await store.put(self._tx, table, written)
        if written:
            self.loaded[table.name] += len(written)

    async def service_points(self) -> None:
        points = self._of(ServicePointRecord)
        await self._put(service_point, [rows.service_point_row(record, self._now) for _, record in points])

    async def customers(self) -> None:
        customers = self._of(CustomerRecord)
        await self._put(customer, [rows.customer_row(record, self._now) for _, record in customers])

    async def accounts(self) -> None:
        accounts = self._of(AccountRecord)
        known = await store.existing(
            self._tx, service_point, (point for _, record in accounts for point in _points(record).values())
        )
        good = [each for each in accounts if self._has(each[0], "service point", _points(each[1]), known)]
        await self._put(account, [rows.account_row(record, self._now) for _, record in good])
        await self._options(good)
        # Of an account that comes twice the last record counts, as it does for the account's row.
        latest = {identity("account", record.reference): record for _, record in good}
        if latest:
            supplies = [row for record in latest.values() for row in rows.supply_rows(record)]
            await store.replace_supply(self._tx, latest, supplies)

    async def _options(self, accounts: list[tuple[Place, AccountRecord]]) -> None:
        given = [(place, record) for place, record in accounts if record.disclosure_option is not None]
        options = await store.put_first_options(self._tx, [rows.option_row(record, self._now) for _, record in given])
        for place, record in given:
            option = options[identity("account", record.reference)]
            if option != record.disclosure_option:
                self._report.problem(place, f"the disclosure option is {option!r} already, and no import changes it")

    async def logins(self) -> None:
        logins = self._of(LoginRecord)
        await self._put(login, [rows.login_row(record, self._now) for _, record in logins])

    async def holdings(self) -> None:
        held = [(place, record, rows.holding_row(record)) for place, record in self._of(HoldingRecord)]
        customers = await store.existing(self._tx, customer, {row["customer_id"] for _, _, row in held})
        accounts = await store.existing(self._tx, account, {row["account_id"] for _, _, row in held})
        written = [
            row
            for place, record, row in held
            if self._has(place, "customer", {record.customer: row["customer_id"]}, customers)
            and self._has(place, "account", {record.account: row["account_id"]}, accounts)
        ]
        await store.put_holdings(self._tx, rows.latest_periods(written))
        if written:
            self.loaded[holding.name] += len(written)

    async def representations(self) -> None:
        named = [(place, record, rows.representation_row(record)) for place, record in self._of(RepresentationRecord)]
        logins = await store.existing(self._tx, login, {row["login_id"] for _, _, row in named})
        customers = await store.existing(self._tx, customer, {row["customer_id"] for _, _, row in named})
        own = await store.own_customers(self._tx, logins)
        written = []
        for place, record, row in named:
            if not self._has(place, "login", {record.login: row["login_id"]}, logins):
                continue
            if not self._has(place, "customer", {record.customer: row["customer_id"]}, customers):
                continue
            if record.role == "self" and own.setdefault(row["login_id"], row["customer_id"]) != row["customer_id"]:
                self._report.problem(place, f"the login {record.login!r} is `self` for another customer already")
                continue
            written.append(row)
        await self._put(representation, written)

    def _has(self, place: Place, what: str, named: dict[str, UUID], known: Iterable[UUID]) -> bool:
        missing = [name for name, found in named.items() if found not in known]
        if missing:
            self._report.problem(place, f"names the {what} {missing[0]!r}, which is not loaded")
        return not missing


def _points(record: AccountRecord) -> dict[str, UUID]:
    return {name: identity("service-point", name) for plan in record.account.plans for name in plan.servicePointIds}
