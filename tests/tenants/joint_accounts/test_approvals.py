"""Co-approval: nothing is disclosed before all other holders have approved in time (K-10, K-13)."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from haas.clock import MovableClock
from tenants.accounts.tables import harm_flag
from tenants.holders.service import lapse_approvals
from tenants.joint_accounts import approvals, sharing
from tenants.joint_accounts.errors import NotAskedForApproval
from tenants.joint_accounts.models import SharedByOther
from tenants.parties.acting import Acting
from tests.support.joint_home import JointHome


@pytest.fixture
async def cleo(home: JointHome) -> Acting:
    """A third holder of the house, for which all must approve. The farm has no such option."""
    cleo, acting = await home.add_person("Cleo Clark")
    await home.hold(cleo, home.house)
    await home.customers.set_option(home.house, "co-approval")
    return acting


async def asked(home: JointHome, acting: Acting) -> SharedByOther:
    found = await home.run(sharing.shared_by_others, acting, now=home.application.now)
    return next(each for each in found if each.account_id == home.house)


async def test_an_account_is_disclosed_when_all_other_holders_have_approved(home: JointHome, cleo: Acting) -> None:
    shared = await home.share(home.house, home.farm)
    assert await home.disclosed(shared) == ({home.farm}, {"approval-pending"})
    told = dict(await home.told())
    assert set(told) == {"approval-asked", "authorisation-given"}
    assert ("House" in told["approval-asked"], "Farm" in told["approval-asked"]) == (True, False)
    assert f"approve or decline here:\n{home.tenant.issuer}/dashboard\n" in told["approval-asked"]
    assert ("House" in told["authorisation-given"], "Farm" in told["authorisation-given"]) == (False, True)
    assert [about for about, _ in await home.told(cleo.customer_id)] == ["approval-asked"]
    of_bob = await asked(home, home.as_bob)
    assert (of_bob.state, of_bob.own_approval) == ("approval-pending", "pending")
    assert of_bob.approve_by is not None
    assert timedelta(0) <= of_bob.approve_by - of_bob.authorised_at - approvals.TIME_TO_APPROVE < timedelta(minutes=1)

    assert await home.do(approvals.decide, home.as_bob, of_bob.id, "approved") == "pending"
    assert await home.disclosed(shared) == ({home.farm}, {"approval-pending"})
    with pytest.raises(NotAskedForApproval):
        await home.do(approvals.decide, home.as_bob, of_bob.id, "approved")
    assert await home.do(approvals.decide, cleo, of_bob.id, "approved") == "approved"
    assert (await home.disclosed(shared))[0] == {home.house, home.farm}
    assert await home.told(home.mia) == []

    # An approval can be removed again, and an amendment asks again.
    await home.do(approvals.remove, cleo, of_bob.id)
    assert await home.disclosed(shared) == ({home.farm}, {"approval-withdrawn"})
    assert [about for about, _ in await home.told(home.mia)] == ["approval-withdrawn"]
    amended = await home.share(home.house, cdr_arrangement_id=shared.cdr_arrangement_id)
    assert await home.disclosed(amended) == (set(), {"approval-pending"})
    assert [about for about, _ in await home.told(cleo.customer_id)] == ["approval-asked"]


@pytest.mark.parametrize("how", ["decide", "remove"])
async def test_one_holder_who_declines_is_enough_and_the_requester_is_told(
    home: JointHome, cleo: Acting, how: str
) -> None:
    shared = await home.share(home.house)
    sharing_id = (await asked(home, cleo)).id
    await home.do(approvals.decide, home.as_bob, sharing_id, "approved")
    if how == "decide":
        assert await home.do(approvals.decide, cleo, sharing_id, "declined") == "declined"
    else:
        await home.do(approvals.remove, cleo, sharing_id)
    assert await home.disclosed(shared) == (set(), {"approval-declined"})
    ((about, text),) = await home.told(home.mia)
    assert (about, "Cleo" in text, "Bob" in text) == ("approval-declined", False, False)
    assert (await asked(home, home.as_bob)).state == "approval-declined"


async def test_an_approval_that_does_not_come_in_time_lapses(
    home: JointHome, cleo: Acting, clock: MovableClock
) -> None:
    shared = await home.share(home.house)
    sharing_id = (await asked(home, cleo)).id
    await home.do(approvals.decide, home.as_bob, sharing_id, "approved")
    clock.move(approvals.TIME_TO_APPROVE)
    with pytest.raises(NotAskedForApproval):
        await home.do(approvals.decide, cleo, sharing_id, "approved")
    await home.run(lapse_approvals, home.tenant, home.application.now)
    assert await home.disclosed(shared) == (set(), {"approval-lapsed"})
    assert [about for about, _ in await home.told(home.mia)] == ["approval-lapsed"]
    with pytest.raises(NotAskedForApproval):
        await home.do(approvals.decide, cleo, sharing_id, "approved")


async def test_a_short_authorisation_gives_no_longer_to_approve_and_a_harm_flag_asks_nobody(
    home: JointHome, cleo: Acting, clock: MovableClock
) -> None:
    """CDR Rules 4A.15: the flag of Mia does not help Bob, whose own sharing still needs the others."""
    await home.share(home.house, sharing_duration=7200)
    short = await asked(home, cleo)
    assert short.approve_by == short.until < clock.now() + approvals.TIME_TO_APPROVE
    await home.told()
    flag = {"customer_id": home.mia, "account_id": home.house, "set_by": "s", "since": clock.now()}
    await home.execute(insert(harm_flag).values(flag))
    assert (await home.disclosed(await home.share(home.house)))[0] == {home.house}
    assert await home.told() == []
    assert await home.told(cleo.customer_id) != [], "only of the sharing before the flag"
    of_bob = await home.share(home.house, who=home.as_bob)
    assert await home.disclosed(of_bob) == (set(), {"approval-pending"})
    assert [about for about, _ in await home.told(home.mia)] == ["approval-asked"]
