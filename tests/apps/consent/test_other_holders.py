"""What the flow and the dashboard say about the other holders of an account: they are told, asked, or not told."""

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from haas.clock import MovableClock
from ops.browser.page import Page
from tenants.accounts.models import DisclosureOption
from tenants.accounts.tables import harm_flag, holding
from tenants.arrangements.tables import account_approval, authorisation
from tenants.disclosure.store import load_data_access_token
from tenants.joint_accounts import approvals, options, sharing
from tenants.parties.acting import Acting
from tenants.secondary_users import service as secondary_users
from tests.support.consent_pages import ConsentPages, response_claims
from tests.support.rows import execute, run
from themes import wording

HOUSE = "Beach house"
MAY_BE_TOLD = "The other account holders may be told that you share it."
NOT_TOLD = "We will not tell the other account holders that you share it."
TIME = re.compile(r"\d{1,2}:\d\d [ap]m \w+")


class Household(ConsentPages):
    """Mia and Bob hold the house together. Rita and Bob are attorneys of Mia."""

    async def add(self) -> None:
        login_id, self.bobs_identifier = await self.customers.add_login("Bob Brown")
        self.bob = await self.customers.add_customer("Bob Brown", login_id)
        self.as_bob = Acting(customer_id=self.bob, login_id=login_id)
        self.rita, self.ritas_identifier = await self.customers.add_login("Rita Rep")
        await self.customers.represent(self.rita, self.mia.customer_id, "attorney")
        await self.customers.represent(login_id, self.mia.customer_id, "attorney")
        (held,) = await self.execute(select(holding).where(holding.c.account_id == self.mia.joint))
        await self.execute(insert(holding).values({**held._mapping, "customer_id": self.bob}))

    async def execute(self, statement: Any) -> Sequence[Any]:
        return await execute(self.application.database, self.tenant, statement)

    async def run(self, function: Any, *arguments: Any, **named: Any) -> Any:
        return await run(self.application.database, self.tenant, function, *arguments, **named)

    async def flag(self, customer_id: UUID | None = None) -> None:
        row = {"customer_id": customer_id or self.mia.customer_id, "account_id": self.mia.joint, "set_by": "s"}
        await self.execute(insert(harm_flag).values(**row, since=self.application.now))

    async def flow(self, identifier: str | None = None, **asked: Any) -> tuple[Page, Page, dict[str, Any] | None, Any]:
        """Go through the flow for Mia's house; return the account step, the review, what it stated, and the tokens.

        If the house cannot be chosen, Mia's other account is.
        """
        browser, flow = self.browser(), await self.pushed(**asked)
        accounts = await self.authenticated(browser, flow, identifier)
        if accounts.path.endswith("/customer"):
            accounts = await browser.send(accounts, "/customer", customer=str(self.mia.customer_id))
        offered = set(accounts.form("/accounts").entries(None, set(accounts.choices("account")))["account"])
        chosen = [str(each) for each in (self.mia.home, self.mia.joint) if str(each) in offered]
        review = await browser.send(accounts, "/accounts", account=chosen)
        url = (await browser.post(review, "/authorise")).headers["location"]
        tokens = await self.recipient.exchange(response_claims(url)["code"], flow)
        version = authorisation.c.arrangement_id == UUID(tokens.cdr_arrangement_id)
        newest = select(authorisation.c.shown).where(version).order_by(authorisation.c.version.desc())
        shown = (await self.execute(newest.limit(1)))[0].shown
        return accounts, review, shown, tokens

    async def dashboard(self, tokens: Any, identifier: str | None = None) -> list[Page]:
        """Return the list, the arrangement, and its record as a person sees them."""
        browser = self.browser()
        first = await self.signed_in(browser, identifier)
        path = f"/dashboard/arrangements/{tokens.cdr_arrangement_id}"
        return [first, *[await browser.get(each) for each in (path, f"{path}/record")]]


@pytest.fixture
async def house(pages: ConsentPages) -> Household:
    """A household and a recipient that no other test uses."""
    own = await ConsentPages.open(pages.application, pages.tenant)
    house = Household(own.application, own.tenant, own.recipient, own.mia)
    await house.add()
    return house


def of_house(shown: dict[str, Any] | None) -> tuple[str | None, str | None]:
    """Return what a review page stated about the other holders of the house."""
    assert shown is not None
    (account,) = [each for each in shown["accounts"] if each["name"] == HOUSE]
    return account["others"], account["approve_on"]


async def test_an_account_that_needs_approval_says_so_before_and_after_the_authorisation(
    house: Household, clock: MovableClock
) -> None:
    """CDS, Authorisation Standards, Pending status; the deadline is the one by which the others can approve."""
    await house.customers.set_option(house.mia.joint, "co-approval")
    accounts, review, shown, tokens = await house.flow()
    (asked,) = await house.execute(select(account_approval).where(account_approval.c.account_id == house.mia.joint))
    zone = house.tenant.time_zone
    day, moment = wording.date(asked.due_at, zone), wording.date_and_time(asked.due_at, zone)
    sentence = f"We share its data only if the other account holders approve by {day}. We ask them after you authorise."
    assert f"Joint account. {sentence}" in accounts.text
    assert sentence in review.element("accounts").text
    assert (
        f"Data of 1 account is shared only if all account holders approve by {day}." in review.element("approvals").text
    )
    assert MAY_BE_TOLD not in review.text
    assert of_house(shown) == ("must-approve", asked.due_at.astimezone(zone).date().isoformat())
    waiting = f"Waiting for approval of the other holders until {moment}"
    listed, page, record = await house.dashboard(tokens)
    assert f"1 account waits for approval of the other holders until {moment}" in listed.text
    assert [waiting in each.text for each in (page, record)] == [True, True]
    assert not any(name in each.text for each in (listed, page, record) for name in ("Bob", "Brown"))

    clock.move(approvals.TIME_TO_APPROVE)  # nobody has marked the approval as lapsed yet
    listed, page, record = await house.dashboard(tokens)
    assert "waits for approval" not in listed.text
    for each in (page, record):
        assert "It was not approved in time, so its data is not shared." in each.text


async def test_after_a_decision_of_the_others_the_dashboard_says_what_holds(house: Household) -> None:
    await house.customers.set_option(house.mia.joint, "co-approval")
    *_, tokens = await house.flow()
    (seen,) = await house.run(sharing.shared_by_others, house.as_bob, now=house.application.now)
    decided = (house.tenant, house.as_bob, seen.id)
    await house.run(approvals.decide, *decided, "approved", now=house.application.now)
    listed, page, _ = await house.dashboard(tokens)
    assert not any("approval" in each.text or "Not shared now" in each.text for each in (listed, page))
    await house.run(approvals.remove, *decided, now=house.application.now)
    _, page, record = await house.dashboard(tokens)
    for each in (page, record):
        assert "The approval of an account holder was withdrawn, so its data is not shared any more." in each.text
    amended, _, _, tokens = await house.flow(cdr_arrangement_id=tokens.cdr_arrangement_id)
    assert "We ask them after you authorise." in amended.text, "an amendment asks again"
    (seen,) = await house.run(sharing.shared_by_others, house.as_bob, now=house.application.now)
    await house.run(approvals.decide, house.tenant, house.as_bob, seen.id, "declined", now=house.application.now)
    _, page, record = await house.dashboard(tokens)
    for each in (page, record):
        assert "Not all account holders whose approval is needed approved it" in each.text
        assert "Bob" not in each.text


@pytest.mark.parametrize(
    ("duration", "when"),
    [(0, "within a few minutes after you authorise"), (7_200, "within 2 hours after you authorise")],
)
async def test_the_time_to_approve_what_is_collected_once_is_relative(
    house: Household, duration: int, when: str
) -> None:
    await house.customers.set_option(house.mia.joint, "co-approval")
    accounts, review, shown, _ = await house.flow(sharing_duration=duration)
    for page in (accounts, review):
        assert f"only if the other account holders approve {when}." in page.text
    assert of_house(shown) == ("must-approve", None)


OPTIONS: tuple[DisclosureOption, ...] = ("pre-approval", "co-approval", "no-disclosure")


@pytest.mark.parametrize("option", OPTIONS)
async def test_the_protected_person_is_told_that_the_others_are_not_told(
    house: Household, option: DisclosureOption
) -> None:
    """CDR Rules 4A.15; CDS, Notification Standards. Without the flag, the pages say what the option is."""
    await house.customers.set_option(house.mia.joint, option)
    accounts, review, _, _ = await house.flow()
    assert not any(NOT_TOLD in page.text for page in (accounts, review))
    await house.flag()
    accounts, review, shown, tokens = await house.flow()
    for page in (accounts, review):
        assert NOT_TOLD in page.text
        assert not any(said in page.text for said in (MAY_BE_TOLD, "if the other account holders approve"))
    assert of_house(shown) == ("not-told", None)
    found = await house.run(load_data_access_token, tokens.access_token, house.application.now)
    assert set(found.accounts) == {house.mia.home, house.mia.joint}
    _, page, _ = await house.dashboard(tokens)
    assert not any(said in page.text for said in ("Not shared now", "Waiting for approval"))


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("who", ["Rita", "Bob"])
async def test_a_representative_learns_nothing_of_a_harm_flag(
    house: Household, option: DisclosureOption, who: str
) -> None:
    """The pages of an attorney of Mia, what is stored of the review, and what is shared, are as without a flag."""
    await house.customers.set_option(house.mia.joint, option)
    identifier = {"Rita": house.ritas_identifier, "Bob": house.bobs_identifier}[who]

    async def seen() -> list[Any]:
        accounts, review, shown, tokens = await house.flow(identifier)
        pages = await house.dashboard(tokens, identifier)
        found = await house.run(load_data_access_token, tokens.access_token, house.application.now)
        texts = [page.text.replace(tokens.cdr_arrangement_id, "") for page in (accounts, review, *pages[1:])]
        for page in pages[1:]:
            assert page.status == 200
        login_id = house.rita if who == "Rita" else house.as_bob.login_id
        acting = Acting(customer_id=house.mia.customer_id, login_id=login_id)
        now = house.application.now
        preview = [
            await house.run(options.preview, house.tenant, acting, house.mia.joint, each, now=now)
            for each in ("pre-approval", "no-disclosure")
            if each != option
        ]
        effects = [{each.effect for each in found_effects.sharing} for found_effects in preview]
        return [*texts, shown, found.accounts, found.withholdings, effects]

    before = await seen()
    await house.flag()
    after = await seen()
    assert NOT_TOLD not in repr(after)
    for was, is_now in zip(before, after, strict=True):
        assert without_times(is_now) == without_times(was)


def without_times(value: Any) -> str:
    """Return a text without the minutes, which can change while a test runs."""
    return TIME.sub("", repr(value))


async def test_a_flag_of_a_holder_says_nothing_to_a_secondary_user_and_the_user_is_told_of_an_own_one(
    house: Household,
) -> None:
    """Bob is protected, and Mia only uses the house; then Mia is protected herself."""
    user = (holding.c.account_id == house.mia.joint) & (holding.c.customer_id == house.mia.customer_id)
    await house.execute(update(holding).where(user).values(role="secondary-user"))
    now = house.application.now
    await house.run(
        secondary_users.instruct, house.tenant, house.as_bob, house.mia.joint, house.mia.customer_id, now=now
    )
    before, *_ = await house.flow()
    await house.flag(house.bob)
    accounts, review, shown, _ = await house.flow()
    assert accounts.text == before.text
    assert of_house(shown) == (None, None)
    await house.flag()
    accounts, review, shown, _ = await house.flow()
    for page in (accounts, review):
        assert "We will not tell the account holders that you share it." in page.text
    assert of_house(shown) == ("not-told", None)


async def test_a_flag_that_is_set_while_the_review_is_open_shows_it_again(house: Household) -> None:
    browser, flow = house.browser(), await house.pushed()
    review = await house.reviewed(browser, flow)
    await house.flag()
    again = await browser.send(review, "/authorise")
    assert "What we would share has changed since this page was shown." in again.text
    assert NOT_TOLD in again.text
