"""What a co-holder sees of the others' sharing, and how an approval is removed (K-12, K-13, K-25)."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import select, update

from haas.clock import MovableClock
from tenants.accounts.tables import holding
from tenants.arrangements.tables import account_approval, authorised_account
from tenants.audit.tables import audit
from tenants.joint_accounts import approvals, options, sharing
from tenants.joint_accounts.errors import SharingNotFound
from tenants.joint_accounts.models import SharedByOther
from tenants.parties.acting import Acting
from tenants.parties.errors import MayNotAct
from tests.support.joint_home import JointHome


async def seen(home: JointHome, acting: Acting | None = None) -> list[SharedByOther]:
    by = acting or home.as_bob
    found: list[SharedByOther] = await home.run(sharing.shared_by_others, by, now=home.application.now)
    return found


async def test_a_co_holder_sees_the_joint_account_only_and_nothing_about_who_shares(
    home: JointHome, clock: MovableClock
) -> None:
    assert await seen(home) == []
    first = await home.share(home.house, home.boat)
    clock.move(timedelta(minutes=5))
    await home.share(home.house, home.boat, cdr_arrangement_id=first.cdr_arrangement_id)
    clock.move(timedelta(minutes=5))
    short = await home.share(home.farm, sharing_duration=3600)
    farm, house = await seen(home)
    assert (house.account.split(" (")[0], house.recipient, house.state) == ("House", "Mock Company Pty Ltd", "sharing")
    assert (house.account_id, str(house.arrangement_id)) == (home.house, first.cdr_arrangement_id)
    assert [each.title for each in house.data] == ["Accounts and plans", "Billing payments and history"]
    assert (len(house.changed_at), house.is_once_off, farm.is_once_off) == (1, False, True)
    assert house.authorised_at < house.changed_at[0] < farm.authorised_at
    written = msgspec.json.encode(msgspec.structs.replace(house, arrangement_id=uuid4())).decode()
    for unsaid in ("Mia", "Boat", str(home.mia), str(home.boat), str(first.cdr_arrangement_id), "profile"):
        assert unsaid not in written
    assert await seen(home, home.as_mia) == [], "one's own sharing is on one's own dashboard"

    clock.move(timedelta(hours=2))
    assert [each.state for each in await seen(home)] == ["ended", "sharing"]
    await home.share(home.boat, cdr_arrangement_id=first.cdr_arrangement_id)
    assert [each.state for each in await seen(home)] == ["ended", "ended"], "an amendment has removed the house"
    await home.customers.set_option(home.farm, "no-disclosure")
    again = await home.share(home.house, home.farm)
    assert {(each.account_id, each.state) for each in (await seen(home))[:2]} == {
        (home.house, "sharing"),
        (home.farm, "sharing-off"),
    }
    await home.end(again.cdr_arrangement_id, "consumer")
    assert {each.state for each in await seen(home)} == {"ended"}
    assert {each.ended_at is not None for each in await seen(home)} == {True}
    left = update(holding).where(holding.c.customer_id == home.bob, holding.c.account_id == home.farm)
    await home.execute(left.values(valid_to=home.application.now.date() - timedelta(days=2)))
    assert {each.account_id for each in await seen(home)} == {home.house}
    await home.execute(update(holding).where(holding.c.customer_id == home.mia).values(role="secondary-user"))
    assert await seen(home) == [], "what a secondary user shares is another list"
    with pytest.raises(MayNotAct):
        await seen(home, Acting(customer_id=home.bob, login_id=home.as_mia.login_id))
    assert short.cdr_arrangement_id


async def test_what_somebody_shares_who_has_left_the_account_has_ended(home: JointHome) -> None:
    """The account is not disclosed any more, and no option can change that (K-2)."""
    shared = await home.share(home.house, home.farm)
    last_day = home.application.now.date() - timedelta(days=2)
    left = update(holding).where(holding.c.customer_id == home.mia, holding.c.account_id == home.house)
    await home.execute(left.values(valid_to=last_day))
    assert (await home.disclosed(shared))[0] == {home.farm}
    by_account = {each.account_id: each for each in await seen(home)}
    assert (by_account[home.house].state, by_account[home.farm].state) == ("ended", "sharing")
    ended_at = by_account[home.house].ended_at
    assert ended_at is not None
    assert ended_at.date() == last_day + timedelta(days=1)
    for account_id, others in ((home.house, 0), (home.farm, 1)):
        await home.customers.set_option(account_id, "no-disclosure")
        preview = await home.do(options.preview, home.as_bob, account_id, "pre-approval")
        assert len(preview.sharing) == others


async def test_removing_an_approval_stops_one_sharing_of_one_account_and_tells_who_authorised(home: JointHome) -> None:
    """The other account, another authorisation and the arrangement go on; an amendment does not undo the removal."""
    shared, other = await home.share(home.house, home.farm), await home.share(home.house)
    (house,) = [each for each in await seen(home) if (each.account_id, str(each.arrangement_id)) == (
        home.house, shared.cdr_arrangement_id
    )]  # fmt: skip
    await home.told()
    await home.do(approvals.remove, home.as_bob, house.id)
    assert await home.disclosed(shared) == ({home.farm}, {"approval-withdrawn"})
    assert (await home.disclosed(other))[0] == {home.house}
    ((about, text),) = await home.told(home.mia)
    assert (about, "House" in text, "Bob" in text, "Farm" in text) == ("approval-withdrawn", True, False, False)
    assert await home.told() == []
    await home.do(approvals.remove, home.as_bob, house.id)
    assert await home.told(home.mia) == [], "a form that is sent twice has one effect"
    (row,) = await home.execute(select(account_approval).where(account_approval.c.customer_id == home.bob))
    assert (row.state, row.login_id) == ("withdrawn", home.as_bob.login_id)
    entries = await home.execute(select(audit).where(audit.c.subject == str(home.house)))
    assert [entry.action for entry in entries] == ["account-approval.withdrawn"]
    (state,) = [each.state for each in await seen(home) if each.id == house.id]
    assert state == "approval-withdrawn"

    amended = await home.share(home.house, home.farm, cdr_arrangement_id=shared.cdr_arrangement_id)
    assert await home.disclosed(amended) == ({home.farm}, {"approval-withdrawn"})
    assert (await home.disclosed(await home.share(home.house)))[0] == {home.house}, "a new authorisation is a new one"


async def test_an_amendment_at_the_same_time_does_not_undo_the_removal(home: JointHome) -> None:
    shared = await home.share(home.house)
    (house,) = await seen(home)
    amended, _ = await asyncio.gather(
        home.share(home.house, cdr_arrangement_id=shared.cdr_arrangement_id),
        home.do(approvals.remove, home.as_bob, house.id),
    )
    assert await home.disclosed(amended) == (set(), {"approval-withdrawn"})


async def test_only_a_sharing_that_the_co_holder_sees_and_that_is_in_force_can_lose_the_approval(
    home: JointHome, clock: MovableClock
) -> None:
    shared = await home.share(home.house)
    (house,) = await seen(home)
    cleo, as_cleo = await home.add_person("Cleo Clark")
    for acting, sharing_id in (
        (home.as_bob, uuid4()),
        (home.as_bob, UUID(shared.cdr_arrangement_id)),
        (as_cleo, house.id),
        (home.as_mia, house.id),
    ):
        with pytest.raises(SharingNotFound):
            await home.do(approvals.remove, acting, sharing_id)
    await home.hold(cleo, home.house, "secondary-user")
    with pytest.raises(SharingNotFound):
        await home.do(approvals.remove, as_cleo, house.id)
    await home.flag(since=clock.now() - timedelta(days=1))
    with pytest.raises(SharingNotFound):
        await home.do(approvals.remove, home.as_bob, house.id)
    assert (await home.disclosed(shared))[0] == {home.house}
    await home.end(shared.cdr_arrangement_id, "consumer")
    with pytest.raises(SharingNotFound):
        await home.do(approvals.remove, home.as_bob, house.id)
    states = await home.execute(
        select(authorised_account.c.approval).where(authorised_account.c.account_id == home.house)
    )
    assert {row.approval for row in states} == {"approved"}
