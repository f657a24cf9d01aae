"""A holder chooses which notices about an account come, and duties that are not of the choice still do (4A.14(3))."""

import pytest
from sqlalchemy import update

from tenants.accounts.tables import holding
from tenants.joint_accounts import approvals, notice_choice, sharing
from tenants.joint_accounts.errors import NotAHolder
from tests.support.joint_home import JointHome


async def test_a_choice_is_for_one_holder_and_one_account(home: JointHome) -> None:
    cleo, as_cleo = await home.add_person("Cleo Clark")
    await home.hold(cleo, home.house)
    assert await home.do(notice_choice.chosen, home.as_bob, home.house) == "all"
    await home.do(notice_choice.choose, home.as_bob, home.house, "given-and-amended")
    await home.do(notice_choice.choose, as_cleo, home.house, "none")
    assert await home.do(notice_choice.chosen, as_cleo, home.house) == "none"
    with pytest.raises(NotAHolder):
        await home.do(notice_choice.choose, as_cleo, home.farm, "none")

    shared = await home.share(home.house, home.farm)
    await home.share(home.house, cdr_arrangement_id=shared.cdr_arrangement_id)
    assert [about for about, _ in await home.told()] == ["authorisation-given", "authorisation-amended"]
    await home.end(shared.cdr_arrangement_id, "consumer")
    assert await home.told() == []
    await home.do(notice_choice.choose, home.as_bob, home.house, "none")
    shared = await home.share(home.house, home.farm)
    await home.end(shared.cdr_arrangement_id, "consumer")
    told = await home.told()
    assert [about for about, _ in told] == ["authorisation-given", "authorisation-withdrawn"]
    assert [("Farm" in text, "House" in text) for _, text in told] == [(True, False)] * 2
    await home.do(notice_choice.choose, home.as_bob, home.house, "all")
    await home.share(home.house)
    assert len(await home.told()) == 1
    assert await home.told(cleo) == []


async def test_what_is_asked_and_what_a_secondary_user_does_is_told_whatever_the_holder_has_chosen(
    home: JointHome,
) -> None:
    for acting in (home.as_bob, home.as_mia):
        await home.do(notice_choice.choose, acting, home.house, "none")
    await home.customers.set_option(home.house, "co-approval")
    shared = await home.share(home.house)
    assert [about for about, _ in await home.told()] == ["approval-asked"]
    (asked,) = await home.run(sharing.shared_by_others, home.as_bob, now=home.application.now)
    await home.do(approvals.decide, home.as_bob, asked.id, "declined")
    assert await home.told(home.mia) == [], "the requester has chosen too"
    await home.execute(update(holding).where(holding.c.customer_id == home.mia).values(role="secondary-user"))
    await home.end(shared.cdr_arrangement_id, "consumer")
    assert [about for about, _ in await home.told()] == ["authorisation-withdrawn"]
