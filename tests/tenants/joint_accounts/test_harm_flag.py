"""Nothing that Bob can get differs because Mia shares what a harm flag conceals (CDR Rules 4A.15; K-14).

Every output for a co-holder is taken before Mia shares, and again at each stage of the sharing. With the flag, each
stays the same. Without it, those of `SHOWN` change: so an output that could not tell of the sharing would be noticed.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from sqlalchemy import insert, select, update

from haas.clock import MovableClock
from ops.browser.browser import Browser
from tenants.accounts.service import accounts_of, market_day
from tenants.accounts.tables import harm_flag, holding
from tenants.arrangements.service import list_for_login
from tenants.arrangements.tables import arrangement
from tenants.audit.tables import audit
from tenants.calls.tables import disclosure_day
from tenants.disclosure import ledger
from tenants.housekeeping.service import Housekeeping
from tenants.joint_accounts import approvals, harm_flags, options, sharing
from tenants.joint_accounts.errors import NotAHolder
from tenants.notices.tables import outbox
from tenants.parties.acting import Acting
from tenants.parties.tables import login, representation
from tenants.records import pack
from tenants.secondary_users import service as secondary_users
from tests.support.consent_pages import ConsentPages, Mia
from tests.support.joint_home import JointHome
from themes.record_document import record_document

Outputs = Mapping[str, Any]
CLUSTER = "energy:billing:read"
NO_TIME = datetime(2020, 1, 1, tzinfo=UTC)


async def outputs(home: JointHome) -> Outputs:
    """Return all that is given to Bob, by what it is."""
    now, bob = home.application.now, home.bob
    made = await home.run(pack.build, home.tenant, bob, now)
    made = msgspec.structs.replace(made, made_at=NO_TIME)
    told = select(outbox.c.about, outbox.c.payload, outbox.c.arrangement_id)
    address = outbox.c.payload["to"].astext == home.identifiers[bob]
    held = await home.run(accounts_of, bob, "a recipient", now, login_id=home.as_bob.login_id)
    found = {
        "notices": await home.execute(told.where(outbox.c.customer_id == bob).order_by(outbox.c.id)),
        "messages": await home.execute(told.where(address, outbox.c.about.is_not(None)).order_by(outbox.c.id)),
        "record pack": made,
        "record page": record_document(made),
        "sharing by others": await home.run(sharing.shared_by_others, home.as_bob, now=now),
        "secondary users": await home.run(secondary_users.users, home.as_bob, now=now),
        "option": await home.do(options.state, home.as_bob, home.house),
        "option preview": await home.do(options.preview, home.as_bob, home.house, "no-disclosure"),
        "ledger": await home.run(ledger.of_account, home.house, bob, now=now, zone=home.tenant.time_zone),
        "own sharing": await home.run(list_for_login, home.as_bob.login_id, now),
        "account choice": held,
        "dashboard": await dashboard(home),
    }
    return {name: repr(value) for name, value in found.items()}


async def dashboard(home: JointHome) -> list[str]:
    """Return the pages of the dashboard as Bob sees them: the first one, and those about the accounts held together."""
    assert home.as_bob.login_id is not None
    who = Mia(home.as_bob.login_id, home.identifiers[home.bob], home.bob, home.house, home.house)
    pages = ConsentPages(home.application, home.tenant, home.recipient, who)
    transport = httpx.ASGITransport(home.application.asgi)
    browser = Browser(httpx.AsyncClient(transport=transport, base_url=home.tenant.issuer))
    seen, paths = [await pages.signed_in(browser)], ["/dashboard/joint-accounts"]
    for account_id in (home.house, home.farm):
        path = f"/dashboard/joint-accounts/{home.bob}/{account_id}"
        paths += [path, f"{path}/option/no-disclosure", f"{path}/option/pre-approval"]
    seen += [await browser.get(path) for path in paths]
    of_sharing = [
        element.attributes["href"]
        for page in seen
        for element in page.elements.values()
        if "/sharing/" in element.attributes.get("href", "")
    ]
    seen += [await browser.get(f"{path}{below}") for path in sorted(set(of_sharing)) for below in ("", "/remove")]
    assert [page.status for page in seen if page.path not in paths] == [200] * (1 + len(set(of_sharing)) * 2)
    if "secondary-users" in seen[0].elements:
        users = await browser.get("/dashboard/secondary-users")
        of_users = [each for each in users.elements.values() if each.attributes.get("id", "").startswith("user-")]
        for address in [each.attributes["href"] for each in of_users]:
            seen += [await browser.get(address), await browser.get(f"{address}/withdraw")]
        seen.append(users)
    # The end of the session moves with the clock, and a page that does not exist has a new reference each time.
    return [
        page.text.replace(page.elements["session-end"].text, "") if page.status == 200 else page.title for page in seen
    ]


async def changed(home: JointHome, before: Outputs) -> set[str]:
    """Return the names of the outputs that are not as before."""
    after = await outputs(home)
    return {name for name in before if before[name] != after[name]}


async def disclose(home: JointHome, arrangement_id: str | None) -> None:
    """Write to the ledger that data of the house was disclosed today and tomorrow."""
    now = home.application.now
    today = now.astimezone(home.tenant.time_zone).date()
    row = {"arrangement_id": UUID(arrangement_id), "account_id": home.house, "calls": 1, "last_at": now}
    for day in (today, today + timedelta(days=1)):
        await home.execute(insert(disclosure_day).values({**row, "id": uuid4(), "day": day, "cluster": CLUSTER}))


RECEIVED = {"notices", "messages", "record pack", "record page"}
SHOWN = {
    "notices", "messages", "record pack", "record page", "sharing by others", "option preview", "ledger", "dashboard",
}  # fmt: skip


@pytest.mark.parametrize("flagged", [True, False])
async def test_no_output_for_a_co_holder_depends_on_what_a_harm_flag_conceals(
    home: JointHome, clock: MovableClock, *, flagged: bool
) -> None:
    expected = set() if flagged else SHOWN
    if flagged:
        await home.flag(since=clock.now())
    before = await outputs(home)
    clock.move(timedelta(minutes=1))
    shared = await home.share(home.house, home.boat)
    await disclose(home, shared.cdr_arrangement_id)
    assert await changed(home, before) == expected
    clock.move(timedelta(minutes=1))
    await home.share(home.house, cdr_arrangement_id=shared.cdr_arrangement_id)
    assert await changed(home, before) == expected

    # The flag is cleared: what it has concealed stays so, also when it ends in any way.
    ended = await home.share(home.house)
    expiring = await home.share(home.house, sharing_duration=3600)
    clock.move(timedelta(minutes=1))
    mine = harm_flag.c.customer_id == home.mia
    await home.execute(update(harm_flag).where(mine).values(until=clock.now()))
    clock.move(timedelta(minutes=1))
    assert await changed(home, before) == expected
    await home.end(ended.cdr_arrangement_id, "consumer")
    await home.recipient.revoke_arrangement(shared.cdr_arrangement_id)
    clock.move(timedelta(hours=2))
    await Housekeeping(home.application.database, clock).sweep(home.tenant)
    (row,) = await home.execute(select(arrangement).where(arrangement.c.id == UUID(expiring.cdr_arrangement_id)))
    assert row.ended_by == "expiry"
    assert await changed(home, before) == expected - {"option preview"}  # nothing is in force

    # What is authorised after the flag was cleared is told.
    await home.share(home.house)
    assert await changed(home, before) == SHOWN - (set() if not flagged else {"ledger"})

    # Bob sees an option that Mia has chosen, because it applies to him. Under a flag, no message tells him of it.
    if flagged:
        clock.move(timedelta(minutes=1))
        await home.flag(since=clock.now())
    before = await outputs(home)
    await home.do(options.choose, home.as_mia, home.house, "no-disclosure")
    assert {"option", "dashboard"} <= (now_other := await changed(home, before))
    assert now_other & RECEIVED == (set() if flagged else {"notices", "messages"})


@pytest.mark.parametrize("flagged", [True, False])
async def test_what_is_decided_for_a_protected_holder_is_not_told_to_the_others_unless_they_are_asked(
    home: JointHome, clock: MovableClock, *, flagged: bool
) -> None:
    """CDR Rules 4A.15, 4A.7(3), 4A.14(1)(b). It does not matter who acts for Mia. What Bob decides is told to Mia."""
    if flagged:
        await home.flag(since=clock.now() - timedelta(minutes=1))
    attorney, _ = await home.customers.add_login("Ann Agent")
    await home.customers.represent(attorney, home.mia, "attorney")
    by_attorney, by_staff = (
        Acting(customer_id=home.mia, login_id=attorney),
        Acting(customer_id=home.mia, staff="s-17"),
    )

    async def told() -> list[str]:
        clock.move(timedelta(minutes=1))
        return [about for about, _ in await home.told(home.bob)]

    async def propose(who: Acting, to: UUID) -> UUID:
        assert await home.do(options.choose, who, home.house, "pre-approval") == "proposed"
        assert [about for about, _ in await home.told(to)][-1] == "option-proposed"
        return (await home.do(options.state, who, home.house)).proposal.id

    for who in (by_attorney, by_staff, home.as_mia):
        await home.customers.set_option(home.house, "pre-approval")
        await home.do(options.choose, who, home.house, "no-disclosure")
        assert await told() == ([] if flagged else ["option-changed"])
    for answer, about in (("declined", "option-declined"), ("agreed", "option-changed")):
        await home.do(options.answer, home.as_mia, await propose(home.as_bob, home.mia), answer)
        assert await told() == ([] if flagged else [about])
    await home.do(options.choose, home.as_bob, home.house, "no-disclosure")
    assert [about for about, _ in await home.told(home.mia)] == ["option-changed"]
    await home.do(options.answer, home.as_bob, await propose(home.as_mia, home.bob), "declined")
    assert [about for about, _ in await home.told(home.mia)] == ["option-declined"]
    await propose(home.as_mia, home.bob)
    clock.move(options.TIME_TO_AGREE)
    assert await home.do(options.lapse_proposals) == 1
    assert [about for about, _ in await home.told(home.mia)] == ["option-lapsed"]

    for option, about in (("pre-approval", "approval-withdrawn"), ("co-approval", "approval-declined")):
        await home.customers.set_option(home.house, option)
        await home.share(home.house, who=home.as_bob)
        (shared, *_) = await home.run(sharing.shared_by_others, home.as_mia, now=clock.now())
        await home.do(approvals.remove, home.as_mia, shared.id)
        assert await told() == ([] if flagged else [about])


async def test_who_was_the_person_counts_for_what_was_authorised_and_who_is_the_person_for_what_is_read(
    home: JointHome, clock: MovableClock
) -> None:
    """The retailer gives Mia another login. With the earlier one, somebody acts for her as an attorney from then on."""
    await home.flag(since=clock.now())
    shared = await home.share(home.house)
    await home.do(options.choose, home.as_bob, home.house, "no-disclosure")
    clock.move(timedelta(days=2))
    today, hers = market_day(clock.now()), representation.c.login_id == home.as_mia.login_id
    await home.execute(update(representation).where(hers).values(valid_to=today - timedelta(days=1)))
    row = {"login_id": home.as_mia.login_id, "customer_id": home.mia, "valid_from": today, "role": "attorney"}
    await home.execute(insert(representation).values(row))
    login_id, _ = await home.customers.add_login("Mia Wong")
    await home.customers.represent(login_id, home.mia)
    assert await home.disclosed(shared) == ({home.house}, set())
    for acting, is_person in ((Acting(customer_id=home.mia, login_id=login_id), True), (home.as_mia, False)):
        state = await home.do(options.state, acting, home.house)
        preview = await home.do(options.preview, acting, home.house, "pre-approval")
        (own,) = preview.sharing
        assert (state.is_protected, preview.is_protected, own.is_shared) == (is_person, is_person, is_person)


async def test_the_staff_sets_a_flag_which_stops_notices_that_wait_and_ends_it(
    home: JointHome, clock: MovableClock
) -> None:
    """Bob has been told in one notice already; a letter to Dan and a second notice to Bob wait."""
    dan, _ = await home.add_person("Dan Dodd")
    await home.hold(dan, home.house)
    await home.execute(update(login).where(login.c.email == home.identifiers[dan]).values(channel="post"))
    shared = await home.share(home.house)
    of_house = outbox.c.arrangement_id == UUID(shared.cdr_arrangement_id)
    is_letter = outbox.c.kind == "letter"
    await home.execute(update(outbox).where(of_house, ~is_letter).values(done_at=clock.now()))
    await home.execute(update(outbox).where(of_house, is_letter).values(given_up_at=clock.now()))
    other = await home.share(home.farm)
    await home.share(home.house, cdr_arrangement_id=shared.cdr_arrangement_id)
    is_waiting = (outbox.c.done_at.is_(None), outbox.c.held_back_at.is_(None))
    waiting = select(outbox).where(outbox.c.customer_id.in_([home.bob, dan]), *is_waiting)
    assert len(await home.execute(waiting)) == 4

    flag = ("s-17", home.mia, home.house)
    assert await home.run(harm_flags.protect, *flag, now=clock.now()) == 3
    assert await home.run(harm_flags.protect, *flag, now=clock.now()) == 0
    (left,) = await home.execute(waiting)
    assert left.arrangement_id == UUID(other.cdr_arrangement_id)
    await home.do(options.choose, home.as_bob, home.house, "no-disclosure")
    assert (await home.disclosed(await home.share(home.house)))[0] == {home.house}
    with pytest.raises(NotAHolder):
        await home.run(harm_flags.protect, "s-17", home.bob, home.boat, now=clock.now())

    clock.move(timedelta(minutes=1))
    assert await home.run(harm_flags.end_protection, *flag, now=clock.now())
    assert not await home.run(harm_flags.end_protection, *flag, now=clock.now())
    entries = await home.execute(select(audit).where(audit.c.subject == str(home.mia)).order_by(audit.c.seq))
    assert [(each.action, each.actor, each.role) for each in entries] == [
        ("harm-flag.set", "s-17", "harm-protection"),
        ("harm-flag.end", "s-17", "harm-protection"),
    ]
    assert not await home.execute(select(audit).where(audit.c.subject == str(home.house), audit.c.actor == "s-17"))


async def test_a_secondary_users_sharing_with_a_harm_flag_changes_no_output_for_the_holder(
    home: JointHome, clock: MovableClock
) -> None:
    await home.execute(update(holding).where(holding.c.customer_id == home.mia).values(role="secondary-user"))
    cleo, _ = await home.add_person("Cleo Clark")
    await home.hold(cleo, home.house)
    await home.do(secondary_users.instruct, home.as_bob, home.house, home.mia)
    await home.flag(since=clock.now())
    before = await outputs(home)
    shared = await home.share(home.house)
    await home.share(home.house, cdr_arrangement_id=shared.cdr_arrangement_id)
    await disclose(home, shared.cdr_arrangement_id)
    assert await changed(home, before) == set()
    await home.end(shared.cdr_arrangement_id, "recipient")
    assert await changed(home, before) == set()
