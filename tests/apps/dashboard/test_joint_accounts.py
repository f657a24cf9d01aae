"""The pages about the disclosure option of a joint account, proposals, and the choice of notices (K-10 to K-16)."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from haas.clock import MovableClock
from ops.browser.page import Page
from tenants.accounts.tables import holding
from tenants.joint_accounts import notice_choice, options
from tenants.parties.acting import Acting
from tenants.parties.tables import representation
from tests.support.consent_pages import ConsentPages
from tests.support.joint_home import JointHome
from tests.support.joint_pages import JointPages

STRICT, DEFAULT = "option/no-disclosure", "option/pre-approval"
CO_APPROVAL = "Approval by all holders"


@pytest.fixture
async def joint(pages: ConsentPages) -> JointPages:
    return await JointPages.open(pages)


@pytest.fixture
def home(joint: JointPages) -> JointHome:
    return joint.home


def main_text(page: Page) -> str:
    """Return the text of a page without the end of the session."""
    return page.text.replace(page.element("session-end").text, "")


async def proposal_path(joint: JointPages, customer_id: UUID) -> str:
    """Let Bob stop the sharing and Mia propose to turn it on again; return where a holder answers."""
    home = joint.home
    await joint.do(options.choose, home.as_bob, home.house, "no-disclosure")
    await joint.do(options.choose, home.as_mia, home.house, "pre-approval")
    state = await joint.do(options.state, home.as_mia, home.house)
    return joint.path(customer_id, "proposal", state.proposal.id)


async def test_a_stricter_option_is_explained_and_applies_at_once(joint: JointPages, home: JointHome) -> None:
    """CDS, Withdrawal Standards, Joint accounts; Joint account notifications. What others share has no name on it."""
    shared = await home.share(home.house, home.boat)
    await home.told()
    browser = await joint.browser(home.bob)
    first = await browser.get("/dashboard")
    assert "Accounts that you hold together with others" in first.text
    assert "Needs your answer" not in first.text
    assert {first.element(f"joint-{number}").attributes["href"] for number in (1, 2)} == {
        joint.path(home.bob), joint.path(home.bob, account_id=home.farm)
    }  # fmt: skip
    page = await browser.get(joint.path(home.bob))
    assert "Pre-approval" in page.element("option").text
    page = (await browser.follow("choose-no-disclosure")).page
    assert page.path == joint.path(home.bob, STRICT)
    for text in (
        "Account holders cannot share data about the account.", "It applies at once.",
        "it goes on if sharing is turned on again before its end",
        "may affect services that the other account holders use", "can still create new sharing from other accounts",
        "How to change it again: any account holder can propose “Pre-approval”",
        "check with the recipients before you stop sharing to understand the consequences",
        "We may tell the other account holders that the option has changed.",
    ):  # fmt: skip
        assert text in page.text, text
    assert "Mock Software by Mock Company Pty Ltd, shared by someone else" in page.element("stops").text
    assert all(unsaid not in page.html for unsaid in ("Mia", "Boat", str(shared.cdr_arrangement_id), str(home.mia)))
    assert (await home.disclosed(shared))[0] == {home.house, home.boat}, "a page that is opened changes nothing"

    done = await browser.send(page, STRICT)
    assert done.path == joint.path(home.bob)
    assert done.element("notice").text == "The sharing option of this account is now “No sharing”."
    assert await home.disclosed(shared) == ({home.boat}, {"sharing-off"})
    assert [about for about, _ in await home.told(home.mia)] == ["option-changed"]
    again = await browser.send(page, STRICT)
    assert "now “No sharing”" in again.element("notice").text
    assert await home.told(home.mia) == [], "a form that is sent twice has one effect"
    assert (await browser.get(joint.path(home.bob, STRICT))).path == joint.path(home.bob)

    own = await (await joint.browser(home.mia)).get(joint.path(home.mia, DEFAULT))
    assert f'href="/dashboard/arrangements/{shared.cdr_arrangement_id}"' in own.html
    assert "shared by you" in own.element("resumes").text


async def test_a_less_restrictive_option_is_proposed_and_applies_when_all_have_agreed(
    joint: JointPages, home: JointHome
) -> None:
    """K-11: what was approved resumes, and the page lists it before somebody agrees."""
    shared = await home.share(home.house)
    await joint.do(options.choose, home.as_bob, home.house, "no-disclosure")
    mine, theirs = await joint.browser(home.mia), await joint.browser(home.bob)
    page = await mine.get(joint.path(home.mia, DEFAULT))
    for text in ("They have 30 days.", "We may tell the other account holders, and ask them to agree.", "goes on when"):
        assert text in page.text, text
    done = await mine.send(page, DEFAULT)
    assert "You have proposed “Pre-approval”" in done.element("notice").text
    assert "You proposed this option" in done.element("proposal").text
    assert "choose-pre-approval" not in done.elements
    await mine.send(page, DEFAULT)
    assert [about for about, _ in await home.told()][-1:] == ["option-proposed"]
    assert (await mine.get(joint.path(home.mia, DEFAULT))).path == joint.path(home.mia)

    assert "Needs your answer" in (await theirs.get("/dashboard")).text
    page = await theirs.get(joint.path(home.bob))
    assert "Another account holder proposed this option. Agree or decline by" in page.element("proposal").text
    assert "Mia" not in page.html
    asked = (await theirs.follow("agree-proposal")).page
    assert "Mock Software" in asked.element("resumes").text
    assert "We may tell the other account holders" in asked.text
    assert (await home.disclosed(shared))[0] == set()
    assert await joint.forged(theirs, asked.path.replace("agree", "withdraw")) == 303, "it is not Bob's proposal"
    answered = await theirs.send(asked, "/agree")
    assert (
        answered.element("notice").text == "You have agreed. The sharing option of this account is now “Pre-approval”."
    )
    assert (await home.disclosed(shared))[0] == {home.house}
    late = await theirs.send(asked, "/agree")
    assert "This proposal is closed, or you have answered it already." in late.element("problem").text
    assert "Needs your answer" not in (await theirs.get("/dashboard")).text


async def test_a_proposal_can_be_declined_and_withdrawn_and_its_time_ends(
    joint: JointPages, home: JointHome, clock: MovableClock
) -> None:
    declining = await proposal_path(joint, home.bob)
    mine, theirs = await joint.browser(home.mia), await joint.browser(home.bob)
    for answer in ("agree", "decline"):
        assert "problem" in (await mine.get(f"{declining.replace(str(home.bob), str(home.mia))}/{answer}")).elements
    page = await joint.press(theirs, f"{declining}/decline")
    assert page.element("notice").text == "The proposal is closed. The sharing option of this account is “No sharing”."
    assert [about for about, _ in await home.told(home.mia)] == ["option-changed", "option-declined"]
    await joint.do(options.choose, home.as_mia, home.house, "pre-approval")
    link = await joint.link(mine, joint.path(home.mia), "withdraw-proposal")
    asked = await mine.get(link)
    assert "You can propose an option again." in asked.text
    assert "The proposal is closed." in (await mine.send(asked, "/withdraw")).element("notice").text
    assert "problem" in (await mine.send(asked, "/withdraw")).elements

    open_until = await proposal_path(joint, home.bob)
    asked = await theirs.get(f"{open_until}/agree")
    clock.move(options.TIME_TO_AGREE)
    theirs = await joint.browser(home.bob)
    page = await theirs.get(f"{open_until}/agree")
    assert page.path == joint.path(home.bob)
    assert "This proposal is closed" in page.element("problem").text
    assert "proposal" not in page.elements
    assert await joint.forged(theirs, f"{open_until}/agree") == 303
    assert (await joint.do(options.state, home.as_bob, home.house)).option == "no-disclosure"


async def test_three_holders_see_that_more_must_agree_and_a_second_proposal_is_refused(
    joint: JointPages, home: JointHome
) -> None:
    cleo, _ = await home.add_person("Cleo Clark")
    await home.hold(cleo, home.house)
    await joint.do(options.choose, home.as_bob, home.house, "no-disclosure")
    late = await joint.browser(home.bob)
    page = await late.get(joint.path(home.bob, DEFAULT))
    path = await proposal_path(joint, cleo)
    refused = await late.send(page, DEFAULT)
    assert "Another account holder has proposed an option meanwhile." in refused.element("problem").text
    third = await joint.browser(cleo)
    agreed = await joint.press(third, f"{path}/agree")
    assert "It applies when all account holders have agreed." in agreed.element("notice").text
    assert "You agreed." in agreed.element("proposal").text
    assert "agree-proposal" not in agreed.elements
    assert (await third.get(f"{path}/agree")).path == joint.path(cleo)
    after_all = await joint.press(third, await joint.link(third, joint.path(cleo), "decline-proposal"))
    assert "The proposal is closed." in after_all.element("notice").text


async def test_a_page_from_before_another_holders_choice_changes_nothing(joint: JointPages, home: JointHome) -> None:
    """Co-approval is a stricter option when Bob opens the page, and a less strict one when he sends it."""
    async with joint.pages.application.switched_on(joint.pages.tenant, "offers_co_approval"):
        browser = await joint.browser(home.bob)
        page = await browser.get(joint.path(home.bob, "option/co-approval"))
        for text in ("New sharing from this account can still be created.", "for up to 7 days"):
            assert text in page.text, text
        await joint.do(options.choose, home.as_mia, home.house, "no-disclosure")
        stale = await browser.send(page, "option/co-approval")
        assert "You have not changed anything yet." in stale.element("problem").text
        assert "Propose “Approval by all holders”" in stale.element("confirm").text
        state = await joint.do(options.state, home.as_bob, home.house)
        assert (state.option, state.proposal) == ("no-disclosure", None)
        await browser.send(stale, "option/co-approval")
        page = await browser.get(joint.path(home.bob))
        assert CO_APPROVAL in page.element("proposal").text
    assert await joint.forged(browser, joint.path(home.bob, STRICT), seen="everything") == 404


async def test_a_brand_without_co_approval_does_not_mention_it(joint: JointPages, home: JointHome) -> None:
    browser = await joint.browser(home.bob)
    paths = (joint.path(home.bob), joint.path(home.bob, STRICT), "/dashboard", "/dashboard/joint-accounts")
    for path in paths:
        page = await browser.get(path)
        assert page.status == 200
        assert CO_APPROVAL not in page.text
    refused = joint.path(home.bob, "option/co-approval")
    assert (await browser.get(refused)).status == 404
    assert await joint.forged(browser, refused, seen="pre-approval") == 404
    async with joint.pages.application.switched_on(joint.pages.tenant, "offers_co_approval"):
        assert "choose-co-approval" in (await browser.get(joint.path(home.bob))).elements


async def test_each_holder_chooses_which_notices_come(joint: JointPages, home: JointHome) -> None:
    browser, path = await joint.browser(home.bob), joint.path(home.bob)
    page = await browser.get(path)
    assert page.choices("notices") == ["notices-all", "notices-given-and-amended", "notices-none"]
    assert "checked" in page.element("notices-all").attributes
    saved = await browser.send(page, path, notices="none")
    assert saved.element("notice").text == "We have saved which messages you want."
    assert "checked" in saved.element("notices-none").attributes
    await home.share(home.house)
    assert await home.told() == []
    for wrong in ("everything", ""):
        missing = await browser.send(page, path, notices=wrong)
        assert "Choose which messages you want." in missing.element("problem").text
    assert await joint.do(notice_choice.chosen, home.as_bob, home.house) == "none"
    other = await (await joint.browser(home.mia)).get(joint.path(home.mia))
    assert "checked" in other.element("notices-all").attributes, "no other holder learns of the choice"


async def test_what_the_person_may_not_see_does_not_exist(joint: JointPages, home: JointHome) -> None:
    """Accounts of others, a customer of somebody else, a secondary user, words that no page has; and no token."""
    user, _ = await home.add_person("Uma Usher")
    stranger, _ = await home.add_person("Sam Stone")
    await home.hold(user, home.house, "secondary-user")
    open_proposal = await proposal_path(joint, home.bob)
    ids = (home.mia, home.bob, user, stranger, uuid4())
    for customer_id in (user, stranger):
        browser = await joint.browser(customer_id)
        assert "You hold no account together with others." in (await browser.get("/dashboard/joint-accounts")).text
        assert "joint" not in (await browser.get("/dashboard")).elements
        for named in ids:
            for below in ("", STRICT, DEFAULT, f"proposal/{open_proposal[-36:]}/agree"):
                path = joint.path(named, *filter(None, [below]))
                assert (await browser.get(path)).status == 404, path
                assert await joint.forged(browser, path, seen="no-disclosure", notices="none") == 404, path
    bob = await joint.browser(home.bob)
    for path in (
        joint.path(home.bob, account_id=home.boat), joint.path(home.mia), joint.path(home.bob, "option/all"),
        joint.path(home.bob, account_id=uuid4()), f"{open_proposal}/accept", joint.path(home.bob, "sharing", uuid4()),
    ):  # fmt: skip
        assert (await bob.get(path)).status == 404, path
        assert await joint.forged(bob, path) in {404, 405}, path
    for path in (joint.path(home.bob), joint.path(home.bob, STRICT), f"{open_proposal}/agree"):
        assert (await bob.http.post(path, data={"form_token": "0" * 64})).status_code == 403
        answer = await joint.pages.browser().http.post(path)
        assert answer.status_code == 403, "nobody has signed in"
    state = await joint.do(options.state, home.as_bob, home.house)
    assert (state.option, state.proposal.is_answered) == ("no-disclosure", False)
    assert await joint.do(notice_choice.chosen, home.as_bob, home.house) == "all"


async def test_a_representative_acts_in_the_name_of_the_holder_until_the_last_day(
    joint: JointPages, home: JointHome
) -> None:
    assistant, identifier = await home.customers.add_login("Ann Agent")
    await home.customers.represent(assistant, home.bob, "nominated-representative")
    browser = joint.pages.browser()
    await joint.pages.signed_in(browser, identifier)
    page = await browser.get(joint.path(home.bob))
    assert "Bob Brown" in page.element("account").text
    await joint.press(browser, joint.path(home.bob, STRICT))
    await joint.press(browser, joint.path(home.bob, DEFAULT))
    assert "Bob Brown proposed this option." in (await browser.get(joint.path(home.bob))).element("proposal").text
    assert [about for about, _ in await home.told(home.mia)] == ["option-changed", "option-proposed"]
    ended = update(representation).where(representation.c.login_id == assistant)
    await home.execute(ended.values(valid_to=home.application.now.date() - timedelta(days=2)))
    for below in ((), (STRICT,)):
        assert (await browser.get(joint.path(home.bob, *below))).status == 404
    assert (await browser.get("/dashboard")).status == 200


async def test_who_may_only_see_can_decide_nothing(joint: JointPages, home: JointHome) -> None:
    """The scope of a representation (K-4)."""
    await home.share(home.house)
    browser = await joint.browser(home.bob)
    sharing = await joint.link(browser, joint.path(home.bob), "shared-1")
    await home.execute(update(representation).where(representation.c.customer_id == home.bob).values(scope="see"))
    page = await browser.get(joint.path(home.bob))
    assert "Pre-approval" in page.element("option").text
    assert {"choose-no-disclosure", "save-notices"}.isdisjoint(page.elements)
    assert "remove" not in (await browser.get(sharing)).elements
    assert await joint.forged(browser, joint.path(home.bob, STRICT), seen="pre-approval") == 404
    assert await joint.forged(browser, f"{sharing}/remove") == 404
    state = await joint.do(options.state, home.as_mia, home.house)
    assert state.option == "pre-approval"


async def test_who_is_protected_is_told_that_the_others_are_not_told(joint: JointPages, home: JointHome) -> None:
    """CDS, Rule 4A.15 exemptions. Nobody else who acts for this person learns of the flag (decision 0062)."""
    attorney, identifier = await home.customers.add_login("Cole Attorney")
    cole = await home.customers.add_customer("Cole Attorney", attorney)
    await home.customers.represent(attorney, home.mia, "attorney")
    mine, his = await joint.browser(home.mia), joint.pages.browser()
    await joint.pages.signed_in(his, identifier)
    shared = await home.share(home.house)
    account, option = joint.path(home.mia), joint.path(home.mia, STRICT)
    before = [main_text(await his.get(path)) for path in (account, option)]
    await home.flag()
    for path in (account, option):
        assert "we do not tell them of it" in (await mine.get(path)).element("protected").text
    page = await mine.get(option)
    assert "Mock Software" in page.element("unchanged").text
    assert "we also send them no message about what you decide here" in page.element("protected").text.lower()
    assert {"stops", "told"}.isdisjoint(page.elements)
    assert "This may affect services that the other account holders use." in page.element("consequences").text
    assert [main_text(await his.get(path)) for path in (account, option)] == before

    await home.hold(cole, home.house)  # he has also an interest of his own now
    for customer_id in (home.mia, cole):
        for below in ((), (STRICT,)):
            page = await his.get(joint.path(customer_id, *below))
            assert page.status == 200
            assert all(unsaid not in page.html for unsaid in ("Mock", "protected", shared.cdr_arrangement_id))
    assert "Mock Software" in (await mine.get(option)).element("unchanged").text
    own = await home.share(home.house, who=Acting(customer_id=home.mia, login_id=attorney))
    assert str(own.cdr_arrangement_id) in (await his.get(option)).html, "he has authorised it"

    await home.share(home.house, who=home.as_bob)
    removal = f"{await joint.link(mine, account, 'shared-1')}/remove"
    page = await mine.get(removal)
    assert "told" not in page.elements
    assert "we also send them no message" in page.element("protected").text.lower()
    assert "told" in (await his.get(option)).elements
    page = await his.get(removal)
    assert "protected" not in page.elements
    assert "We may tell the other account holders." in page.element("told").text


async def test_who_holds_an_account_alone_can_undo_what_was_chosen(joint: JointPages, home: JointHome) -> None:
    await joint.do(options.choose, home.as_bob, home.house, "no-disclosure")
    left = update(holding).where(holding.c.customer_id == home.mia, holding.c.account_id == home.house)
    await home.execute(left.values(valid_to=home.application.now.date() - timedelta(days=2)))
    browser = await joint.browser(home.bob)
    page = await browser.get(joint.path(home.bob))
    assert "Only you hold this account now" in page.element("account").text
    assert "notices" not in "".join(page.elements)
    assert str(home.house) in (await browser.get("/dashboard")).html
    asked = await browser.get(joint.path(home.bob, DEFAULT))
    assert "tell the other" not in asked.text
    assert "now “Pre-approval”" in (await browser.send(asked, DEFAULT)).element("notice").text
    assert str(home.house) not in (await browser.get("/dashboard")).html


async def test_the_pages_work_at_a_suspended_tenant(joint: JointPages, home: JointHome) -> None:
    """Stopping must always be possible."""
    async with joint.pages.application.suspended(joint.pages.tenant):
        browser = await joint.browser(home.bob)
        page = await joint.press(browser, joint.path(home.bob, STRICT))
        assert "now “No sharing”" in page.element("notice").text
