"""The data of a brand that is read from the retailer's own server over mutual TLS (C-X1 to C-X6, C-X8)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import uuid4

import msgspec
import pytest
from sqlalchemy import select

from haas.clock import MovableClock
from ops.demonstration.customers import load_demonstration
from tenants.accounts.models import RefusalReason
from tenants.accounts.tables import account, refusal
from tenants.parties.tables import customer
from tenants.upstream import capabilities
from tenants.upstream.messages import Capabilities
from tests.apps.resources.conftest import Brand, Sharing
from tests.apps.resources.test_account_data import INVALID, UNAVAILABLE, consumers
from tests.apps.resources.test_balances import naming
from tests.apps.resources.test_disclosure_ledger import recorded as disclosed
from tests.apps.resources.test_refusals import TOLD, counted
from tests.support.application import Application
from tests.support.clients import registered_client
from tests.support.customers import Consumer
from tests.support.expectations import cds_error
from tests.support.operations import JSON
from tests.support.retailer import RetailerSite, demonstration_data, use_upstream

ACCOUNTS = "/energy/accounts"
BALANCES = f"{ACCOUNTS}/balances"
CUSTOMER = "/common/customer"
OF_AN_ACCOUNT = {
    "getAccount": "",
    "getPaymentSchedule": "/payment-schedule",
    "getConcessions": "/concessions",
    "getBalance": "/balance",
    "listInvoices": "/invoices",
    "listTransactions": "/billing",
}
BILLS = (f"{ACCOUNTS}/invoices", f"{ACCOUNTS}/billing")
PERIOD_OF_DAYS = {"oldest-date": "2026-01-01", "newest-date": "2026-07-01"}
PERIOD_OF_TIME = {"oldest-time": "2026-01-01T00:00:00Z", "newest-time": "2026-07-01T00:00:00+10:00"}
PRESENT = {"x-fapi-customer-ip-address": "203.0.113.9"}
of_an_account = pytest.mark.parametrize("operation", OF_AN_ACCOUNT)


@pytest.fixture(scope="module")
async def power(application: Application, site: RetailerSite) -> Brand:
    """A brand that reads from the retailer's server. Its directory was imported, and so was the same data."""
    tenant = await use_upstream(application, site, "power", demonstration_data(application.now.date()))
    await load_demonstration(application.database, tenant.namespace, 0, file=None, now=application.now)
    return Brand(application, tenant)


@pytest.fixture
async def sharing(power: Brand, site: RetailerSite) -> AsyncIterator[Sharing]:
    """A customer who shares two accounts. The server got no request yet, and shows no fault after the test."""
    consumer = next(each for each in await consumers(power) if len(each.account_ids) == 2)
    shared = await power.share(consumer)
    site.reset(power.tenant)
    yield shared
    site.reset(power.tenant)


async def with_balance(power: Brand, site: RetailerSite) -> Sharing:
    """Return the consent of a customer, of whose accounts the retailer knows the balances."""
    data = site.retailers.find(power.tenant.slug)
    assert data is not None
    references = dict(await power.execute(select(account.c.id, account.c.reference)))
    known = [
        each
        for each in await consumers(power)
        if len(each.account_ids) == 2 and all(references[found] in data.balances for found in each.account_ids)
    ]
    return await power.share(known[0])


async def test_both_sources_give_the_same_answers(application: Application, power: Brand, site: RetailerSite) -> None:
    """The ids, the order, the pages and the defaults do not depend on the source (C-X1, C-X3)."""
    client = await registered_client(application, power.tenant)
    compared = 0
    for consumer in await consumers(power):
        shared = await power.share(consumer, client)
        await application.change(power.tenant, customer_source="store")
        account_ids = await shared.account_ids()
        paths: list[tuple[str, str, dict[str, str]]] = [
            ("GET", CUSTOMER, {}),
            ("GET", f"{CUSTOMER}/detail", {}),
            ("GET", ACCOUNTS, {}),
            ("GET", ACCOUNTS, {"open-status": "OPEN"}),
            ("GET", ACCOUNTS, {"open-status": "CLOSED", "page-size": "1"}),
            ("GET", ACCOUNTS, {"page": "2", "page-size": "1"}),
            ("GET", BALANCES, {"page-size": "1"}),
            ("POST", BALANCES, {}),
            *((method, path, {}) for method in ("GET", "POST") for path in BILLS),
            *(("GET", path, {"page": "2", "page-size": "3"}) for path in BILLS),
            ("GET", BILLS[0], PERIOD_OF_DAYS),
            ("GET", BILLS[1], PERIOD_OF_TIME),
            *(("GET", f"{ACCOUNTS}/{each}/invoices", {"page-size": "2"}) for each in account_ids),
            *(("GET", f"{ACCOUNTS}/{each}/billing", {"page": "99", "page-size": "25"}) for each in account_ids),
            *(("GET", f"{ACCOUNTS}/{each}{path}", {}) for each in account_ids for path in OF_AN_ACCOUNT.values()),
        ]
        site.reset(power.tenant)
        await disclosed(power, shared)
        stored = [await answer(shared, *path, account_ids) for path in paths]
        of_store = await disclosed(power, shared)
        assert site.asked(power.tenant) == []
        await application.change(power.tenant, customer_source="upstream")
        assert [await answer(shared, *path, account_ids) for path in paths] == stored
        assert len(site.asked(power.tenant)) >= len(paths)
        assert (await disclosed(power, shared)) == of_store != {}
        compared += len(paths)
    assert compared > 400


async def answer(
    shared: Sharing, method: str, path: str, parameters: dict[str, str], account_ids: list[str]
) -> tuple[int, Any]:
    """Return the status and the body of a response, with fields in any order."""
    content, headers = (msgspec.json.encode(naming(*account_ids)), JSON) if method == "POST" else (None, {})
    response = await shared.get(path, method=method, params=parameters, content=content, headers=headers)
    assert response.status_code in {200, 404, 422}, response.text
    return response.status_code, response.json()


async def test_a_data_call_asks_the_server_once_with_the_headers_of_the_contract(
    power: Brand, site: RetailerSite, sharing: Sharing
) -> None:
    """The directory is not refreshed by a data call (C-X5)."""
    interaction = str(uuid4())
    [first, _] = await sharing.account_ids()
    site.reset(power.tenant)
    absent = await sharing.get(f"{ACCOUNTS}/{first}", headers={"x-fapi-interaction-id": interaction})
    present = await sharing.get(f"{ACCOUNTS}/{first}", headers=PRESENT)
    assert (absent.status_code, present.status_code) == (200, 200)
    requests = site.faults.requests(power.tenant.slug)
    assert [each.operation for each in requests] == ["getAccount", "getAccount"]
    sent = [each.headers for each in requests]
    assert [each["x-haas-customer-present"] for each in sent] == ["false", "true"]
    assert sent[0]["x-fapi-interaction-id"] == interaction
    assert {each["x-cds-arrangement"] for each in sent} == {str(sharing.arrangement_id)}
    assert not {"x-fapi-auth-date", "x-fapi-customer-ip-address", "x-cds-client-headers"} & {*sent[0], *sent[1]}


async def test_a_brand_authenticates_with_client_credentials_and_gets_a_new_token_when_it_needs_one(
    application: Application, site: RetailerSite
) -> None:
    """The token is used until shortly before it expires, and not after the server has refused it (C-X5)."""
    data = demonstration_data(application.now.date())
    tenant = await use_upstream(application, site, "tokens", data, server=site.with_credentials("tokens"))
    await load_demonstration(application.database, tenant.namespace, 0, file=None, now=application.now)
    brand = Brand(application, tenant)
    sharing = await brand.share((await consumers(brand))[0])
    for _ in range(2):
        assert (await sharing.get(CUSTOMER)).status_code == 200
    issued = dict(site.authorisation._tokens)
    assert len(issued) == 1
    site.authorisation.revoke_tokens()
    cds_error(await sharing.get(CUSTOMER), "Service/Unavailable", status=503)
    assert (await sharing.get(CUSTOMER)).status_code == 200
    assert len(site.authorisation._tokens) == 1
    assert not issued.keys() & site.authorisation._tokens.keys()


@pytest.mark.parametrize(
    ("code", "reason", "rule"),
    [
        ("safety", "harm", "4.7(1)(a)"),
        ("security", "security", "4.7(1)(b)"),
        ("account-blocked", "account-blocked", "4.7(1)(c)"),
        ("account-suspended", "account-suspended", "4.7(1)(c)"),
    ],
)
async def test_a_refusal_has_the_answer_of_its_reason_and_is_recorded(
    power: Brand, site: RetailerSite, sharing: Sharing, code: str, reason: RefusalReason, rule: str
) -> None:
    """403 with `refused` (C-X6, C-E15). The same refusal is recorded once a day, and withholds nothing afterwards."""
    before = await refusals(power)
    [first, _] = await sharing.account_ids()
    site.fail(power.tenant, "refused", reason=code)
    error, status, _ = TOLD[reason]
    for path in OF_AN_ACCOUNT.values():
        cds_error(await sharing.get(f"{ACCOUNTS}/{first}{path}"), error, f"^{first}$", status)
    [row] = await refusals(power) - before
    assert (row.reason, row.rule, row.refused_by) == (reason, rule, "upstream")
    assert row.customer_id == sharing.consumer.customer_id
    assert row.account_id in sharing.consumer.account_ids
    assert row.recipient_id is not None
    assert (await counted(power, sharing))[reason] == (rule, len(OF_AN_ACCOUNT))
    site.reset(power.tenant)
    assert (await sharing.get(f"{ACCOUNTS}/{first}")).status_code == 200


@pytest.mark.parametrize("reason", ["safety", "security", "account-blocked", "a reason of the retailer"])
@pytest.mark.parametrize("has_balances", [True, False])
async def test_a_body_that_names_a_refused_account_has_an_error_for_it_as_in_the_store(
    power: Brand, site: RetailerSite, *, reason: str, has_balances: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """K-36, C-X6: one error for each refused account, and no account vanishes from a list that names it."""
    sharing = await with_balance(power, site)

    async def known(*_: object) -> Capabilities:
        return Capabilities(version=1, balances=has_balances)

    monkeypatch.setattr(capabilities.KnownCapabilities, "of", known)
    references = dict(await power.execute(select(account.c.id, account.c.reference)))
    both = await sharing.account_ids()
    site.fail(power.tenant, "refused", reason=reason, account_id=references[min(sharing.consumer.account_ids)])
    code, _, status = TOLD.get(cast("RefusalReason", {"safety": "harm"}.get(reason, reason)), TOLD["account-blocked"])
    for path in (BALANCES, *BILLS):
        body = msgspec.json.encode(naming(*both))
        response = await sharing.get(path, method="POST", content=body, headers=JSON)
        [error] = response.json()["errors"]
        cds_error(response, code, f"^{error['detail']}$", status)
        assert error["detail"] in both
        [kept] = {*both} - {error["detail"]}
        alone = msgspec.json.encode(naming(kept))
        assert (await sharing.get(path, method="POST", content=alone, headers=JSON)).status_code == 200
        assert error["detail"] not in (await sharing.get(path)).text
        refused = msgspec.json.encode(naming(error["detail"]))
        cds_error(await sharing.get(path, method="POST", content=refused, headers=JSON), code, status=status)
    site.reset(power.tenant)


async def test_a_customer_whom_the_retailer_refuses_to_disclose(
    power: Brand, site: RetailerSite, sharing: Sharing
) -> None:
    """The answer is that of a refusal that the store has, for the customer and for the list of the accounts."""
    for path in (CUSTOMER, ACCOUNTS):
        for code, status in (("safety", 403), ("security", 429)):
            site.fail(power.tenant, "refused", reason=code, times=1)
            cds_error(await sharing.get(path), "GeneralError/Expected", "does not disclose", status)


async def refusals(brand: Brand) -> set[Any]:
    return set(await brand.execute(select(refusal)))


async def test_a_refusal_with_an_unknown_reason_is_a_refusal_too(
    power: Brand, site: RetailerSite, sharing: Sharing, caplog: pytest.LogCaptureFixture
) -> None:
    [first, _] = await sharing.account_ids()
    before = await refusals(power)
    site.fail(power.tenant, "refused", reason="a reason of the retailer")
    cds_error(await sharing.get(f"{ACCOUNTS}/{first}"), UNAVAILABLE, f"^{first}$", 404)
    assert await refusals(power) == before
    assert "upstream.unknown_refusal_reason" in caplog.messages


@of_an_account
@pytest.mark.parametrize("fault", ["unknown", "closed"])
async def test_an_account_that_the_server_does_not_have_is_unavailable(
    power: Brand, site: RetailerSite, sharing: Sharing, operation: str, fault: str
) -> None:
    """404 and 409 (C-X6): the directory has the account, so it may be available again."""
    [first, _] = await sharing.account_ids()
    site.fail(power.tenant, fault, operation)
    cds_error(await sharing.get(f"{ACCOUNTS}/{first}{OF_AN_ACCOUNT[operation]}"), UNAVAILABLE, f"^{first}$", 404)


@pytest.mark.parametrize(("fault", "reason"), [("unknown", None), ("refused", "account-blocked")])
async def test_a_customer_whom_the_server_withholds(
    power: Brand, site: RetailerSite, sharing: Sharing, fault: str, reason: str | None
) -> None:
    site.fail(power.tenant, fault, reason=reason)
    cds_error(await sharing.get(CUSTOMER), "Resource/Unavailable", "the data of the customer", 404)
    listed = await sharing.get(ACCOUNTS)
    assert (listed.status_code, listed.json()["data"], listed.json()["meta"]["totalRecords"]) == (
        200,
        {"accounts": []},
        0,
    )


async def test_an_account_that_is_not_shared_does_not_reach_the_server(
    power: Brand, site: RetailerSite, sharing: Sharing
) -> None:
    other = next(each for each in await consumers(power) if not {*each.account_ids} & {*sharing.consumer.account_ids})
    foreign = (await (await power.share(other)).account_ids())[0]
    site.reset(power.tenant)
    cds_error(await sharing.get(f"{ACCOUNTS}/{foreign}"), INVALID, f"^{foreign}$", 404)
    assert site.asked(power.tenant) == []


async def test_a_server_that_throttles_is_answered_with_429_and_its_retry_after(
    power: Brand, site: RetailerSite, sharing: Sharing
) -> None:
    """429 (C-X6). It counts as a rejection, not as an error."""
    site.fail(power.tenant, "throttled", seconds=17)
    response = await sharing.get(CUSTOMER)
    cds_error(response, "GeneralError/Expected", "too many requests", 429)
    assert response.headers["retry-after"] == "17"
    assert "isSecondaryDataHolderError" not in response.text
    assert [row for row in await power.calls() if row.status == 429 and row.throttled]


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        ("error", "Service/Unavailable", 503),
        ("unavailable", "Service/Unavailable", 503),
        ("unauthorised", "Service/Unavailable", 503),
        ("html", "Service/Unavailable", 503),
        ("disconnected", "Service/Unavailable", 503),
        ("too-large", "Service/Unavailable", 503),
        ("slow", "GeneralError/Unexpected", 504),
    ],
)
async def test_a_server_that_fails_costs_one_brand_one_answer(
    power: Brand, site: RetailerSite, sharing: Sharing, fault: str, code: str, status: int
) -> None:
    """5xx, no answer in time, and an answer that cannot be used (C-X6, C-X8). The retailer is no secondary holder."""
    site.fail(power.tenant, fault, times=1)
    response = await sharing.get(CUSTOMER, headers=PRESENT if fault == "slow" else {})
    cds_error(response, code, status=status)
    assert "isSecondaryDataHolderError" not in response.text
    assert (await sharing.get(CUSTOMER)).status_code == 200


async def test_an_item_that_does_not_follow_the_standards_is_left_out(
    power: Brand, site: RetailerSite, sharing: Sharing, caplog: pytest.LogCaptureFixture
) -> None:
    [first, second] = await sharing.account_ids()
    site.fail(power.tenant, "invalid-item")
    listed = await sharing.get(ACCOUNTS)
    assert listed.status_code == 200
    assert {each["accountId"] for each in listed.json()["data"]["accounts"]} < {first, second}
    cds_error(await sharing.get(f"{ACCOUNTS}/{first}"), UNAVAILABLE, f"^{first}$", 404)
    cds_error(await sharing.get(CUSTOMER), "Resource/Unavailable", "the data of the customer", 404)
    logged = [record for record in caplog.records if record.message == "sources.invalid_item"]
    assert {getattr(record, "resource", None) for record in logged} == {"accounts", "account detail", "customer"}


async def test_another_account_than_the_one_that_was_asked_for_is_not_disclosed(
    power: Brand, site: RetailerSite, sharing: Sharing
) -> None:
    [first, _] = await sharing.account_ids()
    site.fail(power.tenant, "wrong-object", "getAccount")
    cds_error(await sharing.get(f"{ACCOUNTS}/{first}"), "Service/Unavailable", status=503)


async def test_accounts_that_the_customer_does_not_share_are_left_out_of_the_servers_list(
    power: Brand, site: RetailerSite
) -> None:
    consumer = next(each for each in await consumers(power) if len(each.account_ids) == 2)
    shared = await power.share(Consumer(consumer.login_id, consumer.customer_id, consumer.account_ids[:1]))
    site.reset(power.tenant)
    assert len(await shared.account_ids()) == 1
    assert site.asked(power.tenant) == ["listAccounts"]


async def test_balances_are_asked_for_one_by_one_if_the_server_has_no_operation_for_several(
    application: Application, site: RetailerSite, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`POST /balances` is optional, and the capabilities say whether there is one (C-X2)."""
    data = demonstration_data(application.now.date())
    tenant = await use_upstream(application, site, "singles", data)
    await load_demonstration(application.database, tenant.namespace, 0, file=None, now=application.now)
    brand = Brand(application, tenant)
    sharing = await with_balance(brand, site)
    expected = (await sharing.get(BALANCES)).json()["data"]
    assert site.asked(tenant) == ["getCapabilities", "listBalances"]
    monkeypatch.setattr(site.server, "capabilities", {"version": 1})
    clock.move(capabilities.FRESH_FOR)
    sharing = msgspec.structs.replace(sharing, tokens=await sharing.client.refresh(sharing.tokens.refresh_token))
    site.reset(tenant)
    assert (await sharing.get(BALANCES)).json()["data"] == expected
    assert site.asked(tenant) == ["getCapabilities", "getBalance", "getBalance"]


async def test_a_retailer_that_is_down_costs_its_own_brand_only(
    application: Application, power: Brand, site: RetailerSite, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """While one retailer's server does not listen, the calls of the other brand are answered (C-X6)."""
    async with RetailerSite(tmp_path_factory.mktemp("down"), application.web).serving(application) as down:
        data = demonstration_data(application.now.date())
        tenant = await use_upstream(application, down, "down", data)
        await load_demonstration(application.database, tenant.namespace, 0, file=None, now=application.now)
        stopped = Brand(application, tenant)
        theirs = await stopped.share((await consumers(stopped))[0])
        assert (await theirs.get(CUSTOMER)).status_code == 200
    ours = await power.share((await consumers(power))[0])
    for _ in range(8):
        answers = await asyncio.gather(theirs.get(CUSTOMER), ours.get(CUSTOMER))
        assert [answer.status_code for answer in answers] == [503, 200]


async def test_no_id_of_the_retailer_and_no_nmi_is_logged(
    power: Brand, site: RetailerSite, sharing: Sharing, caplog: pytest.LogCaptureFixture
) -> None:
    references = dict(await power.execute(select(account.c.id, account.c.reference)))
    [reference] = await power.execute(select(customer.c.reference).where(customer.c.id == sharing.consumer.customer_id))
    [first, _] = await sharing.account_ids()
    caplog.clear()
    for fault in ("error", "slow", "html", "unauthorised", "throttled", "invalid-item", "refused"):
        site.fail(power.tenant, fault, times=2)
        await sharing.get(f"{ACCOUNTS}/{first}", headers=PRESENT)
        await sharing.get(ACCOUNTS, headers=PRESENT)
    # The retailer's server of the tests logs in this process too.
    logged = " ".join(str(vars(record)) for record in caplog.records if not record.name.startswith("uvicorn"))
    assert "upstream.not_answered" in logged
    for identifier in (*(references[each] for each in sharing.consumer.account_ids), *reference):
        assert identifier not in logged
