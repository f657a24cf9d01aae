"""The list of arrangements: cards that can be told apart, grouped by recipient."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert

from apps.dashboard.labels import joined
from haas.clock import MovableClock
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
