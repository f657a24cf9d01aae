"""The records of the benchmark's customers."""

from collections import Counter
from datetime import date

from ops.bench.data.customers import customer_records
from ops.bench.data.sizes import Sizes
from tenants.imports.records import AccountRecord, CustomerRecord, ServicePointRecord

SIZES = Sizes(customers=4, accounts=6, points=2, months=1)
TODAY = date(2026, 11, 26)


def test_the_same_sizes_and_day_give_the_same_records() -> None:
    assert list(customer_records(SIZES, TODAY)) == list(customer_records(SIZES, TODAY))


def test_every_account_is_open_and_has_a_service_point_a_balance_and_bills_of_more_than_two_years() -> None:
    records = list(customer_records(SIZES, TODAY))
    kinds = Counter(type(record).__name__ for record in records)
    assert (kinds["CustomerRecord"], kinds["AccountRecord"], kinds["ServicePointRecord"]) == (4, 9, 9)
    assert kinds["InvoiceRecord"] == 9 * 9
    assert kinds["HoldingRecord"] == kinds["ConcessionsRecord"] == kinds["PaymentSchedulesRecord"] == 9
    accounts = [record.account for record in records if isinstance(record, AccountRecord)]
    points = [record.service_point for record in records if isinstance(record, ServicePointRecord)]
    assert {account.openStatus for account in accounts} == {"OPEN"}
    assert [account.plans[0].servicePointIds for account in accounts] == [[point.servicePointId] for point in points]
    with_balance = {record.balance.accountId for record in records if type(record).__name__ == "BalanceRecord"}  # type: ignore[union-attr]
    assert with_balance == {account.accountId for account in accounts}


def test_the_first_customer_is_the_business() -> None:
    [business, *households] = [each for each in customer_records(SIZES, TODAY) if isinstance(each, CustomerRecord)]
    assert business.customer.customerUType == "organisation"
    assert {each.customer.customerUType for each in households} == {"person"}
