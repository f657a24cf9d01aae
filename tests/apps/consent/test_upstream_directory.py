"""The consent flow and the dashboard of a brand whose customers are on the retailer's own server."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import insert, select

from ops.browser.browser import Browser
from ops.demonstration.themes import AURORA
from tenants.accounts.internal_ids import internal_id, service_point_id
from tenants.accounts.service import market_day
from tenants.accounts.tables import account, disclosure_option, holding, ineligibility, service_point, supply
from tenants.parties.models import NOBODY
from tenants.parties.tables import customer, login, representation
from tenants.synchronisation import directory
from tenants.synchronisation.directory import FRESH_FOR, SECONDS_TO_REFRESH, seconds_to_wait
from tenants.upstream.client import UpstreamCall
from tenants.upstream.messages import MAXIMUM_ACCOUNTS
from tenants.upstream.operations import UpstreamOperation
from tests.support.application import Application
from tests.support.clients import registered_client
from tests.support.consent_pages import ConsentPages, Mia
from tests.support.retailer import RetailerSite, demonstration_data, use_upstream
from tests.support.rows import execute
from themes.tokens import theme_to_json

JsonObject = dict[str, Any]


class Upstream:
    """A brand without any data of its own, the data of its retailer, and the pages as one of the people uses them."""

    def __init__(self, pages: ConsentPages, site: RetailerSite, data: JsonObject, user: JsonObject) -> None:
        self.pages, self.site, self.data, self.user = pages, site, data, user
        self.tenant = pages.tenant
        self.customer: str = user["customers"][0]["customerId"]

    @property
    def accounts(self) -> list[JsonObject]:
        found: list[JsonObject] = self.data["accounts"][self.customer]
        return found

    def publish(self) -> None:
        """Let the server have the changed data."""
        self.site.put(self.tenant.slug, self.data)
        self.site.retailers._read.clear()

    async def rows(self, table: Any) -> list[Any]:
        return await execute(self.pages.application.database, self.tenant, select(table))

    async def authenticated(self, browser: Browser) -> Any:
        return await self.pages.authenticated(browser, identifier=self.user["identifier"])

    def later(self) -> None:
        """Let the time pass in which the copy is not renewed again."""
        self.pages.application.services.clock.move(FRESH_FOR)  # type: ignore[attr-defined]


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time step of the answers is short."""
    monkeypatch.setattr(directory, "ANSWER_STEP_SECONDS", 0.001)


@pytest.fixture
async def upstream(application: Application, site: RetailerSite, clock: Any, _quick: None) -> Upstream:
    data: JsonObject = demonstration_data(application.now.date())
    slug = f"upstream-{len(site.tenants)}"
    tenant = await use_upstream(application, site, slug, data, theme=theme_to_json(AURORA))
    user = next(user for user in data["users"].values() if shareable(data, user) == 2)
    nobody = Mia(NOBODY, user["identifier"], NOBODY, NOBODY, NOBODY)
    pages = ConsentPages(application, tenant, await registered_client(application, tenant), nobody)
    assert clock
    return Upstream(pages, site, data, user)


def shareable(data: JsonObject, user: JsonObject) -> int:
    """Return how many accounts a person who acts for themselves alone can share; 0 for others."""
    if [each["role"] for each in user["customers"]] != ["self"]:
        return 0
    listed = data["accounts"][user["customers"][0]["customerId"]]
    alone = [each["x"]["role"] == "holder" and each["openStatus"] == "OPEN" for each in listed]
    return len(alone) if all(alone) else 0


async def test_a_person_shares_accounts_that_the_tenant_has_never_imported(upstream: Upstream) -> None:
    """The directory is filled at the sign-in. The ids are those that an import gives (C-X1)."""
    browser = upstream.pages.browser()
    page = await upstream.authenticated(browser)
    assert page.path.endswith("/accounts")
    for listed in upstream.accounts:  # people recognise an account by its nickname, or by the retailer's address of it
        address = listed["x"]["servicePoints"][0]["location"]["simple"]["addressLine1"]
        assert address in page.element("accounts").text
        assert listed["plans"][0]["planOverview"]["displayName"] in page.element("accounts").text
    assert "Energy account" not in page.text
    references = {each["accountId"] for each in upstream.accounts}
    page = await browser.send(page, "/accounts", account=[str(internal_id("account", each)) for each in references])
    assert page.path.endswith("/review")
    assert {row.id for row in await upstream.rows(account)} == {internal_id("account", each) for each in references}
    [owner] = await upstream.rows(customer)
    assert (owner.id, owner.reference) == (internal_id("customer", upstream.customer), upstream.customer)
    nmis = {each["servicePointId"] for listed in upstream.accounts for each in listed["x"]["servicePoints"]}
    assert {row.id for row in await upstream.rows(service_point)} == set(map(service_point_id, nmis))
    assert {(row.account_id, row.service_point_id, str(row.valid_from)) for row in await upstream.rows(supply)} == {
        (internal_id("account", listed["accountId"]), service_point_id(each["servicePointId"]), each["validFrom"])
        for listed in upstream.accounts
        for each in listed["x"]["servicePoints"]
    }


async def test_an_identification_asks_the_server_once_whether_or_not_it_knows_the_identifier(
    upstream: Upstream,
) -> None:
    """Nothing else is sent before the one-time password is right (CDS, One Time Password Credential Requirements)."""
    known, unknown = upstream.user["identifier"], "nobody@people.test"
    for identifier in (known, unknown, known, unknown):
        browser = upstream.pages.browser()
        upstream.site.reset(upstream.tenant)
        page = await upstream.pages.identified(browser, identifier=identifier)
        assert page.path.endswith("/verify")
        refused = await browser.post(page, "/verify", code="000000")
        assert refused.headers["location"].endswith("problem=code-wrong")
        assert upstream.site.asked(upstream.tenant) == ["findUser"]
    assert [row.reference for row in await upstream.rows(login)] == [upstream.user["userId"]]


def test_an_answer_takes_a_multiple_of_the_time_step() -> None:
    for elapsed in (0.0, 0.001, 0.249, 0.25, 0.26, 1.9):
        total = elapsed + seconds_to_wait(elapsed)
        assert abs(total / 0.25 - round(total / 0.25)) < 1e-9
        assert 0 <= total - elapsed < 0.25


async def test_the_directory_is_renewed_at_the_sign_in_and_at_the_account_step_and_not_more_often(
    upstream: Upstream,
) -> None:
    browser = upstream.pages.browser()
    page = await upstream.authenticated(browser)
    once = ["findUser", "getUser", "getCustomer", "listAccounts"]
    assert upstream.site.asked(upstream.tenant) == once
    upstream.accounts[0]["displayName"] = "The beach house"
    upstream.publish()
    assert "The beach house" not in (await browser.get(page.url)).text
    upstream.later()
    assert "The beach house" in (await browser.get(page.url)).text
    assert upstream.site.asked(upstream.tenant) == [*once, *once[1:]]


async def test_what_the_server_does_not_list_any_more_ends_and_what_a_consumer_decided_is_kept(
    upstream: Upstream,
) -> None:
    browser = upstream.pages.browser()
    page = await upstream.authenticated(browser)
    gone = upstream.accounts.pop()["accountId"]
    kept = internal_id("account", upstream.accounts[0]["accountId"])
    await upstream.pages.customers.set_option(kept, "no-disclosure")
    upstream.accounts[0]["x"]["disclosureOption"] = "pre-approval"
    upstream.publish()
    upstream.later()
    await browser.get(page.url)
    held = {row.account_id: row.valid_to for row in await upstream.rows(holding)}
    assert held[kept] is None
    assert held[internal_id("account", gone)] is not None
    [option] = await upstream.rows(disclosure_option)
    assert (option.account_id, option.option, option.set_by) == (kept, "no-disclosure", "holder")


@pytest.mark.parametrize("subject", ["account", "customer", "customer for the account"])
async def test_who_is_not_eligible_shares_nothing_until_the_list_of_the_server_changes(
    upstream: Upstream, subject: str
) -> None:
    """K-1, K-2: at the first sign-in, also if no row was stored before; a list that is absent changes nothing."""
    held = upstream.accounts[0]["x"]
    owner = upstream.data["customers"][upstream.customer]["x"]
    lists = {"account": (held, "ineligible"), "customer for the account": (held, "customerIneligible")}
    of, member = lists.get(subject, (owner, "ineligible"))
    excluded = internal_id("account", upstream.accounts[0]["accountId"])
    browser = upstream.pages.browser()
    begun = "2026-01-01"
    today = market_day(upstream.pages.application.now)
    yesterday = today - timedelta(days=1)
    steps: list[tuple[list[JsonObject] | None, bool, list[Any]]] = [
        ([{"reason": "under-age", "validFrom": begun}], False, [None]),
        (None, False, [None]),
        ([{"reason": "under-age", "validFrom": begun, "validTo": str(today)}], False, [today]),
        ([], True, [yesterday]),
        ([{"reason": "other", "validFrom": str(today + timedelta(days=1))}], True, [yesterday, None]),
        ([], True, [yesterday]),
    ]
    page: Any = None
    for listed, may_share, last_days in steps:
        of.pop(member, None)
        if listed is not None:
            of[member] = listed
        upstream.publish()
        upstream.later()
        page = await browser.get(page.url) if page is not None else await upstream.authenticated(browser)
        assert (f'value="{excluded}"' in page.html) == may_share, (listed, page.text)
        assert ("Data of this account cannot be shared" in page.text) == (not may_share)
        assert ("No account can be shared" in page.text) == (not may_share and subject == "customer")
        rows = sorted(await upstream.rows(ineligibility), key=lambda row: row.valid_from)
        assert [row.valid_to for row in rows] == last_days
        assert {row.set_by for row in rows} == {"upstream"}
        assert {row.customer_id is not None for row in rows} == {subject != "account"}
        assert {row.account_id is not None for row in rows} == {subject != "customer"}


@pytest.mark.parametrize(
    "listed",
    [
        [{"reason": "under-age", "validFrom": "2026-02-01", "validTo": "2026-01-31"}],
        [{"reason": "other", "validFrom": "2026-01-01"}, {"reason": "other", "validFrom": "2027-01-01"}],
        [{"reason": "poor", "validFrom": "2026-01-01"}],
    ],
    ids=["end before the beginning", "overlap", "unknown reason"],
)
async def test_periods_that_cannot_be_read_let_nobody_share(upstream: Upstream, listed: list[JsonObject]) -> None:
    upstream.data["customers"][upstream.customer]["x"] = {"ineligible": listed}
    upstream.publish()
    page = await upstream.pages.identified(browser := upstream.pages.browser(), identifier=upstream.user["identifier"])
    code = await upstream.pages.code(upstream.user["identifier"])
    assert (await browser.post(page, "/verify", code=code)).status_code == 503
    upstream.data["customers"][upstream.customer]["x"] = {"ineligible": []}
    upstream.accounts[0]["x"]["ineligible"] = listed
    upstream.publish()
    page = await browser.send(page, "/verify", code=code)
    assert "No account can be shared" in page.text
    assert await upstream.rows(account) == []


async def test_the_server_can_end_what_was_imported_and_not_what_staff_have_set(upstream: Upstream) -> None:
    """A brand can change its source. The owner of the accounts is stored already, as after an import."""
    await upstream.authenticated(upstream.pages.browser())
    of = {"customer_id": internal_id("customer", upstream.customer), "account_id": None, "valid_from": date(2026, 1, 1)}
    made = {"import": "under-age", "staff": "other"}
    for set_by, reason in made.items():
        row = {**of, "id": uuid4(), "reason": reason, "set_by": set_by}
        await execute(upstream.pages.application.database, upstream.tenant, insert(ineligibility).values(row))
    upstream.later()
    await upstream.authenticated(upstream.pages.browser())
    ended = {row.set_by: row.valid_to is not None for row in await upstream.rows(ineligibility)}
    assert ended == {"upstream": True, "staff": False}


async def test_a_list_with_an_account_that_is_not_valid_ends_nothing(
    upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    """The list is not complete then, so an account that is missing in it may still be held."""
    browser = upstream.pages.browser()
    page = await upstream.authenticated(browser)
    upstream.accounts[0]["plans"][0]["servicePointIds"].append("9999999999")
    upstream.accounts.pop()
    upstream.publish()
    upstream.later()
    await browser.get(page.url)
    assert [row.valid_to for row in await upstream.rows(holding)] == [None, None]
    assert "directory.invalid_account" in caplog.messages


async def test_a_customer_with_2_000_accounts_is_renewed_within_the_time_limit(upstream: Upstream) -> None:
    """C-X2, A-7."""
    [pattern, *_] = upstream.accounts
    written = msgspec.json.encode(pattern).decode()
    reference, nmi = pattern["accountId"], pattern["x"]["servicePoints"][0]["servicePointId"]
    accounts: list[JsonObject] = [
        msgspec.json.decode(written.replace(reference, f"A-{number}").replace(nmi, f"{4_300_000_000 + number}"))
        for number in range(2_000)
    ]
    upstream.data["accounts"][upstream.customer] = accounts
    upstream.publish()
    found = upstream.pages.application.services.directory
    login_of = await found.login_by_identifier(upstream.tenant, upstream.user["identifier"])
    assert login_of is not None
    async with asyncio.timeout(SECONDS_TO_REFRESH):
        await found.refresh(upstream.tenant, login_of.id)
    for table in (account, holding, service_point, supply):
        assert len(await upstream.rows(table)) == 2_000, table.name


async def test_more_accounts_than_the_contract_allows_change_nothing(upstream: Upstream) -> None:
    upstream.data["accounts"][upstream.customer] = [{"accountId": "A-1", "x": {}}] * (MAXIMUM_ACCOUNTS + 1)
    upstream.publish()
    browser, identifier = upstream.pages.browser(), upstream.user["identifier"]
    page = await upstream.pages.identified(browser, identifier=identifier)
    answer = await browser.post(page, "/verify", code=await upstream.pages.code(identifier))
    assert answer.status_code == 503
    assert await upstream.rows(account) == []


async def test_a_person_who_was_removed_or_disabled_cannot_continue(upstream: Upstream) -> None:
    browser = upstream.pages.browser()
    page = await upstream.authenticated(browser)
    upstream.user["disabled"] = True
    upstream.publish()
    upstream.later()
    await browser.get(page.url)
    [row] = await upstream.rows(login)
    assert row.disabled_at is not None
    found = upstream.pages.application.services.directory
    assert await found.login_by_identifier(upstream.tenant, upstream.user["identifier"]) is None
    upstream.user["disabled"] = False
    upstream.publish()
    assert await found.login_by_identifier(upstream.tenant, upstream.user["identifier"]) is not None


async def test_the_channel_that_a_person_prefers_is_renewed_with_the_contacts(upstream: Upstream) -> None:
    found, identifier = upstream.pages.application.services.directory, upstream.user["identifier"]
    upstream.user["mobile"] = "+61491570006"
    for channel in ("sms", "post", None):  # None: the retailer does not know it any more
        upstream.user.pop("channel", None)
        upstream.user.update({} if channel is None else {"channel": channel})
        upstream.publish()
        known = await found.login_by_identifier(upstream.tenant, identifier)
        assert known is not None
        assert known.channel == channel
        [row] = await upstream.rows(login)
        assert (row.channel, row.mobile) == (channel, known.mobile)
        upstream.user["channel"] = "email"  # is read again with the accounts, when the person has signed in
        upstream.publish()
        await found.refresh(upstream.tenant, known.id)
        assert [each.channel for each in await upstream.rows(login)] == ["email"]
        upstream.later()


async def test_an_identifier_that_the_retailer_gives_to_another_person_moves(upstream: Upstream) -> None:
    """The other person is asked for first, and keeps the login under the new identifier."""
    found = upstream.pages.application.services.directory
    identifier = upstream.user["identifier"]
    first = await found.login_by_identifier(upstream.tenant, identifier)
    other = next(each for each in upstream.data["users"].values() if each is not upstream.user)
    upstream.user["identifier"], other["identifier"] = "renamed@people.test", identifier
    upstream.publish()
    second = await found.login_by_identifier(upstream.tenant, identifier)
    assert first is not None
    assert second is not None
    assert (first.id, second.id) == (
        internal_id("login", upstream.user["userId"]),
        internal_id("login", other["userId"]),
    )
    renamed = await found.login_by_identifier(upstream.tenant, "renamed@people.test")
    assert renamed is not None
    assert renamed.id == first.id


async def test_the_identifier_of_a_person_who_is_gone_can_be_given_to_another(upstream: Upstream) -> None:
    found = upstream.pages.application.services.directory
    identifier = upstream.user["identifier"]
    assert await found.login_by_identifier(upstream.tenant, identifier) is not None
    other = next(each for each in upstream.data["users"].values() if each is not upstream.user)
    del upstream.data["users"][upstream.user["userId"]]
    other["identifier"] = identifier
    upstream.publish()
    second = await found.login_by_identifier(upstream.tenant, identifier)
    assert second is not None
    assert second.id == internal_id("login", other["userId"])


async def test_a_representation_that_the_server_does_not_list_any_more_ends(upstream: Upstream) -> None:
    browser = upstream.pages.browser()
    page = await upstream.authenticated(browser)
    upstream.user["customers"] = []
    upstream.publish()
    upstream.later()
    await browser.get(page.url)
    [row] = await upstream.rows(representation)
    assert row.valid_to is not None


@pytest.mark.parametrize("fault", ["unavailable", "html", "throttled"])
async def test_a_server_that_fails_at_the_sign_in_is_answered_with_a_page_and_changes_nothing(
    upstream: Upstream, fault: str
) -> None:
    browser = upstream.pages.browser()
    page = await browser.get(upstream.pages.authorise_url(await upstream.pages.pushed()))
    upstream.site.fail(upstream.tenant, fault, "findUser", times=1)
    refused = await browser.post(page, "/identify", identifier=upstream.user["identifier"])
    assert refused.status_code == 503
    assert "text/html" in refused.headers["content-type"]
    page = await browser.send(page, "/identify", identifier=upstream.user["identifier"])
    upstream.site.fail(upstream.tenant, fault, "listAccounts", times=1)
    code = await upstream.pages.code(upstream.user["identifier"])
    assert (await browser.post(page, "/verify", code=code)).status_code == 503
    assert (await browser.send(page, "/verify", code=code)).path.endswith("/accounts")


async def test_the_dashboard_renews_the_directory_at_the_sign_in(upstream: Upstream) -> None:
    page = await upstream.pages.signed_in(upstream.pages.browser(), upstream.user["identifier"])
    assert page.path == "/dashboard"
    assert [row.reference for row in await upstream.rows(customer)] == [upstream.customer]
    assert {str(row.valid_from) for row in await upstream.rows(representation)} == {str(date.min)}


async def test_a_service_point_that_was_imported_is_not_changed(upstream: Upstream) -> None:
    """It is the same service point, whatever its reference is: its id is derived from the NMI."""
    nmi = upstream.accounts[0]["x"]["servicePoints"][0]["servicePointId"]
    row = {"id": service_point_id(nmi), "reference": "SP-1", "national_metering_id": nmi, "detail": {"kept": True}}
    await execute(
        upstream.pages.application.database,
        upstream.tenant,
        service_point.insert().values(**row, updated_at=upstream.pages.application.now),
    )
    await upstream.authenticated(upstream.pages.browser())
    stored = {each.id: each for each in await upstream.rows(service_point)}
    assert (stored[row["id"]].reference, stored[row["id"]].detail) == ("SP-1", {"kept": True})
    assert UUID(str(row["id"])) in {each.service_point_id for each in await upstream.rows(supply)}


async def test_a_changed_address_of_the_retailer_replaces_the_stored_one_and_a_missing_one_does_not(
    upstream: Upstream,
) -> None:
    [point] = upstream.accounts[0]["x"]["servicePoints"]
    stored = service_point_id(point["servicePointId"])
    await upstream.authenticated(upstream.pages.browser())
    for line, expected in (("9 New Lane", "9 New Lane"), (None, "9 New Lane")):
        if line is None:
            del point["location"]
        else:
            point["location"]["simple"]["addressLine1"] = line
        upstream.publish()
        upstream.later()
        page = await upstream.authenticated(upstream.pages.browser())
        assert expected in page.element("accounts").text
        [detail] = [each.detail for each in await upstream.rows(service_point) if each.id == stored]
        assert detail.keys() == {"location"}
        assert detail["location"]["simple"]["addressLine1"] == expected


async def test_a_person_who_waits_for_the_retailers_server_leaves_the_slot_to_others(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a few brands whose servers are slow would stop every brand."""
    slots = upstream.pages.application.asgi._admission._slots
    free: list[tuple[str, int]] = []
    asked = UpstreamCall.ask

    async def ask(call: UpstreamCall, operation: UpstreamOperation, *ids: str, **options: Any) -> bytes:
        free.append((operation.name, slots.free))
        return await asked(call, operation, *ids, **options)

    monkeypatch.setattr(UpstreamCall, "ask", ask)
    page = await upstream.authenticated(upstream.pages.browser())
    assert page.path.endswith("/accounts")
    assert len({name for name, _ in free}) > 2, "the sign-in and the accounts"
    assert {number for _, number in free} == {slots.size}
    assert slots.free == slots.size
