"""Receipts go to who authorised, if the brand has chosen them, once, and to nobody else (K-26, K-14)."""

from datetime import timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy import insert, select, update

from haas.clock import MovableClock
from haas.database import Database
from ops.sandbox.recipient.client import RecipientClient
from tenants.accounts.tables import harm_flag
from tenants.arrangements.models import EndedBy
from tenants.arrangements.tables import arrangement, authorisation, authorised_account
from tenants.holders.receipts import confirm_authorisation, confirm_ends
from tenants.housekeeping.service import Housekeeping
from tenants.joint_accounts.harm_flags import protect
from tenants.notices import dead_letters
from tenants.notices.errors import NotDelivered
from tenants.notices.models import RECEIPTS, Notice
from tenants.notices.outbox_delivery import Delivery
from tenants.notices.tables import outbox
from tenants.parties.tables import login, representation
from tenants.records import pack
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.customers import CustomerData
from tests.support.joint_home import joint_home
from tests.support.rows import execute, one, run
from tests.tenants.records.conftest import Household, add_household

EVERY_SWITCH = ("sends_given_receipts", "sends_changed_receipts", "sends_withdrawn_receipts", "sends_expired_receipts")
PERIOD = timedelta(days=90)


class Refusing:
    """A channel that delivers nothing."""

    async def deliver(self, _tenant: Tenant, _notice: Notice) -> None:
        raise NotDelivered("no such mailbox", permanent=True)


class Home:
    """A household of which Ada shares with a recipient, and a brand that sends every receipt."""

    def __init__(self, database: Database, tenant: Tenant, clock: MovableClock, people: Household) -> None:
        self.database, self.clock, self.people = database, clock, people
        self.tenant = with_settings(tenant, receipt_days_before_end=14, **dict.fromkeys(EVERY_SWITCH, True))

    async def execute(self, statement: Any) -> list[Any]:
        return await execute(self.database, self.tenant, statement)

    async def run(self, function: Any, *arguments: Any, **named: Any) -> Any:
        return await run(self.database, self.tenant, function, *arguments, **named)

    async def receipts(self) -> list[Any]:
        return await self.execute(
            select(outbox).where(outbox.c.about.in_(RECEIPTS)).order_by(outbox.c.created_at, outbox.c.about)
        )

    async def confirm(self) -> list[Any]:
        """Send the receipt of the authorisation in force; return the new one, if there is one."""
        row = await one(self.database, self.tenant, arrangement, id=self.people.arrangement_id)
        await self.run(confirm_authorisation, self.tenant, row.authorisation_id, self.clock.now())
        found = await self.receipts()
        await self.execute(outbox.delete())
        return found

    async def end(self, by: EndedBy) -> list[Any]:
        await self.run(confirm_ends, self.tenant, [self.people.arrangement_id], by, self.clock.now())
        return await self.receipts()

    async def sweep(self) -> list[str]:
        """Run the housekeeping; return what the receipts in the outbox are about."""
        await Housekeeping(self.database, self.clock).sweep(self.tenant)
        return [row.about for row in await self.receipts()]

    async def set_login(self, **values: Any) -> None:
        await self.execute(update(login).where(login.c.id == self.people.ada_login).values(values))

    async def flag(self) -> None:
        row = {"customer_id": self.people.ada, "account_id": self.people.joint, "set_by": "s"}
        await self.execute(insert(harm_flag).values(row, since=self.clock.now()))

    def day(self, after: timedelta = timedelta()) -> str:
        local = (self.people.authorised_at + after).astimezone(ZoneInfo(self.tenant.settings.time_zone))
        return f"{local.day} {local:%B %Y}"


def with_settings(tenant: Tenant, **settings: Any) -> Tenant:
    return msgspec.structs.replace(tenant, settings=msgspec.structs.replace(tenant.settings, **settings))


@pytest.fixture
async def home(database: Database, tenant: Tenant, clock: MovableClock) -> Home:
    return Home(database, tenant, clock, await add_household(database, tenant, clock.now()))


async def test_who_authorised_gets_a_receipt_of_each_step_and_the_other_holder_gets_none(
    application: Application, aurora: Tenant, recipient: RecipientClient, clock: MovableClock
) -> None:
    """Through the real endpoints. Each kind is off until it is switched on."""
    home = await joint_home(application, aurora, recipient)
    await home.share(home.boat)
    assert await home.told(home.mia) == []
    try:
        home.tenant = await application.change(aurora, switches=dict.fromkeys(EVERY_SWITCH, True))
        first = await home.share(home.house, home.boat)
        ((about, text),) = await home.told(home.mia)
        assert about == "receipt-given"
        for said in (
            "Dear Mia Wong",
            f"You have authorised {aurora.name} to share data with Mock Company",
            "Accounts: Boat (",
            "House (",
            "\nShared: until ",
            f"\n{aurora.issuer}/dashboard\n",
            "If you did not authorise this, contact",
        ):
            assert said in text
        assert "Bob" not in text

        clock.move(timedelta(minutes=1))
        amended = {"cdr_arrangement_id": first.cdr_arrangement_id, "sharing_duration": 86_400}
        await home.share(home.boat, **amended)
        ((about, text),) = await home.told(home.mia)
        assert about == "receipt-changed"
        for said in ("\nAccount: Boat (", "\nNo longer shared: Account: House (", "\nShared: once\n"):
            assert said in text
        await application.change(aurora, switches={"sends_changed_receipts": False})
        await home.share(home.boat, **amended)
        assert await home.told(home.mia) == []

        await home.recipient.revoke_arrangement(first.cdr_arrangement_id)
        ((about, text),) = await home.told(home.mia)
        assert about == "receipt-withdrawn"
        assert "was withdrawn at Mock Company Pty Ltd, by you or by somebody who may act for you." in text
        assert {about for about, _ in await home.told(home.bob)}.isdisjoint(RECEIPTS)
    finally:
        await application.change(aurora, switches=dict.fromkeys(EVERY_SWITCH, False))


@pytest.mark.parametrize(
    ("by", "about", "said"),
    [
        ("consumer", "receipt-withdrawn", "You or somebody who may act for you withdrew the authorisation at {brand}."),
        ("retailer", "receipt-ended", "{brand} ended the authorisation on {day}, because it was asked to"),
        ("register", "receipt-ended", "because Secret Recipient Pty Ltd may no longer receive data"),
        ("replay", "receipt-ended", "to protect the data"),
        ("ineligible", "receipt-ended", "because the data can no longer be shared under the Consumer Data Right"),
        ("harm", None, ""),
    ],
)
async def test_a_receipt_says_in_general_words_why_the_sharing_has_ended(
    home: Home, by: EndedBy, about: str | None, said: str
) -> None:
    found = await home.end(by)
    assert [row.about for row in found] == ([] if about is None else [about])
    for row in found:
        assert (row.customer_id, row.arrangement_id) == (home.people.ada, home.people.arrangement_id)
        assert said.format(brand=home.tenant.name, day=home.day()) in row.payload["text"]
        assert "Bob" not in row.payload["text"]
    assert [row.id for row in await home.end(by)] == [row.id for row in found]
    for _ in await home.execute(outbox.delete().returning(outbox.c.id)):
        home.tenant = with_settings(home.tenant, sends_withdrawn_receipts=False)
        assert await home.end(by) == []


async def test_a_receipt_comes_once_before_the_end_and_once_when_the_authorisation_has_expired(home: Home) -> None:
    home.clock.move(PERIOD - timedelta(days=14, hours=1))
    assert await home.sweep() == []
    home.clock.move(timedelta(hours=1))
    assert await home.sweep() == ["receipt-expiring"]
    home.clock.move(timedelta(days=1))
    assert await home.sweep() == ["receipt-expiring"]
    (row,) = await home.receipts()
    assert f"The authorisation ends on {home.day(PERIOD)}." in row.payload["text"]

    # An amendment has an end of its own.
    amended = (await one(home.database, home.tenant, authorisation, version=2))._asdict()
    amended |= {"id": uuid4(), "version": 3, "active_at": home.clock.now()}
    amended |= {"expires_at": home.clock.now() + timedelta(days=10)}
    await home.execute(insert(authorisation).values(amended))
    await home.execute(update(arrangement).values(authorisation_id=amended["id"]))
    assert await home.sweep() == ["receipt-expiring", "receipt-expiring"]

    home.clock.move(timedelta(days=10))
    assert await home.sweep() == ["receipt-expiring", "receipt-expiring", "receipt-expired"]
    assert await home.sweep() == ["receipt-expiring", "receipt-expiring", "receipt-expired"]
    # They are evidence for the customer, and in nobody else's records.
    (own,) = (await home.run(pack.build, home.tenant, home.people.ada, home.clock.now())).sharing
    assert [each.what for each in own.notices].count("To the person who authorised: a receipt before the end") == 2
    (of_bob,) = (await home.run(pack.build, home.tenant, home.people.bob, home.clock.now())).sharing_by_others
    assert not any("receipt" in each.what for each in of_bob.notices)


@pytest.mark.parametrize("days", [14, 1])
async def test_sharing_that_is_no_longer_than_the_days_before_the_end_has_no_receipt_before_it(
    home: Home, days: int
) -> None:
    """Once-off sharing (up to a day) has no receipt when it has expired, either."""
    short = {"sharing_duration": days * 86_400, "expires_at": home.clock.now() + timedelta(days=days)}
    await home.execute(update(authorisation).values(short))
    home.clock.move(timedelta(hours=1))
    assert await home.sweep() == []
    home.clock.move(timedelta(days=days))
    assert await home.sweep() == ([] if days == 1 else ["receipt-expired"])


async def test_the_receipt_comes_as_the_person_prefers_and_a_text_message_says_less(home: Home) -> None:
    (mail,) = await home.confirm()
    assert (mail.kind, mail.about) == ("email", "receipt-changed")
    await home.set_login(channel="sms", mobile="+61400000001")
    (text,) = await home.confirm()
    assert (text.kind, text.payload["to"]) == ("sms", "+61400000001")
    assert "Secret Recipient Pty Ltd" in text.payload["text"]
    assert not any(unsaid in text.payload["text"] for unsaid in ("Our home", "Adas boat", "https:", "Ada"))
    await home.set_login(channel="post")
    (letter,) = await home.confirm()
    assert (letter.kind, letter.payload["customer_reference"]) == ("letter", home.people.ada_reference)

    # An account that waits for the approval of others is not said to be shared.
    await home.execute(
        update(authorised_account)
        .where(authorised_account.c.account_id == home.people.joint)
        .values(approval="pending")
    )
    (letter,) = await home.confirm()
    for said in ("\nAccount: Adas boat", "\nShared when the other account holders have approved it: Account: Our home"):
        assert said in letter.payload["text"]


async def test_the_receipt_of_a_withdrawal_says_who_it_was_by_role(home: Home, database: Database) -> None:
    """Decision 0071. Ada has authorised; the receipt goes to her login, whose authority changes."""
    data = CustomerData(database, home.tenant, home.clock.now)
    agent, _ = await data.add_login("Ann Agent")
    await data.represent(agent, home.people.ada, "attorney")
    ada = home.people.ada_login
    ended = update(arrangement).values(ended_at=home.clock.now(), ended_by="consumer")
    own_role = update(representation).where(representation.c.login_id == ada)
    for by, role, said in (
        (ada, "self", "You withdrew the authorisation at"),
        (agent, "self", "Your attorney withdrew the authorisation at"),
        (agent, "guardian", "An attorney of Ada Lovelace withdrew the authorisation at"),
    ):
        await home.execute(own_role.values(role=role))
        await home.execute(ended.values(ended_by_login_id=by))
        (row,) = await home.end("consumer")
        assert f"{said} {home.tenant.name}." in row.payload["text"]
        assert "Agent" not in row.payload["text"]
        await home.execute(outbox.delete())


async def test_only_who_may_still_act_gets_receipts_and_another_customer_is_named(
    home: Home, database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    acts = update(representation).where(representation.c.login_id == home.people.ada_login)
    await home.execute(acts.values(role="attorney"))
    (row,) = await home.confirm()
    assert "\nCustomer: Ada Lovelace\n" in row.payload["text"]
    await home.execute(acts.values(valid_to=clock.now().date() - timedelta(days=3)))
    assert await home.confirm() == []
    await home.execute(acts.values(valid_to=None))
    await home.set_login(disabled_at=clock.now())
    assert await home.confirm() == []
    data = CustomerData(database, tenant, clock.now)
    other, _ = await data.add_login("Cleo Clark")
    await data.represent(other, home.people.ada)
    assert await home.confirm() == []


async def test_under_a_harm_flag_a_receipt_reaches_nobody_but_the_person(home: Home) -> None:
    """K-14. The flag is for one account, and the receipt would name all."""
    (first,) = await home.confirm()
    await home.execute(insert(outbox).values(first._mapping))
    assert await home.run(protect, "staff:s", home.people.ada, home.people.joint, now=home.clock.now()) == 1
    (held_back,) = await home.receipts()  # what was not delivered when the flag was set
    assert (held_back.held_back_at is None, held_back.payload) == (False, {})
    await home.execute(outbox.delete())

    (row,) = await home.confirm()
    assert row.kind == "email"
    bob = login.c.name == "Bob Brown"
    await home.execute(update(login).where(bob).values(email=row.payload["to"].upper()))
    assert await home.confirm() == []  # a mailbox of both
    await home.execute(update(login).where(bob).values(email="bob@people.test", mobile="+61400000009"))
    await home.set_login(mobile="+61400000009")
    assert await home.confirm() == []
    await home.set_login(mobile=None)
    assert len(await home.confirm()) == 1
    await home.set_login(channel="post")
    assert await home.confirm() == []
    await home.set_login(channel=None, email=None)
    assert await home.confirm() == []
    await home.set_login(email="ada@people.test")
    await home.execute(update(representation).values(role="attorney"))
    assert await home.confirm() == []
    # What the flag has concealed stays so when it ends.
    await home.execute(update(harm_flag).values(until=home.clock.now() + timedelta(minutes=1)))
    home.clock.move(timedelta(minutes=2))
    assert await home.confirm() == []


async def test_a_receipt_that_cannot_be_delivered_is_listed_for_the_staff_and_is_not_owed(home: Home) -> None:
    await home.end("consumer")
    delivery = Delivery(home.database, home.clock, {"email": Refusing()})
    assert (await delivery.deliver_due(home.tenant)).given_up == 1
    (given_up,) = await home.run(dead_letters.list_given_up)
    assert (given_up.about, given_up.last_error) == ("receipt-withdrawn", "no such mailbox")
    assert await delivery.warn_of_unassigned(home.tenant) == 0
