"""Invoices and billing transactions: of one account, of all shared accounts, and of the accounts that a body names."""

from datetime import UTC, date, datetime, timedelta, timezone
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from sqlalchemy import insert, update

from ops.sandbox.messages import ABSENT
from tenants.accounts.tables import account, service_point
from tenants.operations.filters import months_before
from tests.apps.resources.bills import (
    BILLING,
    INVOICES,
    JSON,
    add_invoices,
    add_transactions,
    amounts,
    ids,
    invoices,
    numbers,
    of_account,
    post,
    transactions,
)
from tests.apps.resources.conftest import Brand, Sharing
from tests.apps.resources.test_account_data import INVALID, UNAVAILABLE
from tests.support.expectations import cds_error

both = pytest.mark.parametrize("path", [INVOICES, BILLING])
FEBRUARY = {"newest-time": "2026-02-01T00:00:00Z"}
"""Selects transactions of January 2026, whenever the tests run."""
CHARGE: dict[str, Any] = {
    "timeOfUseType": "PEAK",
    "startDate": "2026-01-01T00:00:00+10:00",
    "endDate": "2026-02-01T00:00:00+10:00",
    "amount": "10.00",
}


async def test_invoices_come_newest_first_in_the_three_operations(brand: Brand, sharing: Sharing) -> None:
    """C-I2: invoices of one day have an order too, so that pages do not overlap."""
    today = brand.application.now.astimezone(brand.tenant.time_zone).date()
    one, two = sorted(sharing.consumer.account_ids)
    days = [today - timedelta(days=days) for days in (60, 0, 30, 30)]
    await add_invoices(brand, one, *days)
    await add_invoices(brand, two, today - timedelta(days=30), today - timedelta(days=1), first=5)
    expected = ["2", "6", "3", "4", "5", "1"]
    whole = await sharing.get(INVOICES)
    assert (numbers(whole), whole.headers["x-v"]) == (expected, "1")
    assert whole.json()["meta"] == {"totalRecords": 6, "totalPages": 1}
    listed = await ids(sharing)
    assert {each["accountId"] for each in invoices(whole)} == set(listed.values())
    assert numbers(await post(sharing, INVOICES, *listed.values())) == expected
    assert numbers(await post(sharing, INVOICES, listed[two])) == ["6", "5"]
    assert numbers(await sharing.get(of_account(INVOICES, listed[one]))) == ["2", "3", "4", "1"]
    pages = [await sharing.get(INVOICES, params={"page": page, "page-size": 1}) for page in range(1, 7)]
    assert [number for page in pages for number in numbers(page)] == expected


async def test_transactions_come_newest_first_whatever_their_offset(brand: Brand, sharing: Sharing) -> None:
    """C-B8, C-I2: moments are compared as instants, and given as the retailer delivered them."""
    one, two = sorted(sharing.consumer.account_ids)
    moments = ["2026-01-31T23:30:00+10:00", "2026-01-31T13:30:00Z", "2026-01-31T13:30:01Z", "2026-02-01T00:00:00+11:00"]
    await add_transactions(brand, one, *moments)
    await add_transactions(brand, two, "2026-01-31T08:30:00-05:00", first=5)
    whole = await sharing.get(BILLING, params=FEBRUARY)
    assert amounts(whole) == [3, 1, 2, 5, 4]
    assert [each["executionDateTime"] for each in transactions(whole)] == [
        "2026-01-31T13:30:01Z",
        "2026-01-31T23:30:00+10:00",
        "2026-01-31T13:30:00Z",
        "2026-01-31T08:30:00-05:00",
        "2026-02-01T00:00:00+11:00",
    ]
    listed = await ids(sharing)
    assert amounts(await post(sharing, BILLING, *listed.values(), params=FEBRUARY)) == [3, 1, 2, 5, 4]
    assert amounts(await sharing.get(of_account(BILLING, listed[one]), params=FEBRUARY)) == [3, 1, 2, 4]
    pages = [await sharing.get(BILLING, params={**FEBRUARY, "page": page, "page-size": 2}) for page in range(1, 4)]
    assert [amount for page in pages for amount in amounts(page)] == [3, 1, 2, 5, 4]
    assert pages[1].json()["meta"] == {"totalRecords": 5, "totalPages": 3}


async def test_both_ends_of_a_period_of_invoices_are_inclusive(brand: Brand, sharing: Sharing) -> None:
    """C-Q1, C-Q2: without `oldest-date`, the period is the 24 months before `newest-date`."""
    owner = sharing.consumer.account_ids[0]
    days = [date(2025, 1, 31), date(2023, 1, 31), date(2023, 1, 30), date(2025, 2, 1)]
    await add_invoices(brand, owner, *days)

    async def within(**parameters: str) -> list[str]:
        named = {f"{name}-date": value for name, value in parameters.items()}
        return numbers(await sharing.get(INVOICES, params=named))

    assert await within(newest="2025-01-31") == ["1", "2"]
    assert await within(newest="2025-01-31", oldest="2023-01-30") == ["1", "2", "3"]
    assert await within(newest="2025-02-01", oldest="2025-02-01") == ["4"]
    assert await within(newest="2022-01-01") == []
    assert await within(newest="2999-01-01", oldest="2023-01-31") == ["4", "1", "2"]


async def test_the_default_period_of_invoices_ends_today_in_the_time_zone_of_the_tenant(
    brand: Brand, sharing: Sharing
) -> None:
    """C-Q4: today is the retailer's business day."""
    today = brand.application.now.astimezone(brand.tenant.time_zone).date()
    await add_invoices(
        brand, sharing.consumer.account_ids[0], today, today + timedelta(days=1), today - timedelta(days=800)
    )
    assert numbers(await sharing.get(INVOICES)) == ["1"]


async def test_both_ends_of_a_period_of_transactions_are_inclusive(brand: Brand, sharing: Sharing) -> None:
    """C-Q1, C-Q2: without `oldest-time`, the period is the 12 months before `newest-time`."""
    owner = sharing.consumer.account_ids[0]
    moments = [
        "2025-01-31T10:00:00+10:00",
        "2024-01-31T00:00:00Z",
        "2024-01-30T23:59:59.999999Z",
        "2025-01-31T00:00:00.000001Z",
    ]
    await add_transactions(brand, owner, *moments)

    async def within(**parameters: str) -> list[int]:
        named = {f"{name}-time": value for name, value in parameters.items()}
        return amounts(await sharing.get(BILLING, params=named))

    assert await within(newest="2025-01-31T00:00:00Z") == [1, 2]
    assert await within(newest="2025-01-31T10:00:00+10:00") == [1, 2]
    assert await within(newest="2025-01-31T00:00:00Z", oldest="2024-01-31T09:59:59.999999+10:00") == [1, 2, 3]
    assert await within(newest="2025-01-31T00:00:00.000001Z", oldest="2025-01-31T00:00:00.000001Z") == [4]
    assert await within(newest="2999-12-31T23:59:59Z", oldest="0001-01-01T00:00:00+10:00") == [4, 1, 2, 3]


async def test_the_default_period_of_transactions_ends_now(brand: Brand, sharing: Sharing) -> None:
    now = brand.application.now
    moments = [now, now + timedelta(hours=1), now - timedelta(days=360), now - timedelta(days=370)]
    await add_transactions(brand, sharing.consumer.account_ids[0], *(moment.isoformat() for moment in moments))
    assert amounts(await sharing.get(BILLING)) == [1, 3]


async def test_links_keep_the_period_with_its_plus_encoded(brand: Brand, sharing: Sharing) -> None:
    """C-Q9, C-Q10: a `+` that arrives as a space means the same, and is encoded in the links that we make."""
    moments = ["2026-01-31T13:30:00Z", "2026-01-31T12:30:00Z", "2026-01-31T11:30:00Z"]
    await add_transactions(brand, sharing.consumer.account_ids[0], *moments)
    for sign in ("%2B", "+", "%20"):
        query = f"newest-time=2026-01-31T22:30:00{sign}10:00&page-size=1&other=x"
        response = await sharing.get(f"{BILLING}?{query}")
        assert amounts(response) == [2]
        links = response.json()["links"]
        assert links["self"] == f"{brand.tenant.secure_base}/cds-au/v1{BILLING}?{query}"
        assert "2026-01-31T22%3A30%3A00%2B10%3A00" in links["next"]
        assert parse_qs(urlsplit(links["next"]).query) == {
            "newest-time": ["2026-01-31T22:30:00+10:00"],
            "page": ["2"],
            "page-size": ["1"],
        }
        following = links["next"].partition("/cds-au/v1")[2]
        assert amounts(await sharing.get(following)) == [3]


async def test_every_window_selects_what_it_contains_on_whatever_page(brand: Brand, sharing: Sharing) -> None:
    """The pages lie in the months that the store counts first, and some moments are the first or last of a month."""
    random = Random(7)  # noqa: S311 - test data
    offsets = [timezone(timedelta(minutes=minutes)) for minutes in (-720, -210, 0, 570, 600, 660, 840)]
    part = timedelta(days=30)
    first = datetime(1970, 1, 1, tzinfo=UTC) + 678 * part

    def moment() -> datetime:
        at = first + random.choice((0, 1, 4)) * part + timedelta(minutes=random.randrange(-2, 14 * 24 * 60))
        return at.astimezone(random.choice(offsets))

    ends = (first + part - timedelta(microseconds=1), first + part, first + 5 * part - timedelta(microseconds=1))
    stored = [*(moment() for _ in range(60)), *ends]
    one, two = sharing.consumer.account_ids
    await add_transactions(brand, one, *(each.isoformat() for each in stored[:40]))
    await add_transactions(brand, two, *(each.isoformat() for each in stored[40:]), first=41)
    for _ in range(15):
        oldest, newest = sorted((moment(), moment()))
        window = {"oldest-time": oldest.isoformat(), "newest-time": newest.isoformat(), "page-size": "1000"}
        found = amounts(await sharing.get(BILLING, params=window))
        assert sorted(found) == [number for number, at in enumerate(stored, start=1) if oldest <= at <= newest]
        assert [stored[number - 1] for number in found] == sorted((stored[each - 1] for each in found), reverse=True)
        if found:
            size = random.randrange(1, 20)
            page = random.randrange(-(-len(found) // size))
            response = await sharing.get(BILLING, params={**window, "page-size": size, "page": page + 1})
            assert amounts(response) == found[page * size : (page + 1) * size]
            assert response.json()["meta"]["totalRecords"] == len(found)


@pytest.mark.parametrize(
    ("path", "query", "status", "error"),
    [
        *(
            (path, query, status, error)
            for path in (INVOICES, BILLING)
            for query, status, error in (
                ("page=0", 400, "Field/Invalid"),
                ("page-size=0", 400, "Field/Invalid"),
                ("page-size=1001", 400, "Field/InvalidPageSize"),
                ("page=2", 422, "Field/InvalidPage"),
            )
        ),
        (INVOICES, "oldest-date=yesterday", 400, "Field/Invalid"),
        (INVOICES, "newest-date=2026-01-01T00:00:00Z", 400, "Field/Invalid"),
        (INVOICES, "newest-date=2022-02-30", 400, "Field/InvalidDateTime"),
        (INVOICES, "oldest-date=2026-02-01&newest-date=2026-01-31", 400, "Field/InvalidDateTime"),
        (INVOICES, "oldest-date=2026-02-01&oldest-date=2026-02-01", 400, "Field/Invalid"),
        (BILLING, "newest-time=2026-01-01", 400, "Field/Invalid"),
        (BILLING, "oldest-time=2026-01-01T00:00:00", 400, "Field/Invalid"),
        (BILLING, "oldest-time=2026-02-30T00:00:00Z", 400, "Field/InvalidDateTime"),
        (BILLING, "oldest-time=2026-01-01T00:00:01Z&newest-time=2026-01-01T00:00:00Z", 400, "Field/InvalidDateTime"),
        (BILLING, "newest-time=2026-01-01T00:00:00Z&newest-time=2026-01-01T00:00:00Z", 400, "Field/Invalid"),
    ],
)
async def test_parameters_that_are_wrong_are_refused_by_the_three_operations(
    sharing: Sharing, path: str, query: str, status: int, error: str
) -> None:
    """Section 3, columns 400 and 422; C-Q3, C-Q6, C-E7."""
    account_id, *_ = await sharing.account_ids()
    cds_error(await sharing.get(f"{path}?{query}"), error, status=status)
    cds_error(await sharing.get(f"{of_account(path, account_id)}?{query}"), error, status=status)
    cds_error(await post(sharing, f"{path}?{query}", account_id), error, status=status)


@both
async def test_an_account_that_is_not_shared_is_404_in_the_path_and_422_in_the_body(
    brand: Brand, sharing: Sharing, path: str
) -> None:
    """Section 3, C-E1 to C-E3."""
    listed = await ids(sharing)
    stopped = min(listed)
    foreign = (await (await brand.share()).account_ids())[0]
    await brand.customers.set_option(stopped, "no-disclosure")
    for identifier, error in ((foreign, INVALID), ("made-up", INVALID), (listed[stopped], UNAVAILABLE)):
        cds_error(await sharing.get(of_account(path, identifier)), error, f"^{identifier}$", 404)
        cds_error(await post(sharing, path, identifier), error, f"^{identifier}$", 422)
    response = await post(sharing, path, *listed.values(), foreign)
    assert [each["detail"] for each in response.json()["errors"]] == [listed[stopped], foreign]


@both
async def test_a_version_that_is_not_served_is_refused(sharing: Sharing, path: str) -> None:
    """Section 3, C-V7; section 10, case 12: version 1 of billing is not served."""
    account_id, *_ = await sharing.account_ids()
    unsupported = {"x-v": "9", "x-min-v": "8"} if path == INVOICES else {"x-v": "2", "x-min-v": "1"}
    for where in (path, of_account(path, account_id)):
        cds_error(await sharing.get(where, headers=unsupported), "Header/UnsupportedVersion", status=406)
        cds_error(await sharing.get(where, headers={"x-v": "one"}), "Header/InvalidVersion", status=400)
        cds_error(await sharing.get(where, headers={"x-v": ABSENT}), "Header/Missing", status=400)
    response = await post(sharing, path, account_id, headers={**JSON, **unsupported})
    cds_error(response, "Header/UnsupportedVersion", status=406)


@both
async def test_accounts_without_items_have_an_empty_page(sharing: Sharing, path: str) -> None:
    """C-Q6: one empty page, of zero pages."""
    listed = await sharing.account_ids()
    for response in (
        await sharing.get(path),
        await sharing.get(of_account(path, listed[0])),
        await post(sharing, path, *listed),
        await post(sharing, path),
    ):
        assert list(response.json()["data"].values()) == [[]]
        assert response.json()["meta"] == {"totalRecords": 0, "totalPages": 0}


async def test_a_demand_charge_in_every_version(brand: Brand, sharing: Sharing) -> None:
    """Section 10, case 12; C-D20, C-D21: one variant, and earlier versions only if the tenant serves retired ones."""
    demand = {**CHARGE, "timeOfUseType": "EXCESS", "rate": 3.5, "measureUnit": "KW"}
    await add_transactions(
        brand, sharing.consumer.account_ids[0], "2026-01-31T09:30:00Z", transactionUType="demand", demand=demand
    )

    async def in_version(number: int) -> dict[str, Any]:
        response = await sharing.get(BILLING, params=FEBRUARY, headers={"x-v": str(number), "x-min-v": ABSENT})
        [found] = transactions(response)
        assert response.headers["x-v"] == str(number)
        assert set(found) == {"accountId", "executionDateTime", "transactionUType", "demand"}
        charge: dict[str, Any] = found["demand"]
        return charge

    assert await in_version(3) == demand
    refused = await sharing.get(BILLING, headers={"x-v": "2", "x-min-v": ABSENT})
    cds_error(refused, "Header/UnsupportedVersion", status=406)
    second = {name: value for name, value in demand.items() if name != "measureUnit"}
    async with brand.application.switched_on(brand.tenant, "serves_retired_versions"):
        assert await in_version(3) == demand
        assert await in_version(2) == second
        assert await in_version(1) == {**second, "timeOfUseType": "AGGREGATE"}
        assert (await sharing.get(BILLING)).headers["x-v"] == "3"


async def test_factors_and_adjustments_are_given(brand: Brand, sharing: Sharing) -> None:
    """C-D22, C-B4, C-B5: the amount is the one before the adjustments."""
    adjusted = {
        "calculationFactors": [{"value": 1.0523, "type": "DLF"}, {"value": 1, "type": "MLF"}],
        "adjustments": [{"amount": "-12.40", "description": "Correction"}],
    }
    usage = {**CHARGE, **adjusted, "timeOfUseType": "ALL_DAY", "usage": -250, "isEstimate": True}
    other = {**adjusted, "amount": "9.00", "description": "Network", "startDate": "2026-01-01", "type": "NETWORK"}
    given = {"usage": usage, "demand": {**CHARGE, **adjusted, "rate": 7}, "otherCharges": other}
    for number, (kind, charge) in enumerate(given.items()):
        members = {"transactionUType": kind, kind: charge}
        moment = f"2026-01-31T09:30:0{number}Z"
        await add_transactions(brand, sharing.consumer.account_ids[0], moment, first=number, **members)
    found = transactions(await sharing.get(BILLING, params=FEBRUARY))
    assert {each["transactionUType"]: each[each["transactionUType"]] for each in found} == given


async def test_service_points_of_bills_have_the_ids_of_the_accounts(brand: Brand, sharing: Sharing) -> None:
    """C-I5: one id for the service point in plans, invoices and transactions, and never the NMI."""
    owner = sharing.consumer.account_ids[0]
    point, nmi = uuid4(), "4103000001"
    now = {"updated_at": brand.application.now}
    row = {"id": point, "reference": f"SP-{point}", "national_metering_id": nmi, "detail": {}}
    await brand.execute(insert(service_point).values(**row, **now))
    overview = {"displayName": "Plan", "startDate": "2020-01-01"}
    plans = [{"servicePointIds": [str(point)], "planOverview": overview}]
    await brand.execute(update(account).where(account.c.id == owner).values(summary=plans))
    await add_invoices(brand, owner, date(2026, 1, 31), servicePoints=[str(point)])
    usage = {**CHARGE, "usage": 1, "servicePointId": str(point)}
    await add_transactions(brand, owner, "2026-01-31T09:30:00Z", transactionUType="usage", usage=usage)
    accounts = (await sharing.get("/energy/accounts")).json()["data"]["accounts"]
    concealed = {each for one in accounts for plan in one["plans"] for each in plan["servicePointIds"]}
    day = {"newest-date": "2026-02-01"}
    responses = [await sharing.get(INVOICES, params=day), await sharing.get(BILLING, params=FEBRUARY)]
    [billed], [charged] = invoices(responses[0]), transactions(responses[1])
    assert {*billed["servicePoints"], charged["usage"]["servicePointId"]} <= concealed
    for response in responses:
        assert not [secret for secret in (str(point), point.hex, nmi, str(owner)) if secret in response.text]


@pytest.mark.parametrize("is_closed", [True, False])
async def test_of_a_closed_account_only_two_years_are_given(brand: Brand, sharing: Sharing, *, is_closed: bool) -> None:
    """C-P5, C-P6: also if the recipient asks for more. An open account has no limit."""
    today = brand.application.now.astimezone(brand.tenant.time_zone).date()
    first = months_before(today, 24)
    one, two = sorted(sharing.consumer.account_ids)
    days = [first, first - timedelta(days=1)]
    midnight = datetime(first.year, first.month, first.day, tzinfo=brand.tenant.time_zone)
    moments = [midnight, midnight - timedelta(microseconds=1)]
    for owner in (one, two):
        await add_invoices(brand, owner, *days)
        await add_transactions(brand, owner, *(moment.isoformat() for moment in moments))
    if is_closed:
        await brand.execute(update(account).where(account.c.id == one).values(open_status="CLOSED"))
    listed = await ids(sharing)
    for path, oldest, found in (
        (INVOICES, {"oldest-date": "2000-01-01"}, numbers),
        (BILLING, {"oldest-time": "2000-01-01T00:00:00Z"}, amounts),
    ):
        limited, whole = (1, 2) if is_closed else (2, 2)
        for response, number in (
            (await sharing.get(of_account(path, listed[one]), params=oldest), limited),
            (await sharing.get(of_account(path, listed[two]), params=oldest), whole),
            (await sharing.get(path, params=oldest), limited + whole),
            (await post(sharing, path, *listed.values(), params=oldest), limited + whole),
        ):
            assert len(found(response)) == response.json()["meta"]["totalRecords"] == number


async def test_a_page_beyond_the_last_names_the_number_of_pages(brand: Brand, sharing: Sharing) -> None:
    await add_transactions(brand, sharing.consumer.account_ids[0], *["2026-01-31T09:30:00Z"] * 5)
    response = await sharing.get(BILLING, params={**FEBRUARY, "page": 4, "page-size": 2})
    cds_error(response, "Field/InvalidPage", "^3$", 422)


async def test_calls_are_counted_by_operation_and_tier(brand: Brand, sharing: Sharing) -> None:
    """Section 5: bulk billing is a large payload, also while the customer is present."""
    account_id, *_ = await sharing.account_ids()
    present = {"x-fapi-customer-ip-address": "203.0.113.9"}
    for path in (INVOICES, BILLING):
        await sharing.get(path, headers=present)
        await post(sharing, path, account_id)
        await sharing.get(of_account(path, account_id), headers=present)
    assert {(row.operation, row.tier) for row in await brand.calls()} >= {
        ("listEnergyAccountInvoicesBulk", "lowPriority"),
        ("listEnergyInvoicesForSpecificAccounts", "unattended"),
        ("getEnergyAccountInvoices", "highPriority"),
        ("listEnergyAccountBillingBulk", "largePayload"),
        ("listEnergyAccountBillingForSpecificAccounts", "largePayload"),
        ("getBillingForEnergyAccount", "lowPriority"),
    }
