"""The pages about people who may use an account: the permission, what is shared with it, and blocks (K-15, K-16)."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, func, insert, select, update

from apps.dashboard.return_page import page_name, page_path
from haas.clock import MovableClock
from ops.browser.browser import Browser
from ops.browser.page import Page
from tenants.accounts.tables import harm_flag, holding, secondary_user_instruction, sharing_block
from tenants.notices.tables import outbox
from tenants.parties.acting import Acting
from tenants.parties.tables import representation
from tenants.secondary_users import service
from tests.apps.dashboard.test_cards import disclose
from tests.support.clients import registered_client
from tests.support.consent_pages import ConsentPages
from tests.support.joint_home import JointHome

USERS = "/dashboard/secondary-users"
STATEMENTS = (
    "stops all sharing of data of this account by Uma Usher",
    "what is shared now stops at once, and no sharing can start later",
    "You should talk with Uma Usher first, to understand the consequences.",
)
"""CDS, Withdrawal Standards: Secondary User Instruction."""


class UsedHome(JointHome):
    """Uma is a secondary user of the house, which Mia and Bob hold, and has a cottage of her own."""

    pages: ConsentPages
    uma: UUID
    as_uma: Acting
    cottage: UUID

    async def signed_in(self, customer_id: UUID) -> tuple[Browser, Page]:
        browser = self.pages.browser()
        return browser, await self.pages.signed_in(browser, self.identifiers[customer_id])

    async def user_path(self) -> str:
        """Return the address of the page about Uma."""
        (uma,) = await self.run(service.users, self.as_bob, now=self.application.now)
        return f"{USERS}/{uma.id}"

    async def decisions(self) -> list[int]:
        """Return how many instructions, withdrawals and blocks there are, and how many blocks have ended."""
        instructed, blocks = secondary_user_instruction.c, sharing_block.c
        found = select(
            select(func.count()).where(instructed.account_id == self.house).scalar_subquery(),
            select(func.count(instructed.withdrawn_at)).where(instructed.account_id == self.house).scalar_subquery(),
            select(func.count()).where(blocks.account_id == self.house).scalar_subquery(),
            select(func.count(blocks.until)).where(blocks.account_id == self.house).scalar_subquery(),
        )
        return list((await self.execute(found))[0])


@pytest.fixture
async def home(pages: ConsentPages) -> UsedHome:
    home = UsedHome(pages.application, pages.tenant, pages.recipient)
    home.pages = pages
    await home.add()
    home.uma, home.as_uma = await home.add_person("Uma Usher")
    await home.hold(home.uma, home.house, "secondary-user")
    home.cottage = await home.customers.add_account("Cottage", home.uma)
    return home


def test_the_pages_have_names_for_the_sign_in_and_no_other_name_leads_anywhere() -> None:
    one = uuid4()
    for path in (USERS, f"{USERS}/{one}", f"{USERS}/{one}/permit", f"{USERS}/{one}/withdraw"):
        name = path.removeprefix("/dashboard/").replace("/", ".")
        assert (page_name(path), page_path(name)) == (name, path)
    for rest in (f"block/{one}", f"unblock/{one}"):
        assert page_path(page_name(f"{USERS}/{one}/{rest}")) == f"{USERS}/{one}"
    for path in (f"{USERS}/other", f"//evil.test{USERS}/{one}", f"{USERS}.{one}", f"{USERS}s", f"{USERS}/"):
        assert page_name(path) == "", path
    for end in (f".{one}.block", f".{one}.", ".", "..permit", ".//evil.test", f"/{one}", f".{one}.permit.permit"):
        assert page_path(f"secondary-users{end}") == "/dashboard", end


async def test_a_holder_gives_the_permission_sees_what_is_shared_and_another_holder_withdraws_it(
    home: UsedHome, clock: MovableClock
) -> None:
    path = await home.user_path()
    bob = home.pages.browser()
    page = await bob.get(f"{path}/permit")
    assert page.path == "/dashboard/sign-in"
    page = await bob.send(page, "/sign-in", identifier=home.identifiers[home.bob])
    asked = await bob.send(page, "/dashboard/verify", code=await home.pages.code(home.identifiers[home.bob]))
    assert asked.path == f"{path}/permit"
    for said in ("House", "Accounts and plans", "Account and plan details", "Electricity usage", "You are not asked"):
        assert said in asked.text, said
    assert "Name and occupation" not in asked.text
    assert await home.decisions() == [0, 0, 0, 0], "a page that is only shown changes nothing"
    page = await bob.send(asked, "/permit")
    assert page.path == path
    assert "Uma Usher can share data of this account." in page.element("notice").text
    assert page.element("status").text == "Can share"
    assert "There is no sharing to show." in page.text

    shared = await home.share(home.house, home.cottage, who=home.as_uma)
    of_mia = await home.share(home.house)  # she holds the account
    await disclose(home.pages, str(of_mia.cdr_arrangement_id), home.house, "energy:billing:read", 0)
    await disclose(home.pages, str(shared.cdr_arrangement_id), home.house, "energy:accounts.basic:read", 0)
    await disclose(home.pages, str(shared.cdr_arrangement_id), home.cottage, "energy:billing:read", 0)
    mia, page = await home.signed_in(home.mia)
    page = await mia.get(page.element("secondary-users").attributes["href"])
    assert page.path == USERS
    assert "Permission since" in page.text
    assert "Shares with Mock Software" in page.text
    page = (await mia.follow("user-1")).page
    sharing = page.element("sharing").text
    for said in (
        "Mock Software Sharing by Mock Company Mock Company Pty Ltd",
        "Until",
        "Billing payments and history",
        "Accounts and plans:",
    ):
        assert said in sharing, said
    assert sharing.count("Received on") == 1
    assert (await bob.get(path)).element("sharing").text.count("Received on") == 1, "what Mia shares is on another page"
    for unsaid in ("Cottage", str(home.cottage), str(home.uma), shared.cdr_arrangement_id, "Boat", "stop-1"):
        assert str(unsaid) not in page.html, unsaid

    clock.move(timedelta(minutes=1))
    asked = (await mia.follow("withdraw-permission")).page
    for said in STATEMENTS:
        assert said in asked.text, said
    assert "Billing payments and history" in asked.element("stops").text
    assert (await home.disclosed(shared))[0] == {home.house, home.cottage}
    page = await mia.send(asked, "/withdraw")
    assert "The permission is withdrawn." in page.element("notice").text
    assert page.element("permission").text.startswith("Withdrawn on")
    assert "Not shared now" in page.element("sharing").text
    assert (await home.disclosed(shared))[0] == {home.cottage}
    page = await bob.get(USERS)
    assert "Permission withdrawn on" in page.text
    assert "Shares with" not in page.text
    told = await home.execute(select(outbox).where(outbox.c.customer_id.in_([home.mia, home.bob, home.uma])))
    assert not [each.about for each in told if "instruction" in str(each.about)], "nobody is told of it"


async def test_who_uses_an_account_and_who_represents_this_person_see_that_it_has_stopped(
    home: UsedHome, clock: MovableClock
) -> None:
    await home.do(service.instruct, home.as_bob, home.house, home.uma)
    shared = await home.share(home.house, home.cottage, who=home.as_uma)
    login_id, identifier = await home.customers.add_login("Rita Rep")
    await home.customers.represent(login_id, home.uma, "attorney")
    rita = home.pages.browser()
    await home.pages.signed_in(rita, identifier)
    uma, _ = await home.signed_in(home.uma)
    path = f"/dashboard/arrangements/{shared.cdr_arrangement_id}"
    assert "Stopped" not in (await uma.get(path)).element("accounts").text
    assert "has stopped" not in (await uma.get("/dashboard")).text
    asked = await uma.get(f"{path}/withdraw")
    assert "Its account holders may be told that you stopped." in asked.element("consequences").text
    assert "joint account" not in asked.text
    await home.flag(customer_id=home.uma)
    asked = await uma.get(f"{path}/withdraw")
    assert "We will not tell the other account holders of House." in asked.element("consequences").text
    assert "may be told" not in asked.text
    await home.execute(delete(harm_flag).where(harm_flag.c.customer_id == home.uma))
    clock.move(timedelta(minutes=1))
    await home.do(service.withdraw, home.as_bob, home.house, home.uma)
    for browser in (uma, rita):
        assert "Sharing from House has stopped." in (await browser.get("/dashboard")).element("current").text
        for address in (path, f"{path}/record"):
            accounts = (await browser.get(address)).element("accounts").text
            assert accounts.count("Stopped") == 1
            assert "House" in accounts.partition("Stopped")[0]
            assert "no permission of an account holder is in force" in accounts
            for unsaid in ("You", "Bob", "Mia"):
                assert unsaid not in accounts
    await home.execute(update(holding).where(holding.c.customer_id == home.uma).values(role="joint-holder"))
    assert "Stopped" not in (await uma.get(path)).element("accounts").text


async def test_forms_that_are_sent_again_have_one_effect_and_an_old_page_gives_no_permission(
    home: UsedHome, clock: MovableClock
) -> None:
    """Back, reload and two tabs."""
    path = await home.user_path()
    bob, start = await home.signed_in(home.bob)
    first = await bob.get(f"{path}/permit")
    for _ in range(2):
        assert "The permission is given." in (await bob.send(first, "/permit")).text
    assert (await bob.get(f"{path}/permit")).path == path
    assert await home.decisions() == [1, 0, 0, 0]
    clock.move(timedelta(minutes=1))
    asked = await bob.get(f"{path}/withdraw")
    for _ in range(2):
        assert "The permission is withdrawn." in (await bob.send(asked, "/withdraw")).text
    assert (await bob.get(f"{path}/withdraw")).path == path
    assert "notice" not in (await bob.get(f"{path}?notice=permitted")).elements

    again = await bob.send(first, "/permit")
    assert again.path == f"{path}/permit"
    assert "given and withdrawn since your page was shown" in again.element("notice").text
    assert await home.decisions() == [1, 1, 0, 0]
    assert "Can share" in (await bob.send(again, "/permit")).text
    assert await home.decisions() == [2, 1, 0, 0]

    # The forms of a session that the person has left, in another tab, are refused and change nothing.
    asked = await bob.get(f"{path}/withdraw")
    await bob.send(start, "/sign-out")
    assert (await bob.send(asked, "/withdraw")).status == 403
    await home.pages.signed_in(bob, home.identifiers[home.bob])
    assert (await bob.send(asked, "/withdraw")).status == 403
    assert await home.decisions() == [2, 1, 0, 0]
    asked = await bob.get(f"{path}/withdraw")
    clock.move(timedelta(minutes=16))
    late = await bob.send(asked, "/withdraw")
    assert late.path == "/dashboard/sign-in"
    assert await home.decisions() == [2, 1, 0, 0]
    page = await bob.send(late, "/sign-in", identifier=home.identifiers[home.bob])
    page = await bob.send(page, "/dashboard/verify", code=await home.pages.code(home.identifiers[home.bob]))
    assert page.path == f"{path}/withdraw", "the person comes back to the question, and nothing has been withdrawn"


async def test_only_holders_of_the_account_find_its_pages(home: UsedHome) -> None:
    path = await home.user_path()
    olga, as_olga = await home.add_person("Olga Other")
    await home.hold(home.uma, await home.customers.add_account("Shop", olga), "secondary-user")
    (of_olga,) = await home.run(service.users, as_olga, now=home.application.now)
    for customer_id in (home.uma, olga):
        browser, start = await home.signed_in(customer_id)
        assert ("secondary-users" in start.elements) == (customer_id == olga)
        token = start.form("/sign-out").entries()
        for end in ("", "/permit", "/withdraw", f"/block/{uuid4()}"):
            assert (await browser.get(f"{path}{end}")).status == 404, end
        for end in ("/permit", "/withdraw", f"/block/{uuid4()}", f"/unblock/{uuid4()}"):
            assert (await browser.http.post(f"{path}{end}", data=token)).status_code == 404, end
    assert "House" not in (await browser.get(USERS)).text
    assert "Nobody else can use your accounts." in (await (await home.signed_in(home.uma))[0].get(USERS)).text
    bob, start = await home.signed_in(home.bob)
    for unknown in (of_olga.id, uuid4()):
        assert (await bob.get(f"{USERS}/{unknown}")).status == 404
    for data in ({}, {"form_token": "0" * 64}):
        assert (await bob.http.post(f"{path}/permit", data=data)).status_code == 403
    assert (await bob.http.get(f"{path}/unblock/{uuid4()}")).status_code == 405
    await home.execute(update(holding).where(holding.c.customer_id == home.uma).values(role="joint-holder"))
    assert (await bob.get(path)).status == 404, "who holds the account too is no secondary user"
    assert "secondary-users" not in (await bob.get("/dashboard")).elements
    assert await home.decisions() == [0, 0, 0, 0]


async def test_a_representative_of_the_holder_acts_also_at_a_suspended_brand(home: UsedHome) -> None:
    """Of an account that two of the represented customers hold, each person is listed once."""
    login_id, identifier = await home.customers.add_login("Rita Rep")
    for holder in (home.bob, home.mia):
        await home.customers.represent(login_id, holder, "attorney")
    path = await home.user_path()
    await home.do(service.instruct, home.as_bob, home.house, home.uma)
    async with home.application.suspended(home.tenant):
        rita = home.pages.browser()
        await home.pages.signed_in(rita, identifier)
        page = await rita.get(USERS)
        assert page.text.count("Uma Usher") == 1
        assert "Bob Brown" in page.text
        page = await rita.send(await rita.get(f"{path}/withdraw"), "/withdraw")
        assert page.element("customer").text == "Bob Brown"
    (row,) = await home.execute(
        select(secondary_user_instruction).where(secondary_user_instruction.c.customer_id == home.uma)
    )
    assert row.withdrawn_by == home.bob


async def test_a_representative_who_may_only_see_decides_nothing(home: UsedHome) -> None:
    """A representation whose scope permits nothing shows nothing either (decision 0061)."""
    login_id, identifier = await home.customers.add_login("Rita Rep")
    await home.customers.represent(login_id, home.bob, "attorney")
    path = await home.user_path()
    scope = update(representation).where(representation.c.login_id == login_id)
    await home.do(service.instruct, home.as_bob, home.house, home.uma)
    shared = await home.share(home.house, who=home.as_uma)
    (seen,) = await home.run(service.users, home.as_bob, now=home.application.now)
    await home.execute(scope.values(scope="see"))
    rita = home.pages.browser()
    start = await home.pages.signed_in(rita, identifier)
    token = start.form("/sign-out").entries()
    page = await rita.get(path)
    assert "Mock Software" in page.element("sharing").text
    assert not {"withdraw-permission", "give-permission"} & set(page.elements)
    await home.application.set_setting(home.tenant, offers_secondary_user_blocks=True)
    assert "stop-1" not in (await rita.get(path)).elements
    for end in ("permit", "withdraw", f"block/{seen.sharing[0].id}"):
        assert (await rita.get(f"{path}/{end}")).status == 403, end
    for end in ("withdraw", f"block/{seen.sharing[0].id}"):
        assert (await rita.http.post(f"{path}/{end}", data=token)).status_code == 403, end
    await home.application.set_setting(home.tenant, offers_secondary_user_blocks=False)
    assert await home.decisions() == [1, 0, 0, 0]
    assert (await home.disclosed(shared))[0] == {home.house}
    await home.execute(scope.values(scope="gardening"))
    assert (await rita.get(path)).status == 404
    assert "secondary-users" not in (await rita.get("/dashboard")).elements
    assert "Uma Usher" not in (await rita.get(USERS)).text


async def test_a_holder_stops_one_recipient_if_the_brand_offers_it_and_makes_it_possible_again(
    home: UsedHome, clock: MovableClock
) -> None:
    await home.do(service.instruct, home.as_bob, home.house, home.uma)
    shared = await home.share(home.house, who=home.as_uma)
    (seen,) = await home.run(service.users, home.as_bob, now=home.application.now)
    path, block = f"{USERS}/{seen.id}", f"/block/{seen.sharing[0].id}"
    bob, start = await home.signed_in(home.bob)
    token = start.form("/sign-out").entries()
    assert "stop-1" not in (await bob.get(path)).elements
    assert (await bob.get(f"{path}{block}")).status == 404
    assert (await bob.http.post(f"{path}{block}", data=token)).status_code == 404
    await home.application.set_setting(home.tenant, offers_secondary_user_blocks=True)
    home.recipient = await registered_client(home.application, home.tenant)
    elsewhere = await home.share(home.house, who=home.as_uma)
    await home.hold(home.uma, home.farm, "secondary-user")
    await home.do(service.instruct, home.as_bob, home.farm, home.uma)
    await home.share(home.farm, who=home.as_uma)
    seen_users = await home.run(service.users, home.as_bob, now=home.application.now)
    (of_farm,) = [each.sharing[0].id for each in seen_users if each.account_id == home.farm]
    for unknown in (uuid4(), UUID(shared.cdr_arrangement_id), of_farm):
        assert (await bob.get(f"{path}/block/{unknown}")).status == 404
        assert (await bob.http.post(f"{path}/block/{unknown}", data=token)).status_code == 404
    asked = await bob.get(f"{path}{block}")
    assert "You should talk with Uma Usher first" in asked.text
    assert await home.decisions() == [1, 0, 0, 0]
    for _ in range(2):
        page = await bob.send(asked, block)
        assert "Sharing with the recipient has stopped." in page.element("notice").text
    assert (await bob.get(f"{path}{block}")).path == path
    assert await home.decisions() == [1, 0, 1, 0]
    assert await home.disclosed(shared) == (set(), {"blocked"})
    assert (await home.disclosed(elsewhere))[0] == {home.house}
    assert page.element("sharing").text.count("Not shared now") == 1
    assert "Mock Company" in page.element("blocked").text
    stops = (await bob.get(f"{path}/withdraw")).element("stops").text
    assert stops.count("Until") == 1, "what is blocked has stopped already"

    clock.move(timedelta(minutes=1))
    for _ in range(2):
        again = await bob.send(page, page.element("unblock-1").form.action)  # type: ignore[union-attr]
        assert (again.path, again.status, "blocked" in again.elements) == (path, 200, False)
    assert await home.decisions() == [1, 0, 1, 1]
    assert (await home.disclosed(shared))[0] == {home.house}
    by_staff = {"id": uuid4(), "account_id": home.house, "customer_id": home.uma, "recipient_id": "unseen"}
    await home.execute(insert(sharing_block).values(**by_staff, set_by="staff", since=clock.now()))
    page = await bob.get(path)
    assert "A recipient that is not shown here" in page.element("blocked").text
    assert "unblock-1" not in page.elements
    ended = await bob.http.post(f"{path}/unblock/{by_staff['id']}", data=token)
    assert (ended.status_code, ended.headers["location"]) == (303, path)
    assert await home.decisions() == [1, 0, 2, 1]
    await home.application.set_setting(home.tenant, offers_secondary_user_blocks=False)


async def test_sharing_that_has_ended_or_is_turned_off_is_marked(home: UsedHome, clock: MovableClock) -> None:
    await home.do(service.instruct, home.as_bob, home.house, home.uma)
    path = await home.user_path()
    stopped = await home.share(home.house, who=home.as_uma)
    await home.share(home.house, who=home.as_uma, sharing_duration=3600)
    await home.end(stopped.cdr_arrangement_id, "consumer")
    await home.customers.set_option(home.house, "no-disclosure")
    bob, _ = await home.signed_in(home.bob)
    sharing = (await bob.get(path)).element("sharing").text
    assert "Not shared now" in sharing
    assert "Sharing is turned off for this joint account." in sharing
    assert sharing.count("Stopped") == 1
    assert "stops" not in (await bob.get(f"{path}/withdraw")).elements
    await home.customers.set_option(home.house, "pre-approval")
    assert "Sharing once" in (await bob.get(path)).element("sharing").text
    clock.move(timedelta(hours=1))
    bob, _ = await home.signed_in(home.bob)
    assert "Finished" in (await bob.get(path)).element("sharing").text
