"""What was disclosed to whom and when, the timeline, and the record to print (CDR Rules 1.15(3), 4A.15, 7.9)."""

from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select, update

from haas.clock import MovableClock
from tenants.accounts.tables import harm_flag, holding
from tenants.arrangements.tables import arrangement, authorisation
from tenants.calls.tables import disclosure_day
from tenants.clients.tables import client
from tenants.parties.tables import representation
from tenants.records import pack
from tests.apps.dashboard.test_cards import disclose, own
from tests.support.consent_pages import ConsentPages, Mia
from tests.support.rows import execute, run

__all__ = ["own"]
BASIC, DETAIL = "energy:accounts.basic:read", "energy:accounts.detail:read"


async def test_the_page_and_the_record_say_what_was_disclosed(own: ConsentPages, clock: MovableClock) -> None:
    """K-30: by account and cluster the first and the last time, and corrected data marked."""
    arrangement_id = (await own.consented(own.browser())).cdr_arrangement_id
    path = f"/dashboard/arrangements/{arrangement_id}"
    clock.move(timedelta(days=10))
    for account, cluster, days in (
        (own.mia.home, BASIC, 9), (own.mia.home, BASIC, 2), (own.mia.joint, BASIC, 4), (own.mia.home, DETAIL, 3),
        (None, "common:customer.basic:read", 1), (uuid4(), BASIC, 5),
    ):  # fmt: skip
        await disclose(own, arrangement_id, account, cluster, days)
    of_detail = update(disclosure_day).where(disclosure_day.c.cluster == DETAIL)
    await execute(own.application.database, own.tenant, of_detail.values(corrected_at=own.application.now))
    browser = own.browser()
    await own.signed_in(browser)
    page = await browser.get(path)
    disclosed = page.element("disclosed").text
    assert "Accounts and plans Beach house, Home and An account that we do not have any more First" in disclosed
    assert "Account and plan details Home Received on" in disclosed
    assert disclosed.count("Corrected data was received on") == 1
    timeline = page.element("timeline").text
    events = ("received corrected data", "last received data", "first received data", "You agreed to share")
    assert sorted(events, key=timeline.index) == list(events)
    await browser.send(await browser.get(f"{path}/withdraw"), "/withdraw")
    record = (await browser.follow("record")).page
    for said in (
        arrangement_id, "Mia Wong", "Mock Company", "You stopped sharing", "About you Name and occupation",
        "Home Account and plan details", own.tenant.retailer, "Beach house",
    ):  # fmt: skip
        assert said in record.text, said
    assert record.text.count(" 4 times.") == 1  # Home, twice on each of two days
    assert record.element("arrangement-id").text == arrangement_id


async def test_only_an_https_address_is_linked_as_the_policy(own: ConsentPages) -> None:
    tokens = await own.consented(own.browser())
    browser = own.browser()
    await own.signed_in(browser)
    for uri in ("https://policy.test/cdr", "http://policy.test", "javascript:alert(1)", "https://[", "https:", None):
        changed = func.jsonb_set(client.c.registration, ["policy_uri"], func.to_jsonb(uri))
        if uri is None:
            changed = client.c.registration.op("-")("policy_uri")
        of_recipient = update(client).where(client.c.client_id == own.recipient.client_id)
        await execute(own.application.database, own.tenant, of_recipient.values(registration=changed))
        page = await browser.get(f"/dashboard/arrangements/{tokens.cdr_arrangement_id}")
        assert page.element("accreditation").attributes["rel"] == "noreferrer"
        if uri == "https://policy.test/cdr":
            link = page.element("policy").attributes
            assert (link["href"], link["rel"]) == (uri, "noreferrer")
        else:
            assert "policy" not in page.elements
            assert "policy-again" not in page.elements


async def test_nothing_that_a_harm_flag_conceals_is_shown(own: ConsentPages) -> None:
    """CDR Rules 4A.15: the person is told that the others are not told. A co-holder sees nothing of it."""
    login_id, identifier = await own.customers.add_login("Cole Holder")
    other = await own.customers.add_customer("Cole Holder", login_id)
    database, tenant = own.application.database, own.tenant
    (held,) = await execute(database, tenant, select(holding).where(holding.c.account_id == own.mia.joint))
    await execute(database, tenant, insert(holding).values({**held._mapping, "customer_id": other}))
    tokens = await own.consented(own.browser())
    path = f"/dashboard/arrangements/{tokens.cdr_arrangement_id}"
    mine, theirs = own.browser(), own.browser()
    await own.signed_in(mine)
    await own.signed_in(theirs, identifier)
    assert "other account holders may be told" in (await mine.get(f"{path}/withdraw")).text
    flag = {"customer_id": own.mia.customer_id, "account_id": own.mia.joint, "set_by": "staff"}
    await execute(database, tenant, insert(harm_flag).values(**flag, since=own.application.now))
    asked = await mine.get(f"{path}/withdraw")
    assert "We will not tell the other account holders of Beach house." in asked.text
    assert "may be told" not in asked.text
    await disclose(own, tokens.cdr_arrangement_id, own.mia.joint, BASIC, 0)
    await mine.send(asked, "/withdraw")
    shown = [await theirs.get(each) for each in ("/dashboard", path, f"{path}/record", f"{path}/withdraw")]
    assert [page.status for page in shown] == [200, 404, 404, 404]
    for name in ("Mock Software", "Mia Wong", tokens.cdr_arrangement_id):
        assert not any(name in page.html for page in shown)


async def test_a_holder_who_is_also_a_representative_learns_nothing_that_a_harm_flag_conceals(
    own: ConsentPages,
) -> None:
    """CDR Rules 4A.15: who holds the joint account could have the power of attorney for the person in danger."""
    login_id, identifier = await own.customers.add_login("Cole Attorney")
    other = await own.customers.add_customer("Cole Attorney", login_id)
    await own.customers.represent(login_id, own.mia.customer_id, "attorney")
    tokens = await own.consented(own.browser())
    path = f"/dashboard/arrangements/{tokens.cdr_arrangement_id}"
    browser = own.browser()
    await own.signed_in(browser, identifier)
    assert (await browser.get(path)).status == 200
    database, tenant = own.application.database, own.tenant
    flag = {"customer_id": own.mia.customer_id, "account_id": own.mia.joint, "set_by": "staff"}
    await execute(database, tenant, insert(harm_flag).values(**flag, since=own.application.now))
    assert (await browser.get(path)).status == 200  # it conceals only from those who hold the account too
    (held,) = await execute(database, tenant, select(holding).where(holding.c.account_id == own.mia.joint))
    await execute(database, tenant, insert(holding).values({**held._mapping, "customer_id": other}))
    assert (await browser.get(path)).status == 404
    assert tokens.cdr_arrangement_id not in (await browser.get("/dashboard")).html
    mine = own.browser()
    await own.signed_in(mine)
    assert (await mine.get(path)).status == 200


async def test_a_customer_is_named_whose_representative_reads_the_page(own: ConsentPages) -> None:
    """A consent belongs to the customer, whoever gave it (decision 0022)."""
    login_id, identifier = await own.customers.add_login("Rita Rep")
    await own.customers.represent(login_id, own.mia.customer_id, "attorney")
    tokens = await own.consented(own.browser())
    browser = own.browser()
    await own.signed_in(browser, identifier)
    await disclose(own, tokens.cdr_arrangement_id, None, "common:customer.basic:read", 0)
    for path in ("", "/record"):
        text = (await browser.get(f"/dashboard/arrangements/{UUID(tokens.cdr_arrangement_id)}{path}")).text
        assert "Mia Wong agreed to share" in text
        assert "You" not in text.replace("You stay", "").replace("You should", "").replace("You can", "")


async def test_each_step_says_who_made_it_in_words_that_are_right_for_the_reader(
    own: ConsentPages, clock: MovableClock
) -> None:
    """Decision 0071: an attorney gives, Mia changes, a guardian stops. "You" is only who did it; others have roles."""
    readers = {"Mia": own.mia.identifier}
    logins = {}
    for name, role in (("Ann", "attorney"), ("Gus", "guardian")):
        logins[name], readers[name] = await own.customers.add_login(f"{name} Agent")
        await own.customers.represent(logins[name], own.mia.customer_id, role)
    ann = Mia(logins["Ann"], readers["Ann"], own.mia.customer_id, own.mia.home, own.mia.joint)
    by_ann = ConsentPages(own.application, own.tenant, own.recipient, ann)
    arrangement_id = (await by_ann.consented(own.browser())).cdr_arrangement_id
    path = f"/dashboard/arrangements/{arrangement_id}"
    clock.move(timedelta(minutes=1))
    await own.consented(own.browser(), cdr_arrangement_id=arrangement_id, sharing_duration=86_400 * 30)
    clock.move(timedelta(minutes=1))
    stopping = own.browser()
    await own.signed_in(stopping, readers["Gus"])
    done = await stopping.send(await stopping.get(f"{path}/withdraw"), "/withdraw")
    assert "You stopped sharing." in done.element("ended").text

    async def read(name: str) -> tuple[str, list[str]]:
        browser = own.browser()
        await own.signed_in(browser, readers[name])
        page, record = await browser.get(path), await browser.get(f"{path}/record")
        assert not any(f"{each} Agent" in text for each in logins for text in (page.text, record.text))
        assert page.element("ended").text.endswith(" stopped sharing.")
        label = "You agreed" if "You agreed" in page.text else "Agreed"
        for known in (page.text, record.text):
            assert known.count("You agreed") == (label == "You agreed")
        events = [each for each in EVENTS if each in page.text and each in record.text]
        return label, events

    assert await read("Mia") == (
        "You agreed", ["Your guardian stopped sharing", "You changed the sharing", "Your attorney first agreed"]
    )  # fmt: skip
    assert await read("Ann") == (
        "Agreed", ["A guardian of Mia Wong stopped sharing", "Mia Wong changed the sharing", "You first agreed"]
    )  # fmt: skip
    assert await read("Gus") == (
        "Agreed", ["You stopped sharing", "Mia Wong changed the sharing", "An attorney of Mia Wong first agreed"]
    )  # fmt: skip
    database, tenant = own.application.database, own.tenant

    async def recorded() -> list[str | None]:
        made = await run(database, tenant, pack.build, tenant, own.mia.customer_id, own.application.now)
        (sharing,) = made.sharing
        return [*(version.authorised_by for version in sharing.versions), sharing.ended]

    assert await recorded() == ["Your attorney", "You", "Your guardian stopped sharing on the dashboard."]

    # The retailer has the authority of the guardian on record no more. Who gave the first version was not stored.
    gone = representation.c.login_id == logins["Gus"]
    await execute(database, tenant, representation.delete().where(gone))
    of_this = authorisation.c.arrangement_id == UUID(arrangement_id)
    await execute(database, tenant, update(authorisation).where(of_this).values(login_id=None))
    assert await read("Mia") == (
        "You agreed",
        [
            "Somebody who acted for you stopped sharing", "You changed the sharing",
            "You or somebody who may act for you first agreed",
        ],
    )  # fmt: skip
    stopped = arrangement.c.id == UUID(arrangement_id)
    await execute(database, tenant, update(arrangement).where(stopped).values(ended_by_login_id=None))
    assert (await read("Ann"))[1] == [
        "Mia Wong changed the sharing",
        "Mia Wong or somebody who may act for Mia Wong stopped sharing",
        "Mia Wong or somebody who may act for Mia Wong first agreed",
    ]
    somebody = "You or somebody who may act for you"
    assert await recorded() == [somebody, "You", f"{somebody} stopped sharing on the dashboard."]


EVENTS = (
    "Your guardian stopped sharing",
    "A guardian of Mia Wong stopped sharing",
    "You stopped sharing",
    "Somebody who acted for you stopped sharing",
    "You changed the sharing",
    "Mia Wong changed the sharing",
    "Mia Wong or somebody who may act for Mia Wong stopped sharing",
    "Your attorney first agreed",
    "You first agreed",
    "An attorney of Mia Wong first agreed",
    "You or somebody who may act for you first agreed",
    "Mia Wong or somebody who may act for Mia Wong first agreed",
)
