"""Stores invoices and transactions of the consumers of these tests, and reads them from responses."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import httpx
import msgspec
from sqlalchemy import insert

from tenants.sources.tables import billing_transaction, invoice
from tests.apps.resources.conftest import Brand, Sharing

INVOICES: Final = "/energy/accounts/invoices"
BILLING: Final = "/energy/accounts/billing"
JSON: Final = {"Content-Type": "application/json"}


async def add_invoices(brand: Brand, owner: UUID, *days: date, first: int = 1, **members: Any) -> None:
    """Store an invoice of each day. Their references are numbers, from `first`."""
    for number, day in reversed(list(enumerate(days, start=first))):  # not in the order of the primary key
        issued = {"accountId": str(owner), "invoiceNumber": str(number), "issueDate": str(day), "paymentStatus": "PAID"}
        detail = {**issued, "balanceAtIssue": "1.00", "servicePoints": [], **members}
        row = {"account_id": owner, "reference": str(number), "issue_date": day, "detail": detail}
        await brand.execute(insert(invoice).values(**row, updated_at=brand.application.now))


async def add_transactions(brand: Brand, owner: UUID, *moments: str, first: int = 1, **members: Any) -> None:
    """Store a transaction of each moment: payments of 1.00, 2.00, … dollars, or `members`."""
    for number, moment in reversed(list(enumerate(moments, start=first))):
        paid = {"transactionUType": "payment", "payment": {"amount": f"{number}.00", "method": "BPAY"}}
        detail = {"accountId": str(owner), "executionDateTime": moment, **(members or paid)}
        at = datetime.fromisoformat(moment)
        row = {"account_id": owner, "reference": f"{number:05}", "execution_date_time": at, "detail": detail}
        await brand.execute(insert(billing_transaction).values(**row, updated_at=brand.application.now))


async def post(sharing: Sharing, path: str, *account_ids: str, **options: Any) -> httpx.Response:
    body = msgspec.json.encode({"data": {"accountIds": account_ids}})
    return await sharing.get(path, method="POST", content=body, **{"headers": JSON, **options})


async def ids(sharing: Sharing) -> dict[UUID, str]:
    """Return the recipient's ids of the consumer's accounts."""
    return dict(zip(sorted(sharing.consumer.account_ids), await sharing.account_ids(), strict=True))


def of_account(path: str, account_id: str) -> str:
    return path.replace("/energy/accounts/", f"/energy/accounts/{account_id}/")


def invoices(response: httpx.Response) -> list[Any]:
    assert response.status_code == 200, response.text
    return list(response.json()["data"]["invoices"])


def numbers(response: httpx.Response) -> list[str]:
    return [each["invoiceNumber"] for each in invoices(response)]


def transactions(response: httpx.Response) -> list[Any]:
    assert response.status_code == 200, response.text
    return list(response.json()["data"]["transactions"])


def amounts(response: httpx.Response) -> list[int]:
    return [int(each["payment"]["amount"].removesuffix(".00")) for each in transactions(response)]
