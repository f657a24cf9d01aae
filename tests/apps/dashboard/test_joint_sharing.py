"""The pages about what other holders share of a joint account: what they say, and approvals (K-12, K-16, K-25)."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, update

from haas.clock import MovableClock
from tenants.arrangements.tables import account_approval
from tenants.calls.tables import disclosure_day
from tenants.joint_accounts import approvals, sharing
from tests.support.consent_pages import ConsentPages
from tests.support.joint_home import JointHome
from tests.support.joint_pages import JointPages

BILLING, DETAIL = "energy:billing:read", "energy:accounts.detail:read"


@pytest.fixture
async def joint(pages: ConsentPages) -> JointPages:
    return await JointPages.open(pages)


@pytest.fixture
def home(joint: JointPages) -> JointHome:
    return joint.home


async def sharing_path(joint: JointPages, customer_id: UUID) -> str:
    """Return the address of the page of the newest sharing of the house."""
    home = joint.home
    acting = home.as_bob
    found = await home.run(sharing.shared_by_others, acting, account_id=home.house, now=home.application.now)
    return joint.path(customer_id, "sharing", found[0].id)


async def test_a_co_holder_sees_the_joint_account_and_removes_the_approval(joint: JointPages, home: JointHome) -> None:
    """CDS, Withdrawal Standards, Joint accounts. Nothing is about who shares, or about this person's other accounts."""
    shared, other = await home.share(home.house, home.boat), await home.share(home.farm)
    now = home.application.now
    row = {"arrangement_id": UUID(shared.cdr_arrangement_id), "calls": 2, "last_at": now}
    row["day"] = now.astimezone(home.tenant.time_zone).date()
    for account_id, cluster in ((home.house, BILLING), (home.boat, DETAIL)):
        of_account = {"id": uuid4(), "account_id": account_id, "cluster": cluster}
        await home.execute(insert(disclosure_day).values({**row, **of_account}))
    await home.told()
    browser = await joint.browser(home.bob)
    page = await browser.get(joint.path(home.bob))
    assert "Mock Software" in page.element("shared").text
    assert "With Mock Software" in (await browser.get("/dashboard")).element("joint-accounts").text
    await browser.get(joint.path(home.bob))
    page = (await browser.follow("shared-1")).page
    path = page.path
    for text in ("Mock Software", "Mock Company Pty Ltd", "House", "Billing payments and history", "Sharing",
                 "Billing payments and history Received on"):  # fmt: skip
        assert text in page.text, text
    asked = (await browser.follow("remove")).page
    for text in (
        "stops sharing data of this account with Mock Software", "at once. You cannot undo this",
        "may affect services that the other account holders use", "can still create new sharing from this account",
        "change the sharing option of the account", "We may tell the other account holders.",
        "Billing payments and history",
    ):  # fmt: skip
        assert text in asked.text, text
    assert asked.element("change-option").attributes["href"] == joint.path(home.bob)
    for seen in (page, asked):
        for unsaid in (
            "Mia",
            "Boat",
            str(home.mia),
            str(home.boat),
            str(shared.cdr_arrangement_id),
            "Name and",
            "plan details",
        ):
            assert unsaid not in seen.html, unsaid
    assert (await home.disclosed(shared))[0] == {home.house, home.boat}, "a page that is opened changes nothing"

    done = await browser.send(asked, "/remove")
    assert done.path == path
    assert "The approval is removed." in done.element("notice").text
    assert done.element("decision").text == "You removed the approval."
    assert await home.disclosed(shared) == ({home.boat}, {"approval-withdrawn"})
    assert (await home.disclosed(other))[0] == {home.farm}
    assert [about for about, _ in await home.told(home.mia)] == ["approval-withdrawn"]
    assert "The approval is removed." in (await browser.send(asked, "/remove")).element("notice").text
    assert await home.told(home.mia) == [], "a form that is sent twice has one effect"
    assert (await browser.get(f"{path}/remove")).path == path
    assert "remove" not in done.elements

    # Decision 0071: another reader is told who removed it, a representative by role.
    attorney, identifier = await home.customers.add_login("Ann Agent")
    await home.customers.represent(attorney, home.bob, "attorney")
    other = joint.pages.browser()
    await joint.pages.signed_in(other, identifier)
    assert (await other.get(path)).element("decision").text == "Bob Brown removed the approval."
    of_bob = update(account_approval).where(account_approval.c.customer_id == home.bob)
    await home.execute(of_bob.values(login_id=attorney))
    assert (await browser.get(path)).element("decision").text == "Your attorney removed the approval."
    assert (await other.get(path)).element("decision").text == "You removed the approval."


async def test_what_has_ended_is_shown_and_cannot_be_stopped(joint: JointPages, home: JointHome) -> None:
    shared = await home.share(home.house)
    browser, path = await joint.browser(home.bob), await sharing_path(joint, home.bob)
    asked = await browser.get(f"{path}/remove")
    await home.end(shared.cdr_arrangement_id, "consumer")
    page = await browser.send(asked, "/remove")
    assert page.path == path
    assert "Nothing was changed." in page.element("problem").text
    assert page.element("status").text == "Ended"
    assert "remove" not in page.elements
    assert "Mock Software" in (await browser.get(joint.path(home.bob))).element("past").text
    assert not await home.execute(select(account_approval).where(account_approval.c.customer_id == home.bob))


async def test_what_the_person_may_not_see_of_the_sharing_does_not_exist(joint: JointPages, home: JointHome) -> None:
    """Also under a harm flag, for the account of another page, and for who shares (CDR Rules 4A.15)."""
    shared = await home.share(home.house)
    user, _ = await home.add_person("Uma Usher")
    await home.hold(user, home.house, "secondary-user")
    path = await sharing_path(joint, home.bob)
    sharing_id = path.rpartition("/")[2]
    browsers = {each: await joint.browser(each) for each in (home.mia, home.bob, user)}
    refused = [(each, joint.path(each, "sharing", sharing_id)) for each in (home.mia, user)]
    refused += [
        (home.bob, joint.path(home.bob, "sharing", sharing_id, account_id=home.farm)),
        (home.bob, joint.path(home.mia, "sharing", sharing_id)),
        (home.bob, joint.path(home.bob, "sharing", shared.cdr_arrangement_id)),
        (user, path),
    ]
    for who, named in refused:
        for below in ("", "/remove", "/approve"):
            assert (await browsers[who].get(f"{named}{below}")).status == 404, (named, below)
        assert await joint.forged(browsers[who], f"{named}/remove") == 404, named
    bob = browsers[home.bob]
    assert (await bob.get(f"{path}/keep")).status == 404
    assert (await bob.http.post(f"{path}/remove", data={"form_token": "0" * 64})).status_code == 403
    asked = await bob.get(f"{path}/remove")
    await home.flag(since=home.application.now - timedelta(minutes=1))
    assert (await bob.send(asked, "/remove")).status == 404
    for below in ("", "/remove"):
        assert (await bob.get(f"{path}{below}")).status == 404
    for page in ("/dashboard", "/dashboard/joint-accounts", joint.path(home.bob)):
        assert "Mock" not in (await bob.get(page)).html
    assert (await home.disclosed(shared))[0] == {home.house}


async def test_an_approval_is_asked_for_given_and_declined_in_time(
    joint: JointPages, home: JointHome, clock: MovableClock
) -> None:
    """CDR Rules 4A.10 to 4A.12: with the recipient, the account, the data, the end and the time limit."""
    await home.customers.set_option(home.house, "co-approval")
    shared = await home.share(home.house, home.farm)
    browser = await joint.browser(home.bob)
    assert "Needs your answer" in (await browser.get("/dashboard")).text
    assert "Approve or decline by" in (await browser.get(joint.path(home.bob))).element("waiting").text
    page = (await browser.follow("waiting-1")).page
    path = page.path
    assert "Another account holder wants to share data of this account." in page.element("asked").text
    assert (await browser.get(f"{path}/remove")).path == path
    asked = await browser.get(f"{path}/approve")
    for text in ("House", "Mock Software", "Billing payments and history", "until", "remove the approval again"):
        assert text in asked.text, text
    assert "may tell" not in asked.text, "nobody is told of an approval"
    declining = await browser.get(f"{path}/decline")
    assert "We may tell the other account holders." in declining.text
    assert (await home.disclosed(shared))[0] == {home.farm}
    done = await browser.send(asked, "/approve")
    assert done.element("notice").text == "You have approved sharing with Mock Software."
    assert (await home.disclosed(shared))[0] == {home.house, home.farm}
    assert "approved sharing" in (await browser.send(asked, "/approve")).element("notice").text
    late = await browser.send(declining, "/decline")
    assert "Your answer was not needed any more" in late.element("problem").text
    assert (await home.disclosed(shared))[0] == {home.house, home.farm}

    declined = await home.share(home.house)
    path = await sharing_path(joint, home.bob)
    assert "declined" in (await joint.press(browser, f"{path}/decline")).element("notice").text
    assert await home.disclosed(declined) == (set(), {"approval-declined"})
    assert "Needs your answer" not in (await browser.get("/dashboard")).text

    await home.share(home.house)
    path = await sharing_path(joint, home.bob)
    clock.move(approvals.TIME_TO_APPROVE)
    browser = await joint.browser(home.bob)
    page = await browser.get(f"{path}/approve")
    assert page.path == path
    assert "The time to approve or to decline was over on" in page.element("too-late").text
    assert {"approve", "remove"}.isdisjoint(page.elements)
    assert await joint.forged(browser, f"{path}/approve") == 303
    given = select(account_approval.c.state).where(account_approval.c.account_id == home.house)
    assert sorted(row.state for row in await home.execute(given)) == ["approved", "declined", "pending"]


async def test_who_is_asked_after_another_holder_has_declined_is_not_asked_any_more(
    joint: JointPages, home: JointHome
) -> None:
    cleo, as_cleo = await home.add_person("Cleo Clark")
    await home.hold(cleo, home.house)
    await home.customers.set_option(home.house, "co-approval")
    shared = await home.share(home.house)
    third, path = await joint.browser(cleo), await sharing_path(joint, cleo)
    asked = await third.get(f"{path}/approve")
    other = await joint.browser(home.bob)
    await joint.press(other, f"{await sharing_path(joint, home.bob)}/approve")
    text = (await other.get(await sharing_path(joint, home.bob))).text
    assert "before all account holders whose approval is needed have approved it" in text
    assert "Cleo" not in text
    removed = await joint.press(other, f"{await sharing_path(joint, home.bob)}/remove")
    assert "The approval is removed." in removed.element("notice").text
    late = await third.send(asked, "/approve")
    assert "Your answer was not needed any more" in late.element("problem").text
    assert "Not all account holders whose approval is needed approved it" in late.element("reason").text
    assert "Bob" not in late.html
    assert await home.disclosed(shared) == (set(), {"approval-declined"})
    assert as_cleo.customer_id == cleo
