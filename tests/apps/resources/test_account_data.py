"""The data of an account: what each operation gives, and what it answers if there is no data."""

from collections import defaultdict
from typing import Any

import msgspec
import pytest
from sqlalchemy import Table, insert, select

from ops.demonstration.customers import load_demonstration
from tenants.accounts.tables import holding
from tenants.cds.envelope import Envelope, PaginatedEnvelope
from tenants.cds.resource_ids import read_id
from tenants.operations.endpoints import ENDPOINTS
from tenants.operations.models import Endpoint, Owner
from tenants.parties.tables import representation
from tenants.sources.tables import concession, payment_schedule
from tests.apps.resources.conftest import ALL_SCOPES, Brand, Sharing
from tests.support.application import Application
from tests.support.clients import registered_client
from tests.support.customers import Consumer
from tests.support.expectations import cds_error
from tests.support.operations import requests

ACCOUNTS = "/energy/accounts"
INVALID = "cds-energy:Authorisation/InvalidEnergyAccount"
UNAVAILABLE = "cds-energy:Authorisation/UnavailableEnergyAccount"
MANUAL = {"paymentScheduleUType": "manualPayment", "manualPayment": {"billFrequency": "P3M"}}
CARD = {
    "amount": "65.00",
    "paymentScheduleUType": "cardDebit",
    "cardDebit": {"cardScheme": "VISA", "paymentFrequency": "P2W", "calculationType": "STATIC"},
}
TOKENISED = {
    "paymentScheduleUType": "directDebit",
    "directDebit": {"isTokenised": True, "paymentFrequency": "P1M", "calculationType": "BALANCE"},
}
REBATE = {"type": "FIXED_AMOUNT", "displayName": "Rebate", "discountFrequency": "P1Y", "amount": "285.00"}
COOLING = {"type": "VARIABLE", "displayName": "Medical cooling", "additionalInfo": "In summer", "appliedTo": ["USAGE"]}
BALANCE_OPERATIONS = (
    "getEnergyAccountBalance",
    "listEnergyAccountBalancesBulk",
    "listEnergyAccountBalancesSpecificAccounts",
)
# The operations that give a list for one account: last segment of the path, name of the list, table, and two items.
LISTS = [
    ("payment-schedule", "paymentSchedules", payment_schedule, [MANUAL, CARD]),
    ("concessions", "concessions", concession, [REBATE, COOLING]),
]
lists = pytest.mark.parametrize(("segment", "name", "table", "items"), LISTS, ids=[each[0] for each in LISTS])


async def add(brand: Brand, table: Table, account_id: Any, *items: Any) -> None:
    """Store the items of an account, in their order."""
    for position, item in enumerate(items):
        row = {"account_id": account_id, "detail": item, "updated_at": brand.application.now}
        place = {"position": position} if "position" in table.c else {}
        await brand.execute(insert(table).values({**row, **place}))


async def first_account(sharing: Sharing) -> str:
    """Return the recipient's id of the consumer's first account, for which `add` stores items."""
    listed = await sharing.account_ids()
    ours = sharing.consumer.account_ids
    return listed[sorted(ours).index(ours[0])]


@lists
async def test_the_items_of_an_account_are_listed_in_the_retailers_order(
    brand: Brand, sharing: Sharing, segment: str, name: str, table: Table, items: list[Any]
) -> None:
    await add(brand, table, sharing.consumer.account_ids[0], *items)
    await add(brand, table, sharing.consumer.account_ids[1], items[1])
    path = f"{ACCOUNTS}/{await first_account(sharing)}/{segment}"
    response = await sharing.get(path)
    assert response.headers["x-v"] == "1"
    assert response.json() == {
        "data": {name: items},
        "links": {"self": f"{brand.tenant.secure_base}/cds-au/v1{path}"},
        "meta": {},
    }


@lists
async def test_an_account_without_items_has_an_empty_list(
    sharing: Sharing, segment: str, name: str, table: Table, items: list[Any]
) -> None:
    """C-I9, C-K1, C-D19, case 10 of section 10: also for an account that has neither."""
    assert items
    assert table.name
    response = await sharing.get(f"{ACCOUNTS}/{await first_account(sharing)}/{segment}")
    assert (response.status_code, response.json()["data"]) == (200, {name: []})


async def test_a_tokenised_direct_debit_is_given_without_its_numbers(brand: Brand, sharing: Sharing) -> None:
    """C-D18: the provider of a payment service knows no BSB. The schedule is not left out."""
    await add(brand, payment_schedule, sharing.consumer.account_ids[0], TOKENISED)
    response = await sharing.get(f"{ACCOUNTS}/{await first_account(sharing)}/payment-schedule")
    assert response.json()["data"] == {"paymentSchedules": [TOKENISED]}


OF_ONE_ACCOUNT = [
    endpoint for endpoint in ENDPOINTS if endpoint.resource is not None and endpoint.path.startswith(f"{ACCOUNTS}/{{")
]


@pytest.mark.parametrize("endpoint", OF_ONE_ACCOUNT, ids=lambda endpoint: endpoint.operation)
async def test_an_account_is_invalid_or_unavailable_for_each_operation(brand: Brand, endpoint: Endpoint) -> None:
    sharing, other = await brand.share(), await brand.share()
    [stopped, kept] = await sharing.account_ids()
    foreign = (await other.account_ids())[0]
    await brand.customers.set_option(min(sharing.consumer.account_ids), "no-disclosure")

    def path(account_id: str) -> str:
        return endpoint.path.replace("{accountId}", account_id)

    assert (await sharing.account_ids()) == [kept]
    for identifier in ("made-up", foreign, str(sharing.consumer.account_ids[0])):
        cds_error(await sharing.get(path(identifier)), INVALID, f"^{identifier}$", 404)
    cds_error(await sharing.get(path(stopped)), UNAVAILABLE, f"^{stopped}$", 404)


@pytest.mark.parametrize("endpoint", OF_ONE_ACCOUNT, ids=lambda endpoint: endpoint.operation)
async def test_each_operation_needs_its_scope_and_a_version(brand: Brand, endpoint: Endpoint) -> None:
    scopes = ALL_SCOPES.split()
    without = await brand.share(scope=" ".join(scope for scope in scopes if scope != endpoint.scope))
    path = endpoint.path.replace("{accountId}", "anything")
    cds_error(await without.get(path), "Authorisation/InvalidConsent", endpoint.scope or "", 403)
    shared = await brand.share(without.consumer)
    unsupported = {"x-v": "99", "x-min-v": "98"}
    cds_error(await shared.get(path, headers=unsupported), "Header/UnsupportedVersion", status=406)


async def test_every_operation_gives_every_demonstration_customer_what_the_standards_define(
    application: Application,
) -> None:
    """The types of the payloads are compared with the standards in tests/tenants/payloads."""
    tenant = await application.new_tenant()
    await load_demonstration(application.database, tenant.namespace, 0, file=None, now=application.now)
    brand, found = Brand(application, tenant), defaultdict(list)
    client = await registered_client(application, tenant)
    for consumer in await consumers(brand):
        sharing = await brand.share(consumer, client)
        for endpoint in ENDPOINTS:
            if endpoint.resource is not None and endpoint.transport == "secure":
                found[endpoint.operation] += await all_data(sharing, endpoint)
    assert len(found["getCustomer"]) == 15
    assert len(found["getEnergyAccountDetail"]) > 25
    schedules = [data.paymentSchedules for data in found["getEnergyAccountPaymentSchedule"]]
    assert {each.paymentScheduleUType for listed in schedules for each in listed} == {
        "cardDebit",
        "directDebit",
        "digitalWallet",
        "manualPayment",
    }
    assert [] in schedules
    concessions = [data.concessions for data in found["getEnergyAccountConcessions"]]
    assert {each.type for listed in concessions for each in listed} == {"FIXED_AMOUNT", "FIXED_PERCENTAGE", "VARIABLE"}
    assert [] in concessions
    (amounts, bulk, specific) = (found[operation] for operation in BALANCE_OPERATIONS)
    assert {data.balance[0] for data in amounts} > {"-", "0"}
    assert [len(data.balances) for data in bulk] == [len(data.balances) for data in specific]
    assert sum(len(data.balances) for data in bulk) == len(amounts)
    assert_bills_are_complete(found)


def assert_bills_are_complete(found: dict[str, list[Any]]) -> None:
    """There are bills of each kind, and the three operations give the same ones."""
    issued = [invoice for data in found["getEnergyAccountInvoices"] for invoice in data.invoices]
    assert {each.paymentStatus for each in issued} == {"PAID", "PARTIALLY_PAID", "NOT_PAID"}
    assert [each for each in issued if each.gas is not None and each.electricity is not None]
    executed = [each for data in found["getBillingForEnergyAccount"] for each in data.transactions]
    assert {each.transactionUType for each in executed} == {"usage", "demand", "onceOff", "otherCharges", "payment"}
    assert {each.usage.usage > 0 for each in executed if each.usage is not None} == {True, False}
    for of_account, bulk, specific, name in (
        (
            "getEnergyAccountInvoices",
            "listEnergyAccountInvoicesBulk",
            "listEnergyInvoicesForSpecificAccounts",
            "invoices",
        ),
        (
            "getBillingForEnergyAccount",
            "listEnergyAccountBillingBulk",
            "listEnergyAccountBillingForSpecificAccounts",
            "transactions",
        ),
    ):
        listed = [[len(getattr(data, name)) for data in found[operation]] for operation in (bulk, specific)]
        assert listed[0] == listed[1]
        assert sum(listed[0]) == sum(len(getattr(data, name)) for data in found[of_account])


async def consumers(brand: Brand) -> list[Consumer]:
    """Return each customer with a login that acts for them and the accounts that they hold."""
    held = await brand.execute(select(holding.c.customer_id, holding.c.account_id).distinct())
    logins = dict(await brand.execute(select(representation.c.customer_id, representation.c.login_id)))
    return [
        Consumer(login_id, customer_id, [account for holder, account in held if holder == customer_id])
        for customer_id, login_id in logins.items()
    ]


async def all_data(sharing: Sharing, endpoint: Endpoint) -> list[Any]:
    """Return the `data` of each response by which an operation gives everything."""
    payload = endpoint.versions[-1].payload
    envelope: Any = PaginatedEnvelope if endpoint.paginated else Envelope
    known: dict[Owner, list[str]] = {"account": await sharing.account_ids(), "service-point": await sharing.point_ids()}
    found = []
    for path, options in requests(endpoint, known):
        pages = {"page-size": 1000} if endpoint.paginated else {}
        response = await sharing.get(path, **options, params=pages)
        if response.status_code == 404:  # an account without a balance
            cds_error(response, UNAVAILABLE, f"^{path.split('/')[-2]}$", 404)
            continue
        assert response.status_code == 200, f"{path}: {response.text}"
        found.append(msgspec.json.decode(response.content, type=envelope[payload], dec_hook=read_id).data)
    return found
