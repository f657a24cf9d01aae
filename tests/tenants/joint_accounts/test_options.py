"""The disclosure option service: who can choose what, what it does to the data APIs, and who is told (K-10, K-11)."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from sqlalchemy import select, update

from haas.clock import MovableClock
from tenants.accounts.tables import disclosure_proposal, holding
from tenants.audit.tables import audit
from tenants.housekeeping.store import delete_notices
from tenants.joint_accounts import options
from tenants.joint_accounts.errors import NotAHolder, OptionNotOffered, ProposalNotFound, ProposalOpen
from tenants.joint_accounts.models import OptionPreview, OptionState
from tenants.notices.tables import outbox
from tenants.parties.acting import Acting
from tenants.parties.errors import MayNotAct
from tenants.parties.tables import login, representation
from tests.support.joint_home import JointHome
from tests.support.rows import count


async def state(home: JointHome, acting: Acting) -> OptionState:
    found: OptionState = await home.do(options.state, acting, home.house)
    return found


async def test_one_holder_stops_sharing_at_once_and_all_agree_to_turn_it_on_again(
    home: JointHome, clock: MovableClock
) -> None:
    """The data APIs follow at once; the approval is kept; the others are told; everything is recorded."""
    shared = await home.share(home.house, home.boat)
    await home.told()
    assert (await home.disclosed(shared))[0] == {home.house, home.boat}
    before = await state(home, home.as_bob)
    assert (before.option, before.since, before.proposal) == ("pre-approval", None, None)
    assert (before.offered, before.needs_agreement) == (("no-disclosure",), ())

    seen: OptionPreview = await home.do(options.preview, home.as_bob, home.house, "no-disclosure")
    assert (seen.takes_effect, seen.others_are_told) == ("at-once", True)
    (affected,) = seen.sharing
    assert (affected.recipient, affected.effect, affected.is_own) == ("Mock Company Pty Ltd", "stops", False)
    assert affected.arrangement_id is None
    (own,) = (await home.do(options.preview, home.as_mia, home.house, "no-disclosure")).sharing
    assert (str(own.arrangement_id), own.effect) == (shared.cdr_arrangement_id, "stops")
    assert (await home.disclosed(shared))[0] == {home.house, home.boat}, "a preview changes nothing"

    assert await home.do(options.choose, home.as_bob, home.house, "no-disclosure") == "set"
    assert await home.do(options.choose, home.as_bob, home.house, "no-disclosure") == "unchanged"
    assert await home.disclosed(shared) == ({home.boat}, {"sharing-off"})
    ((about, text),) = await home.told(home.mia)
    assert (about, "Now: No sharing" in text, "Account: House" in text) == ("option-changed", True, True)
    assert f"choose another option here:\n{home.tenant.issuer}/dashboard\n" in text
    assert "Bob" not in text
    assert await home.told() == [], "who has chosen is not told"

    clock.move(timedelta(hours=1))
    (resumed,) = (await home.do(options.preview, home.as_mia, home.house, "pre-approval")).sharing
    assert resumed.effect == "resumes"
    assert await home.do(options.choose, home.as_mia, home.house, "pre-approval") == "proposed"
    assert await home.do(options.choose, home.as_mia, home.house, "pre-approval") == "proposed"
    assert await home.disclosed(shared) == ({home.boat}, {"sharing-off"})
    ((about, text),) = await home.told()
    assert (about, "Mia" in text) == ("option-proposed", False)
    assert f"agree or decline here:\n{home.tenant.issuer}/dashboard\n" in text
    (of_mia, of_bob) = [(await state(home, each)).proposal for each in (home.as_mia, home.as_bob)]
    assert of_mia is not None
    assert of_bob is not None
    assert (of_mia.is_own, of_bob.is_own, of_bob.due_at - of_bob.at) == (True, False, timedelta(days=30))
    with pytest.raises(ProposalNotFound):  # who proposes cannot agree in the place of others
        await home.do(options.answer, home.as_mia, of_mia.id, "agreed")
    assert await home.do(options.answer, home.as_bob, of_bob.id, "agreed") == "agreed"
    assert (await home.disclosed(shared))[0] == {home.house, home.boat}
    assert [about for about, _ in await home.told(home.mia)] == ["option-changed"]
    told = outbox.c.customer_id == home.mia
    await home.execute(update(outbox).where(told).values(done_at=clock.now()))
    await home.run(delete_notices, clock.now() + timedelta(days=60))
    assert await count(home.application.database, home.tenant, outbox, told) == 2, "the notices are evidence"
    entries = await home.execute(select(audit).where(audit.c.subject == str(home.house)).order_by(audit.c.seq))
    assert [(each.action, each.actor) for each in entries] == [
        ("disclosure-option.set", str(home.as_bob.login_id)),
        ("disclosure-proposal.make", str(home.as_mia.login_id)),
        ("disclosure-proposal.answer", str(home.as_bob.login_id)),
        ("disclosure-option.set", str(home.as_bob.login_id)),
    ]


async def test_every_other_holder_of_today_must_agree_and_one_who_declines_is_enough(home: JointHome) -> None:
    cleo, as_cleo = await home.add_person("Cleo Clark")
    await home.hold(cleo, home.house)
    await home.do(options.choose, home.as_bob, home.house, "no-disclosure")
    await home.do(options.choose, home.as_mia, home.house, "pre-approval")
    proposal = (await state(home, as_cleo)).proposal
    assert proposal is not None
    with pytest.raises(ProposalOpen):
        await home.do(options.choose, as_cleo, home.house, "pre-approval")
    assert await home.do(options.answer, as_cleo, proposal.id, "agreed") == "open"
    assert await home.do(options.answer, as_cleo, proposal.id, "agreed") == "open", "one holder agrees once"
    assert (await state(home, home.as_mia)).option == "no-disclosure"
    await home.told(home.mia)
    assert await home.do(options.answer, home.as_bob, proposal.id, "declined") == "declined"
    ((about, text),) = await home.told(home.mia)
    assert (about, "Not all account holders agreed, so" in text) == ("option-declined", True)
    with pytest.raises(ProposalNotFound):
        await home.do(options.answer, home.as_bob, proposal.id, "agreed")

    # A holder who has left need not agree, and the staff can act for a holder who asked them.
    await home.do(options.choose, home.as_mia, home.house, "pre-approval")
    proposal = (await state(home, as_cleo)).proposal
    assert proposal is not None
    yesterday = home.application.now.date() - timedelta(days=3)
    left = update(holding).where(holding.c.customer_id == home.bob, holding.c.account_id == home.house)
    await home.execute(left.values(valid_to=yesterday))
    with pytest.raises(NotAHolder):
        await home.do(options.answer, home.as_bob, proposal.id, "agreed")
    by_staff = Acting(customer_id=cleo, staff="s-17")
    assert await home.do(options.answer, by_staff, proposal.id, "agreed") == "agreed"
    assert (await state(home, home.as_mia)).option == "pre-approval"


async def test_two_holders_who_agree_at_the_same_time_set_the_option_once(home: JointHome) -> None:
    cleo, as_cleo = await home.add_person("Cleo Clark")
    await home.hold(cleo, home.house)
    await home.do(options.choose, home.as_bob, home.house, "no-disclosure")
    await home.do(options.choose, home.as_mia, home.house, "pre-approval")
    proposal = (await state(home, as_cleo)).proposal
    assert proposal is not None
    both = (home.do(options.answer, acting, proposal.id, "agreed") for acting in (home.as_bob, as_cleo))
    assert sorted(await asyncio.gather(*both)) == ["agreed", "open"]
    assert (await state(home, home.as_mia)).option == "pre-approval"
    is_set = (audit.c.subject == str(home.house)) & (audit.c.action == "disclosure-option.set")
    assert await count(home.application.database, home.tenant, audit, is_set) == 2


async def test_a_proposal_ends_when_it_is_withdrawn_when_its_time_is_over_and_by_a_stricter_option(
    home: JointHome, clock: MovableClock
) -> None:
    await home.do(options.choose, home.as_bob, home.house, "no-disclosure")
    await home.do(options.choose, home.as_mia, home.house, "pre-approval")
    proposal = (await state(home, home.as_bob)).proposal
    assert proposal is not None
    with pytest.raises(ProposalNotFound):
        await home.do(options.withdraw_proposal, home.as_bob, proposal.id)
    await home.do(options.withdraw_proposal, home.as_mia, proposal.id)
    assert (await state(home, home.as_bob)).proposal is None

    await home.do(options.choose, home.as_mia, home.house, "pre-approval")
    proposal = (await state(home, home.as_bob)).proposal
    assert proposal is not None
    await home.told(home.mia)
    clock.move(options.TIME_TO_AGREE)
    with pytest.raises(ProposalNotFound):
        await home.do(options.answer, home.as_bob, proposal.id, "agreed")
    assert (await state(home, home.as_bob)).proposal is None
    await home.run(options.lapse_proposals, home.tenant, home.application.now)
    assert [about for about, _ in await home.told(home.mia)] == ["option-lapsed"]
    rows = await home.execute(select(disclosure_proposal).where(disclosure_proposal.c.account_id == home.house))
    assert {row.state for row in rows} == {"withdrawn", "lapsed"}

    settings = msgspec.structs.replace(home.tenant.settings, offers_co_approval=True)
    home.tenant = msgspec.structs.replace(home.tenant, settings=settings)
    await home.customers.set_option(home.farm, "co-approval")
    await home.do(options.choose, home.as_mia, home.farm, "pre-approval")
    assert await home.do(options.choose, home.as_bob, home.farm, "no-disclosure") == "set"
    (row,) = await home.execute(select(disclosure_proposal).where(disclosure_proposal.c.account_id == home.farm))
    assert row.state == "declined"


async def test_only_holders_choose_and_only_what_the_brand_offers(home: JointHome) -> None:
    _, as_stranger = await home.add_person("Sam Stone")
    user, as_user = await home.add_person("Uma Usher")
    await home.hold(user, home.house, "secondary-user")
    refused: list[tuple[Any, Any, Any]] = [
        (as_stranger, home.house, NotAHolder),
        (as_user, home.house, NotAHolder),
        (home.as_bob, uuid4(), NotAHolder),
        (home.as_bob, home.boat, NotAHolder),
        (Acting(customer_id=home.bob, login_id=home.as_mia.login_id), home.house, MayNotAct),
        (home.as_mia, home.boat, OptionNotOffered),  # no joint account
    ]
    for acting, account_id, error in refused:
        for service in (options.choose, options.preview):
            with pytest.raises(error):
                await home.do(service, acting, account_id, "no-disclosure")
    for service in (options.choose, options.preview):
        with pytest.raises(OptionNotOffered):
            await home.do(service, home.as_bob, home.house, "co-approval")
    with pytest.raises(ProposalNotFound):
        await home.do(options.answer, home.as_bob, uuid4(), "agreed")

    # A representative acts until the last day, and a disabled login not at all.
    assistant, _ = await home.customers.add_login("Ann Agent")
    await home.customers.represent(assistant, home.bob, "nominated-representative")
    as_assistant = Acting(customer_id=home.bob, login_id=assistant)
    assert (await state(home, as_assistant)).option == "pre-approval"
    ended = update(representation).where(representation.c.login_id == assistant)
    await home.execute(ended.values(valid_to=home.application.now.date() - timedelta(days=2)))
    disabled = update(login).where(login.c.id == home.as_mia.login_id).values(disabled_at=home.application.now)
    await home.execute(disabled)
    for acting in (as_assistant, home.as_mia):
        with pytest.raises(MayNotAct):
            await home.do(options.choose, acting, home.house, "no-disclosure")
