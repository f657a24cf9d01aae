"""Stored data that an earlier release accepted and that the present checks refuse."""

import logging
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from tenants.accounts.tables import account
from tenants.parties.tables import customer
from tenants.sources.store import STORED
from tenants.sources.tables import balance, payment_schedule
from tests.apps.resources.conftest import Brand, Sharing
from tests.support.expectations import cds_error
from tests.support.rows import run

UNAVAILABLE = "cds-energy:Authorisation/UnavailableEnergyAccount"
ACCOUNTS = "/energy/accounts"
TWO_MEMBERS = {
    "displayName": "All year",
    "startDate": "01-01",
    "endDate": "12-31",
    "rateBlockUType": "singleRate",
    "singleRate": {"displayName": "General usage", "rates": [{"unitPrice": "0.28"}]},
    "demandCharges": [
        {
            "displayName": "Demand",
            "amount": "10.00",
            "startTime": "15:00",
            "endTime": "21:00",
            "measurementPeriod": "DAY",
            "chargePeriod": "MONTH",
        }
    ],
}
SCHEDULE = {"paymentScheduleUType": "manualPayment", "manualPayment": {"billFrequency": "P3M"}}


def _with_two_members(plans: Any) -> Any:
    changed = msgspec.json.decode(msgspec.json.encode(plans))
    changed[0]["planDetail"]["electricityContract"]["tariffPeriod"] = [TWO_MEMBERS]
    return changed


async def _invalidate_plan(brand: Brand, sharing: Sharing) -> str:
    """Store a plan with two members of a union for one of the accounts; return the recipient's id of the account."""
    changed = sharing.consumer.account_ids[0]
    listed = await sharing.account_ids()
    (detail,) = (await brand.execute(select(account.c.detail).where(account.c.id == changed)))[0]
    await brand.execute(update(account).where(account.c.id == changed).values(detail=_with_two_members(detail)))
    return listed[sorted(sharing.consumer.account_ids).index(changed)]


async def test_a_plan_with_two_members_of_a_union_makes_only_its_own_detail_unavailable(
    brand: Brand, sharing: Sharing, caplog: pytest.LogCaptureFixture
) -> None:
    invalid = await _invalidate_plan(brand, sharing)
    listed = await sharing.account_ids()
    assert invalid in listed
    with caplog.at_level(logging.WARNING):
        cds_error(await sharing.get(f"{ACCOUNTS}/{invalid}"), UNAVAILABLE, f"^{invalid}$", 404)
    (event,) = [record for record in caplog.records if record.getMessage() == "sources.invalid_item"]
    assert vars(event)["resource"] == "account detail"
    assert "exclude each other" in vars(event)["problem"]
    (valid,) = set(listed) - {invalid}
    assert (await sharing.get(f"{ACCOUNTS}/{valid}")).status_code == 200


async def test_a_list_has_the_other_accounts(brand: Brand, sharing: Sharing) -> None:
    changed = sharing.consumer.account_ids[0]
    invalid = (await sharing.account_ids())[sorted(sharing.consumer.account_ids).index(changed)]
    values = {"summary": [{"nickname": 5}]}
    await brand.execute(update(account).where(account.c.id == changed).values(values))
    assert invalid not in await sharing.account_ids()
    assert len(await sharing.account_ids()) == 1


async def test_an_invalid_item_of_an_account_is_left_out(brand: Brand, sharing: Sharing) -> None:
    account_id, now = sharing.consumer.account_ids[0], brand.application.now
    listed = (await sharing.account_ids())[sorted(sharing.consumer.account_ids).index(account_id)]
    old = {**SCHEDULE, "cardDebit": {"cardScheme": "VISA", "paymentFrequency": "P2W", "calculationType": "STATIC"}}
    for position, item in enumerate((old, SCHEDULE)):
        row = {"account_id": account_id, "position": position, "detail": item, "updated_at": now}
        await brand.execute(payment_schedule.insert().values(row))
    response = await sharing.get(f"{ACCOUNTS}/{listed}/payment-schedule")
    assert response.json()["data"]["paymentSchedules"] == [SCHEDULE]
    await brand.execute(balance.insert().values(account_id=account_id, detail={"balance": "1"}, updated_at=now))
    cds_error(await sharing.get(f"{ACCOUNTS}/{listed}/balance"), UNAVAILABLE, f"^{listed}$", 404)
    assert (await sharing.get(f"{ACCOUNTS}/balances")).json()["data"]["balances"] == []


async def test_an_invalid_customer_is_unavailable(brand: Brand, sharing: Sharing) -> None:
    chosen = update(customer).where(customer.c.id == sharing.consumer.customer_id)
    await brand.execute(chosen.values(detail={"lastName": "Wong"}))
    for path in ("/common/customer", "/common/customer/detail"):
        cds_error(await sharing.get(path), "cds-all:Resource/Unavailable", "the data of the customer", 404)


async def test_every_invalid_item_is_found_with_the_reference_of_its_owner(brand: Brand, sharing: Sharing) -> None:
    await _invalidate_plan(brand, sharing)
    changed = sharing.consumer.account_ids[0]
    now = brand.application.now
    await brand.execute(balance.insert().values(account_id=changed, detail={"balance": "1"}, updated_at=now))
    await brand.execute(
        update(customer).where(customer.c.id == sharing.consumer.customer_id).values(detail={"lastName": "Wong"})
    )

    async def found(tx: Any) -> set[tuple[str, str]]:
        return {
            (resource.name, reference)
            for stored in STORED.values()
            async for resource, reference, _ in stored.invalid_items(tx)
        }

    ((reference,),) = await brand.execute(select(account.c.reference).where(account.c.id == changed))
    by_id = select(customer.c.reference).where(customer.c.id == sharing.consumer.customer_id)
    ((of_customer,),) = await brand.execute(by_id)
    assert await run(brand.application.database, brand.tenant, found) >= {
        ("account detail", reference),
        ("balance", reference),
        ("customer", of_customer),
    }
