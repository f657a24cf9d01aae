"""A harm flag that is set while a message waits holds it back, whatever it tells (CDR Rules 4A.15; decision 0071)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import select, update

from haas.clock import MovableClock
from tenants.arrangements import store as arrangements
from tenants.arrangements.tables import arrangement
from tenants.holders import receipts
from tenants.joint_accounts import approvals, harm_flags, options, sharing
from tenants.notices import dead_letters
from tenants.notices.errors import NoDeadLetter
from tenants.notices.message_channels import LetterChannel
from tenants.notices.models import Notice
from tenants.notices.outbox_delivery import Delivery
from tenants.notices.tables import outbox
from tenants.parties.acting import Acting
from tenants.parties.tables import login
from tenants.records import pack
from tenants.registry.models import Tenant
from tests.support.joint_home import JointHome

OF_MIA = {
    "authorisation-given",
    "authorisation-amended",
    "authorisation-withdrawn",
    "approval-asked",
    "approval-declined",
    "approval-withdrawn",
    "option-changed",
    "option-declined",
    "option-proposed",
}
"""What the other holders are told of what Mia shares and decides."""
RECEIPTS = {"receipt-given", "receipt-changed", "receipt-withdrawn", "receipt-expiring"}
OF_BOB = {"authorisation-given", "approval-asked", "option-proposed"}
"""What Mia is told of Bob."""


class Sent:
    """A channel that keeps what it was given, and can do something before it delivers."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.before: Any = None

    async def deliver(self, _tenant: Tenant, notice: Notice) -> None:
        if self.before is not None:
            await self.before()
        self.notices.append(notice)

    def about(self, rows: list[Any]) -> set[str]:
        """Return what those of these notices are about that were delivered."""
        return {row.about for row in rows if row.id in {each.id for each in self.notices}}


@pytest.fixture
async def house(home: JointHome) -> JointHome:
    """The household at a brand that sends every receipt, with Dan as a third holder of the house, who gets letters."""
    chosen = ("sends_given_receipts", "sends_changed_receipts", "sends_withdrawn_receipts")
    settings = msgspec.structs.replace(home.tenant.settings, receipt_days_before_end=14, **dict.fromkeys(chosen, True))
    home.tenant = msgspec.structs.replace(home.tenant, settings=settings)
    home.dan, _ = await home.add_person("Dan Dodd")  # type: ignore[attr-defined]
    await home.hold(home.dan, home.house)  # type: ignore[attr-defined]
    by_post = update(login).where(login.c.email == home.identifiers[home.dan])  # type: ignore[attr-defined]
    await home.execute(by_post.values(channel="post"))
    return home


async def decide_everything(home: JointHome, clock: MovableClock) -> None:
    """Let Mia and Bob do all that the others are told of."""

    async def proposal(proposer: Acting) -> UUID:
        assert await home.do(options.choose, proposer, home.house, "pre-approval") == "proposed"
        found: UUID = (await home.do(options.state, proposer, home.house)).proposal.id
        return found

    async def confirm(arrangement_id: str) -> None:
        """Send the receipts, which the real endpoints do not: the brand that they know has not chosen any."""
        for version in (await home.run(arrangements.by_id, UUID(arrangement_id))).versions:
            await home.run(receipts.confirm_authorisation, home.tenant, version.id, clock.now())

    given = await home.share(home.house, home.farm)
    await home.share(home.house, home.farm, cdr_arrangement_id=given.cdr_arrangement_id, sharing_duration=86_400 * 20)
    await confirm(given.cdr_arrangement_id or "")
    clock.move(timedelta(days=7))
    await home.run(receipts.confirm_ends_before_they_come, home.tenant, clock.now())
    await home.end(given.cdr_arrangement_id, "consumer")
    await home.customers.set_option(home.house, "co-approval")
    await home.share(home.house)
    await home.share(home.house, who=home.as_bob)
    await decide_about_newest(home, "declined")
    await home.customers.set_option(home.house, "pre-approval")
    await home.share(home.house, who=home.as_bob)
    await decide_about_newest(home, "removed")
    await home.do(options.choose, home.as_mia, home.house, "no-disclosure")
    await home.do(options.answer, home.as_mia, await proposal(home.as_bob), "declined")
    await proposal(home.as_mia)


async def decide_about_newest(home: JointHome, decision: str) -> None:
    (newest, *_) = await home.run(sharing.shared_by_others, home.as_mia, now=home.application.now)
    if decision == "removed":
        await home.do(approvals.remove, home.as_mia, newest.id)
    else:
        await home.do(approvals.decide, home.as_mia, newest.id, decision)


async def notices(home: JointHome, *customers: UUID) -> list[Any]:
    query = select(outbox).where(outbox.c.customer_id.in_(customers), outbox.c.about.is_not(None))
    return await home.execute(query.order_by(outbox.c.created_at))


async def of_mia(home: JointHome) -> list[Any]:
    """Return what tells of what Mia shares or decides about the house, without the proposals to Dan.

    Bob is told of nothing else. Dan is told of Bob's sharing too, and Mia gets receipts.
    """
    hers = await home.execute(select(arrangement.c.id).where(arrangement.c.customer_id == home.mia))
    ids, found = {row.id for row in hers}, await notices(home, home.bob)
    for row in await notices(home, home.dan):  # type: ignore[attr-defined]
        if row.arrangement_id in ids or row.about == "option-changed":
            found.append(row)
    return found + [row for row in await notices(home, home.mia) if row.about in RECEIPTS]


@pytest.mark.parametrize("seen", [True, False])
async def test_no_message_goes_out_that_waits_when_a_harm_flag_is_set(
    house: JointHome, clock: MovableClock, *, seen: bool
) -> None:
    """Also one that was written by a transaction which began before the flag was set, and did not see it."""
    home, dan = house, house.dan  # type: ignore[attr-defined]
    await decide_everything(home, clock)
    concealed = {row.id for row in await of_mia(home)}
    assert {row.about for row in await of_mia(home)} == OF_MIA | RECEIPTS
    proposals = [row.id for row in await notices(home, dan) if row.about == "option-proposed"]
    assert len(proposals) == 2, "one of them is Bob's"
    clock.move(timedelta(minutes=1))
    if seen:
        held_back = await home.run(harm_flags.protect, "s-17", home.mia, home.house, now=clock.now())
        assert held_back == len(concealed) + 1
    else:
        await home.flag(since=clock.now() - timedelta(days=8))
    sent = Sent()
    delivery = Delivery(home.application.database, clock, {"email": sent, "sms": sent, "letter": LetterChannel()})
    outcome = await delivery.deliver_due(home.tenant)

    found = await notices(home, home.bob, dan, home.mia)
    held = {row.id for row in found if row.held_back_at is not None}
    assert concealed <= held
    assert len(held - concealed) == 1
    assert len(held.intersection(proposals)) == 1
    assert seen or outcome.held_back >= len(held)  # the brand has those of other tests too
    assert held.isdisjoint(each.id for each in sent.notices)
    assert {(row.done_at, str(row.payload)) for row in found if row.id in held} == {(None, "{}")}
    # What is not about Mia goes out, and the letters wait for the post.
    assert sent.about(await notices(home, home.mia)) == OF_BOB
    letters = await home.run(dead_letters.print_letters, actor="operator:grace", now=clock.now())
    to_dan = {row.id for row in await notices(home, dan)}
    assert {each.id for each in letters if each.id in to_dan} == to_dan - held

    # It is not lost: the operators see it as held back. Nobody can send it, and nobody has to do anything.
    listed = {each.id: each for each in await home.run(dead_letters.list_given_up, also_handled=True)}
    assert {each for each, letter in listed.items() if letter.held_back_at is not None} >= held
    assert held.isdisjoint(each for each, letter in listed.items() if letter.can_be_replayed)
    assert held.isdisjoint(each.id for each in await home.run(dead_letters.list_given_up))
    assert await home.run(dead_letters.replay, held, actor="operator:grace", now=clock.now()) == []
    with pytest.raises(NoDeadLetter):
        await home.run(dead_letters.handle, next(iter(held)), "Phoned.", actor="operator:grace", now=clock.now())
    # Nor does the record pack of another holder, or of Mia, have a notice that was not sent.
    for customer_id in (home.bob, home.mia):
        made = await home.run(pack.build, home.tenant, customer_id, clock.now())
        for shared in (*made.sharing, *made.sharing_by_others):
            assert all(each.delivered_at for each in shared.notices if each.what.startswith("to you"))
            assert not any("receipt" in each.what for each in shared.notices)


async def test_a_message_of_another_account_or_of_another_customer_goes_out(
    house: JointHome, clock: MovableClock
) -> None:
    home = house
    await home.share(home.farm)
    await home.share(home.house, who=home.as_bob)
    assert await home.run(harm_flags.protect, "s-17", home.mia, home.house, now=clock.now()) == 0
    sent = Sent()
    delivery = Delivery(home.application.database, clock, {"email": sent, "letter": LetterChannel()})
    await delivery.deliver_due(home.tenant)
    assert sent.about(await notices(home, home.bob, home.mia)) == {"authorisation-given"}
    assert len(await notices(home, home.bob, home.mia)) == 2


async def test_a_message_that_is_being_sent_when_the_flag_is_set_is_recorded_as_sent(
    house: JointHome, clock: MovableClock
) -> None:
    home, sent = house, Sent()
    await home.share(home.house)
    (row,) = await notices(home, home.bob)

    async def protect() -> None:
        sent.before = None
        await home.run(harm_flags.protect, "s-17", home.mia, home.house, now=clock.now())

    sent.before = protect
    await Delivery(home.application.database, clock, {"email": sent}).deliver_due(home.tenant)
    (after,) = await notices(home, home.bob)
    assert (after.id, after.held_back_at, after.given_up_at, after.handled_at) == (row.id, None, None, None)
    assert after.done_at is not None
