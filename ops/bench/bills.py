"""Measures PostgreSQL's processor time for a page of billing transactions, of one account and of 1,500 accounts.

Run as `python -m ops.bench.bills [--transactions 300000] [--times 5]`.

The transactions are spread over twelve months. The statement is that of a request, with its time limit and its plan.
"""

import asyncio
import os
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import click
import msgspec
from sqlalchemy import text

from haas.database import Transaction, TransactionAborted
from ops.bench.command import machine_description
from ops.bench.nem12_import import empty_tenant
from ops.bench.processes import cpu_seconds, own_cpu_seconds
from ops.bench.report import markdown
from ops.deployment import Deployment
from ops.migrations.connection import owner_connection
from tenants.cds.pagination import PageRequest
from tenants.operations.resources import BILLING
from tenants.registry.models import Tenant
from tenants.sources.contract import ResourceQuery
from tenants.sources.store import STORED

_NEWEST: Final = datetime(2026, 11, 20, tzinfo=UTC)
_PERIOD: Final = timedelta(days=365)
_ACCOUNTS: Final = (1, 1_500)
_PAGE_SIZES: Final = (25, 1_000)
_DETAIL: Final = (
    '{"accountId": "A", "executionDateTime": "2026-01-31T09:30:00+10:00", "transactionUType": "payment",'
    ' "payment": {"amount": "1.00", "method": "BPAY"}}'
)
_ADD_ACCOUNTS: Final = (
    "INSERT INTO {schema}.account (id, reference, account_number, display_name, open_status, creation_date, summary,"
    " detail, updated_at) SELECT id, CAST(id AS text), CAST(id AS text), 'A', 'OPEN', '2020-01-01', '[]', '[]', now()"
    " FROM unnest(CAST(:accounts AS uuid[])) AS id"
)
_ADD_TRANSACTIONS: Final = (
    "INSERT INTO {schema}.billing_transaction (account_id, reference, execution_date_time, detail, updated_at)"
    " SELECT (CAST(:accounts AS uuid[]))[number % CAST(:number_of_accounts AS int) + 1], CAST(number AS text),"
    " CAST(:newest AS timestamptz) - CAST(:period AS interval) * (CAST(number AS float) / CAST(:transactions AS int)),"
    " CAST(:detail AS jsonb), now() FROM generate_series(1, CAST(:transactions AS int)) AS number"
)


class Measured(msgspec.Struct, frozen=True):
    """The processor time of PostgreSQL in each call, in milliseconds; None for a call that met a time limit."""

    accounts: int
    page: str
    size: int
    milliseconds: list[float | None]


async def add(tx: Transaction, accounts: Sequence[UUID], transactions: int) -> None:
    """Store transactions of some accounts, each account in turn."""
    schema = tx.namespace.schema
    await tx.execute(text(_ADD_ACCOUNTS.format(schema=schema)), {"accounts": list(accounts)})
    values = {"accounts": list(accounts), "number_of_accounts": len(accounts), "transactions": transactions}
    await tx.execute(
        text(_ADD_TRANSACTIONS.format(schema=schema)),
        {**values, "newest": _NEWEST, "period": _PERIOD, "detail": _DETAIL},
    )


async def measure(
    deployment: Deployment, tenant: Tenant, accounts: Sequence[UUID], transactions: int, times: int
) -> list[Measured]:
    """Measure the first page and the last one."""
    period = {"newest-time": _NEWEST, "oldest-time": _NEWEST - _PERIOD}
    found = []
    for size in _PAGE_SIZES:
        for name, number in (("first", 1), ("last", -(-transactions // size))):
            query = ResourceQuery(BILLING, list(accounts), period, PageRequest(number, size))
            milliseconds = [await _read(deployment, tenant, query, transactions) for _ in range(times)]
            found.append(Measured(len(accounts), name, size, milliseconds))
    return found


async def _read(deployment: Deployment, tenant: Tenant, query: ResourceQuery, transactions: int) -> float | None:
    before = _server_cpu_seconds()
    try:
        async with deployment.database.transaction(tenant.namespace) as tx:
            page = await STORED[BILLING].read(tx, query)
    except TransactionAborted:
        return None
    if page.total_records != transactions or not page.items:
        raise RuntimeError("transactions are missing")
    return (_server_cpu_seconds() - before) * 1000


def _server_cpu_seconds() -> float:
    """Return the processor time that PostgreSQL has used. Valkey runs too, and does nothing."""
    return cpu_seconds({"all": os.getpid()})["all"] - own_cpu_seconds()


def table(measured: Sequence[Measured]) -> list[str]:
    """Return the lines of a Markdown table."""
    head = ["accounts", "page size", "page", "PostgreSQL CPU ms: lowest", "highest", "time limit met"]
    rows = [[f"{each.accounts:,}", f"{each.size:,}", each.page, *_summary(each.milliseconds)] for each in measured]
    return markdown([head, *rows])


def _summary(milliseconds: Sequence[float | None]) -> list[str]:
    answered = [each for each in milliseconds if each is not None]
    ends = [f"{end:.0f}" for end in (min(answered), max(answered))] if answered else ["", ""]
    return [*ends, str(len(milliseconds) - len(answered))]


async def run(folder: Path, transactions: int, times: int) -> list[Measured]:
    """Measure with PostgreSQL in a folder."""
    measured: list[Measured] = []
    async with empty_tenant(folder) as (deployment, tenant):
        for number in _ACCOUNTS:
            accounts = [uuid4() for _ in range(number)]
            async with deployment.operator.transaction(tenant.namespace, "long") as tx:
                await add(tx, accounts, transactions)
            await _vacuum(deployment, tenant)
            measured += await measure(deployment, tenant, accounts, transactions, times)
    return measured


async def _vacuum(deployment: Deployment, tenant: Tenant) -> None:
    """Do what PostgreSQL does by itself after some time."""
    async with owner_connection(deployment.settings) as connection:
        outside: Any = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await outside.exec_driver_sql(f"VACUUM (ANALYZE) {tenant.namespace.schema}.billing_transaction")


@click.command()
@click.option("--transactions", type=click.IntRange(1_000), default=300_000, show_default=True)
@click.option("--times", type=click.IntRange(1), default=5, show_default=True, help="How often each page is read.")
def main(transactions: int, times: int) -> None:
    """Measure pages of billing transactions."""
    click.echo(machine_description())
    with tempfile.TemporaryDirectory() as folder:
        measured = asyncio.run(run(Path(folder), transactions, times))
    for line in ["", *table(measured)]:
        click.echo(line)


if __name__ == "__main__":
    main()
