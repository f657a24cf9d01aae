"""The list of arrangements: cards that can be told apart, grouped by recipient."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import case, insert, update

from apps.dashboard.labels import joined
from haas.clock import MovableClock
from tenants.accounts.tables import account, service_point, supply
from tenants.calls.tables import disclosure_day
from tests.support.consent_pages import ConsentPages
from tests.support.consents import response_of
from tests.support.rows import execute


@pytest.fixture
async def own(pages: ConsentPages) -> ConsentPages:
    """Pages with a person and a recipient that no other test uses."""
    return await ConsentPages.open(pages.application, pages.tenant)


async def disclose(pages: ConsentPages, arrangement_id: str, account_id: UUID | None, cluster: str, days: int) -> None:
    """Add to the ledger that data of a cluster was disclosed some days ago, twice."""
    at = pages.application.now - timedelta(days=days)
    row = {
        "id": uuid4(), "arrangement_id": UUID(arrangement_id), "account_id": account_id, "cluster": cluster,
        "day": at.astimezone(pages.tenant.time_zone).date(), "calls": 2, "last_at": at,
    }  # fmt: skip
    await execute(pages.application.database, pages.tenant, insert(disclosure_day).values(row))


async def consent_without_accounts(pages: ConsentPages) -> None:
    """Share data about the person for one day."""
    browser, flow = pages.browser(), await pages.pushed("openid profile", sharing_duration=86_400)
    page = await pages.authenticated(browser, flow)
    url = (await browser.post(page, "/authorise")).headers["location"]
    await pages.recipient.exchange(await pages.recipient.read_response(response_of(url), flow), flow)


def test_long_enumerations_are_counted() -> None:
    names = ["Home", "Farm", "Shop", "Flat"]
    assert [joined(names[:number], "account") for number in range(5)] == [
        "", "Home", "Home and Farm", "Home, Farm and Shop", "Home, Farm, Shop and Flat",
    ]  # fmt: skip
    assert joined([*names, "Shed"], "account") == "Home, Farm, Shop and 2 more accounts"


async def test_cards_differ_and_are_grouped_by_recipient(own: ConsentPages, clock: MovableClock) -> None:
    year = await own.consented(own.browser())
    await consent_without_accounts(own)
    other = await ConsentPages.open(own.application, own.tenant)
    elsewhere = ConsentPages(own.application, own.tenant, other.recipient, own.mia)
    await elsewhere.consented(own.browser())
    await disclose(own, year.cdr_arrangement_id, own.mia.home, "energy:accounts.basic:read", 0)
    browser = own.browser()
    page = await own.signed_in(browser)
    text = page.element("current").text
    assert text.count("Mock Software") == 2  # one heading for each product of the recipients
    for said in (
        "Beach house and Home", "Your details", "Sharing once", "Nothing yet", "Name and occupation", "Last received",
        "Name, Name and occupation, Accounts and plans and Account and plan details",
    ):  # fmt: skip
        assert said in text, said
    assert "past" not in page.elements
    assert page.element("arrangement-3")
    clock.move(timedelta(days=2))
    page = await own.signed_in(browser)
    past = page.element("past").text
    assert "Nothing shared" in past
    assert "Nothing was received" in past
    assert "Your details" not in page.element("current").text


async def test_once_off_sharing_has_states_of_its_own(own: ConsentPages, clock: MovableClock) -> None:
    once = await own.consented(own.browser(), sharing_duration=0)
    path = f"/dashboard/arrangements/{once.cdr_arrangement_id}"
    browser = own.browser()
    assert "Sharing once" in (await own.signed_in(browser)).element("current").text
    assert (await browser.get(path)).element("status").text == "Sharing once"
    await disclose(own, once.cdr_arrangement_id, None, "common:customer.basic:read", 0)
    clock.move(timedelta(minutes=14))
    assert "Shared once" in (await browser.get("/dashboard")).element("past").text
    page = await browser.get(path)
    assert page.element("status").text == "Shared once"
    assert "stop-sharing" not in page.elements


async def test_accounts_are_called_as_in_the_account_step(own: ConsentPages) -> None:
    """An account without a name is called by its address; two accounts with the same title have their numbers too."""
    both = update(account).where(account.c.id.in_([own.mia.home, own.mia.joint]))
    number = case((account.c.id == own.mia.home, "61004401"), else_="61004402")
    await _execute(own, both.values(display_name=None, account_number=number))
    lines = {"addressLine1": "12 Wattle Street", "city": "Newtown", "state": "NSW", "postcode": "2042"}
    point = {"id": uuid4(), "reference": str(uuid4()), "national_metering_id": "4100000001"}
    detail = {"location": {"addressUType": "simple", "simple": lines}}
    await _execute(own, insert(service_point).values(**point, detail=detail, updated_at=own.application.now))
    for account_id in (own.mia.home, own.mia.joint):
        supplied = {"account_id": account_id, "service_point_id": point["id"], "valid_from": date(2020, 1, 1)}
        await _execute(own, insert(supply).values(**supplied))
    tokens = await own.consented(own.browser())
    await disclose(own, tokens.cdr_arrangement_id, own.mia.home, "energy:accounts.basic:read", 0)
    browser = own.browser()
    title = "12 Wattle Street, Newtown NSW 2042"
    page = await own.signed_in(browser)
    assert page.element("arrangement-1").text.startswith(f"{title} ending in 4401 and {title} ending in 4402")
    path = f"/dashboard/arrangements/{tokens.cdr_arrangement_id}"
    for each in (path, f"{path}/record", f"{path}/withdraw"):
        text = (await browser.get(each)).element("accounts").text
        assert [f"{title} ending in {end}" in text for end in ("4401", "4402")] == [True, True]
    assert f"{title} ending in 4401" in (await browser.get(f"{path}/record")).element("disclosed").text


async def _execute(own: ConsentPages, statement: Any) -> None:
    await execute(own.application.database, own.tenant, statement)
