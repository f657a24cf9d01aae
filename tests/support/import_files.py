"""Imports JSON Lines into a tenant as `haas import` does, shows what is stored, and makes records of each kind."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select

from haas.database import Database
from tenants.accounts.tables import account, holding
from tenants.imports.located_record import LocatedRecord
from tenants.imports.report import Report
from tenants.imports.service import import_records, read_records
from tenants.parties.tables import customer, login, representation
from tenants.registry.models import Tenant

Member = dict[str, Any]


def file_content(records: Iterable[LocatedRecord]) -> bytes:
    """Return a file with `records`, one on each line."""
    encode = msgspec.json.Encoder(enc_hook=lambda reference: reference.value).encode
    return b"".join(encode(each.record) + b"\n" for each in records)


class FileImporter:
    """Writes records to a file, imports it, and returns the problems. Rows are shown by the retailer's references."""

    def __init__(self, database: Database, now: datetime, tenant: Tenant, folder: Path) -> None:
        self.database, self.now, self.namespace, self.folder = database, now, tenant.namespace, folder

    async def load(self, *records: Member, file: str = "first.jsonl", snapshot: bool = False) -> list[str]:
        """Import a file with `records`, one on each line."""
        return (await self.report(b"\n".join(map(msgspec.json.encode, records)), file=file, snapshot=snapshot))[0]

    async def report(self, content: bytes, *, file: str, snapshot: bool) -> tuple[list[str], dict[str, int]]:
        """Import a file with `content`; return the problems and the counts."""
        path = self.folder / file
        path.write_bytes(content)
        report = Report()
        records = read_records(path, "lines", report)
        await import_records(self.database, self.namespace, records, report, now=self.now, snapshot=snapshot)
        return [str(problem) for problem in report.problems], dict(report.loaded)

    async def holdings(self) -> list[tuple[str, str, str, str | None]]:
        """The holdings: customer, account, first day, last day."""
        query = (
            select(customer.c.reference, account.c.reference, holding.c.valid_from, holding.c.valid_to)
            .select_from(holding)
            .join(customer)
            .join(account)
        )
        return await self._periods(query)

    async def representations(self) -> list[tuple[str, str, str, str | None]]:
        """The representations: login, customer, first day, last day. A first day that is not known is 0001-01-01."""
        query = (
            select(login.c.reference, customer.c.reference, representation.c.valid_from, representation.c.valid_to)
            .select_from(representation)
            .join(login)
            .join(customer)
        )
        return await self._periods(query)

    async def logins(self) -> list[tuple[str, str, str | None, bool]]:
        """The logins: reference, identifier, e-mail address, and whether they are disabled."""
        query = select(login.c.reference, login.c.identifier, login.c.email, login.c.disabled_at)
        return sorted((*row[:3], row.disabled_at is not None) for row in await self._rows(query))

    async def _periods(self, query: Any) -> list[tuple[str, str, str, str | None]]:
        rows = await self._rows(query)
        return sorted((one, other, str(first), last and str(last)) for one, other, first, last in rows)

    async def _rows(self, query: Any) -> list[Any]:
        async with self.database.transaction(self.namespace) as tx:
            return list(await tx.execute(query))


def a_customer(reference: str) -> Member:
    lists = {"middleNames": [], "phoneNumbers": [], "emailAddresses": [], "physicalAddresses": []}
    return {
        "kind": "customer",
        "reference": reference,
        "customer": {"customerUType": "person", "person": {"lastName": "Li", **lists}},
    }


def an_account(reference: str, **members: Any) -> Member:
    return {"kind": "account", "account": {"accountId": reference, "openStatus": "CLOSED", "plans": []}, **members}


def a_holding(customer_reference: str, account_reference: str, first: str, **members: Any) -> Member:
    named = {"customer": customer_reference, "account": account_reference}
    return {"kind": "holding", **named, "role": "holder", "validFrom": first, **members}


def a_login(reference: str, identifier: str, **members: Any) -> Member:
    names = {"name": f"Person {reference}", "familyName": "Li", "email": f"{reference.lower()}@people.test"}
    return {"kind": "login", "reference": reference, "identifier": identifier, **names, **members}


def a_representation(login_reference: str, customer_reference: str, role: str = "self", **members: Any) -> Member:
    return {
        "kind": "representation",
        "login": login_reference,
        "customer": customer_reference,
        "role": role,
        **members,
    }


def an_invoice(account_reference: str, reference: str, day: str = "2026-01-31", **members: Any) -> Member:
    issued = {"accountId": account_reference, "invoiceNumber": f"No. {reference}", "issueDate": day}
    other = {"balanceAtIssue": "1.00", "servicePoints": [], "paymentStatus": "NOT_PAID"}
    return {"kind": "invoice", "reference": reference, "invoice": {**issued, **other, **members}}


def a_transaction(account_reference: str, reference: str, moment: str, **members: Any) -> Member:
    """Return the record of a payment, or of another transaction with `members`."""
    charge = members or {"transactionUType": "payment", "payment": {"amount": "5.00", "method": "BPAY"}}
    executed = {"accountId": account_reference, "executionDateTime": moment}
    return {"kind": "transaction", "reference": reference, "transaction": {**executed, **charge}}
