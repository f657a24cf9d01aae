"""When a time is over, exactly those are told whom the CDR Rules name (K-13, K-14, K-15)."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, insert, select, update

from haas.clock import MovableClock
from haas.database import Database
from tenants.accounts.internal_ids import internal_id
from tenants.accounts.tables import harm_flag, holding
from tenants.arrangements.tables import account_approval, arrangement, authorised_account
from tenants.holders import service
from tenants.housekeeping.service import Housekeeping
from tenants.notices import dead_letters
from tenants.notices.message_channels import LetterChannel
from tenants.notices.models import Notice
from tenants.notices.outbox_delivery import Delivery
from tenants.notices.tables import outbox
from tenants.parties.directory import StoredDirectory
from tenants.records import pack
from tenants.registry.models import Tenant
from tenants.retention import service as retention
from tests.support.customers import CustomerData
from tests.support.import_files import FileImporter, a_customer, a_login, a_representation
from tests.support.rows import count, execute, one, run
from tests.tenants.records.conftest import Household, add_household

PERIOD = timedelta(days=90)
EXPIRED = {"arrangements expired": 1}


class Accepting:
    """A channel that delivers everything."""

    async def deliver(self, _tenant: Tenant, _notice: Notice) -> None:
        return


@pytest.fixture
def housekeeping(database: Database, clock: MovableClock) -> Housekeeping:
    return Housekeeping(database, clock)


@pytest.fixture
async def household(database: Database, tenant: Tenant, clock: MovableClock) -> Household:
    return await add_household(database, tenant, clock.now())


@pytest.fixture
def data(database: Database, tenant: Tenant, clock: MovableClock) -> CustomerData:
    return CustomerData(database, tenant, clock.now)


async def told(database: Database, tenant: Tenant) -> list[Any]:
    return await execute(database, tenant, select(outbox).order_by(outbox.c.kind, outbox.c.payload["to"].astext))


async def hold(database: Database, tenant: Tenant, customer_id: UUID, account_id: UUID, **values: Any) -> None:
    row = {"customer_id": customer_id, "account_id": account_id, "role": "joint-holder", "valid_from": date(2020, 1, 1)}
    await execute(database, tenant, insert(holding).values({**row, **values}))


async def add_others(
    database: Database, tenant: Tenant, household: Household, data: CustomerData
) -> tuple[UUID, UUID, UUID, UUID, str]:
    """Add Cleo, Dan, Eve and a company as holders of the joint account, and three who are not told.

    Ada may act for Cleo, and alone for her child. Hal held the account until 2021, and Ida is a secondary user.
    """
    account_id, ada_login = household.joint, household.ada_login
    cleo_login, _ = await data.add_login("Cleo Clark", channel="sms", mobile="+61400000001")
    cleo = await data.add_customer("Cleo Clark", cleo_login)
    await data.represent(ada_login, cleo, "attorney")
    dan = await data.add_customer("Dan Dodd", (await data.add_login("Dan Dodd", channel="post"))[0], reference="C-DAN")
    gone, _ = await data.add_login("Eve Eaton", disabled_at=household.authorised_at)
    eve = await data.add_customer("Eve Eaton", gone, reference="C-EVE")
    child = await data.add_customer("Finn Lovelace", ada_login, role="guardian")
    clerk, clerk_mail = await data.add_login("Gwen Grey")
    company = await data.add_customer("Farm Pty Ltd", clerk, kind="organisation", role="nominated-representative")
    for customer_id in (cleo, dan, eve, child, company):
        await hold(database, tenant, customer_id, account_id)
    for name, values in (("Hal Hunt", {"valid_to": date(2021, 1, 1)}), ("Ida Ives", {"role": "secondary-user"})):
        other = await data.add_customer(name, (await data.add_login(name))[0])
        await hold(database, tenant, other, account_id, **values)
    return cleo, dan, eve, company, clerk_mail


async def test_the_other_holders_are_told_once_each_in_their_own_way_that_an_authorisation_has_expired(
    *,
    database: Database,
    tenant: Tenant,
    clock: MovableClock,
    household: Household,
    housekeeping: Housekeeping,
    data: CustomerData,
) -> None:
    """K-13. Bob is known with an email address only. `alone` is an account of Ada's, which concerns nobody else."""
    cleo, dan, eve, company, clerk_mail = await add_others(database, tenant, household, data)
    clock.move(PERIOD - timedelta(hours=1))
    await housekeeping.sweep(tenant)
    assert await told(database, tenant) == []
    clock.move(timedelta(hours=1))
    assert await housekeeping.sweep(tenant) == EXPIRED
    rows = await told(database, tenant)
    assert [(row.kind, row.customer_id) for row in rows] == [
        ("email", household.bob), ("email", company), ("letter", dan), ("letter", eve), ("sms", cleo)
    ]  # fmt: skip
    assert (rows[1].payload["to"], rows[-1].payload["to"]) == (clerk_mail, "+61400000001")
    assert {(row.about, row.arrangement_id) for row in rows} == {("authorisation-expired", household.arrangement_id)}
    day = (household.authorised_at + PERIOD).astimezone(ZoneInfo(tenant.settings.time_zone))
    for row in rows:
        for said in (tenant.name, "Our home", "Secret Recipient Pty Ltd", f"expired on {day.day} {day:%B %Y}"):
            assert said in row.payload["text"]
        others = {"Ada", "Bob", "Cleo", "Dan", "Eve", "Gwen", "boat"} - set(row.payload["text"].split())
        assert len(others) >= 6
        assert not any(other in row.payload["text"] for other in others)

    # A repeated sweep, and a repeated notice, add nothing.
    assert await housekeeping.sweep(tenant) == {}
    arguments = ([household.arrangement_id], "expiry", clock.now())
    assert await run(database, tenant, service.tell_of_end(tenant), *arguments) == len(rows)
    assert [row.id for row in await told(database, tenant)] == [row.id for row in rows]

    channels = {"email": Accepting(), "sms": Accepting(), "letter": LetterChannel()}
    delivered = await Delivery(database, clock, channels).deliver_due(tenant)
    assert (delivered.done, delivered.given_up) == (3, 0)  # a letter is no failure
    assert await Delivery(database, clock, channels).warn_of_unassigned(tenant) == 2
    by = {"actor": "operator:ada", "now": clock.now()}
    letters = {each.customer_reference: each for each in await run(database, tenant, dead_letters.print_letters, **by)}
    assert {each.to for each in letters.values()} == {"Dan Dodd", "Eve Eaton"}
    await run(database, tenant, dead_letters.handle, letters["C-DAN"].id, "Posted.", **by)
    (left,) = await run(database, tenant, dead_letters.print_letters, **by)
    assert left.customer_reference == "C-EVE"
    clock.move(timedelta(days=60))
    assert (await housekeeping.sweep(tenant))["contacts of given-up notices deleted"] == 1
    assert (await one(database, tenant, outbox, id=left.id)).payload["to"] == "Eve Eaton"

    # Each holder's own notices are evidence, and in nobody else's records (K-25, K-31).
    for customer_id, expected in ((household.bob, True), (dan, True), (eve, False)):
        (shared,) = (await run(database, tenant, pack.build, tenant, customer_id, clock.now())).sharing_by_others
        assert [each.delivered_at is not None for each in shared.notices] == [expected]
    (own,) = (await run(database, tenant, pack.build, tenant, household.ada, clock.now())).sharing
    assert own.notices == []
    legal_hold = await run(database, tenant, retention.hold, reason="A proceeding.", customer_id=household.bob, **by)
    clock.move(timedelta(days=7 * 365))
    await housekeeping.sweep(tenant)
    assert [row.customer_id for row in await told(database, tenant)] == [household.bob, eve]  # Eve's is to be posted
    await run(database, tenant, retention.release, legal_hold.id, reason="The tenant is removed after the test.", **by)


async def test_a_holder_is_told_by_the_channel_that_the_retailers_file_says_and_a_code_never_by_post(
    database: Database, tenant: Tenant, clock: MovableClock, household: Household, tmp_path: Path
) -> None:
    """K-13: the agreed means. The code of the same person goes by email or text message."""
    files, people = FileImporter(database, clock.now(), tenant, tmp_path), StoredDirectory(database)
    gil = internal_id("customer", "C-GIL")
    for channel, kind in (("post", "letter"), ("sms", "sms"), ("email", "email"), (None, "email")):
        known = {"mobile": "+61491570006", **({} if channel is None else {"channel": channel})}
        person = a_login("P-GIL", "gil", **known)
        assert await files.load(person, a_customer("C-GIL"), a_representation("P-GIL", "C-GIL")) == []
        if channel == "post":
            await hold(database, tenant, gil, household.joint)
        await execute(database, tenant, delete(outbox))
        arguments = ([household.arrangement_id], "expiry", clock.now())
        await run(database, tenant, service.tell_of_end(tenant), *arguments)
        assert [row.kind for row in await told(database, tenant) if row.customer_id == gil] == [kind]
        found = await people.login_by_identifier(tenant, "gil")
        assert found == (await people.person(tenant, internal_id("login", "P-GIL"), clock.now().date())).login
        assert found is not None
        assert found.channel == channel
    assert await files.load(a_login("P-GIL", "gil", channel="pigeon")) == [
        "first.jsonl:1: $.channel: Invalid enum value 'pigeon'"
    ]


async def test_the_holder_is_told_of_a_secondary_users_authorisation_and_nobody_of_an_account_that_was_lost(
    *,
    database: Database,
    tenant: Tenant,
    clock: MovableClock,
    household: Household,
    housekeeping: Housekeeping,
) -> None:
    """K-15 (4.28). Who authorised uses one account of Bob's, and does not hold the other any more."""
    held = holding.c.customer_id == household.ada
    joint = holding.c.account_id == household.joint
    await execute(database, tenant, update(holding).where(held, joint).values(role="secondary-user"))
    await execute(database, tenant, update(holding).where(held, ~joint).values(valid_to=clock.now().date()))
    await hold(database, tenant, household.bob, household.alone)
    clock.move(PERIOD)
    assert await housekeeping.sweep(tenant) == EXPIRED
    (row,) = await told(database, tenant)
    assert row.customer_id == household.bob
    assert "Somebody who may use an energy account that you hold" in row.payload["text"]
    assert "boat" not in row.payload["text"]


@pytest.mark.parametrize("begins", ["before", "during"])
async def test_nothing_is_told_of_what_a_harm_flag_has_concealed(
    *,
    database: Database,
    tenant: Tenant,
    clock: MovableClock,
    household: Household,
    housekeeping: Housekeeping,
    begins: str,
) -> None:
    """K-14: a flag in force, and one that was cleared after the authorisation was given."""
    since = clock.now() - timedelta(days=5)
    until = None if begins == "before" else clock.now() + timedelta(days=1)
    row = {"customer_id": household.ada, "account_id": household.joint, "set_by": "s", "since": since, "until": until}
    await execute(database, tenant, insert(harm_flag).values(row))
    clock.move(PERIOD)
    assert await housekeeping.sweep(tenant) == EXPIRED
    assert await told(database, tenant) == []


async def test_who_authorised_is_told_that_an_approval_did_not_come_in_time(
    *,
    database: Database,
    tenant: Tenant,
    clock: MovableClock,
    household: Household,
    housekeeping: Housekeeping,
    data: CustomerData,
) -> None:
    """K-13. Of three accounts, the first lapses, a holder has declined the second, and a harm flag is on the third."""
    due = clock.now() + timedelta(days=7)
    authorisation_id = (await one(database, tenant, arrangement, id=household.arrangement_id)).authorisation_id
    flagged = await data.add_account("Hidden", household.ada, household.bob, role="joint-holder")
    carl = await data.add_customer("Carl Cole", (await data.add_login("Carl Cole"))[0])
    accounts = (household.joint, household.alone, flagged)
    row = {"authorisation_id": authorisation_id, "account_id": flagged, "approval": "pending"}
    await execute(database, tenant, insert(authorised_account).values(row))
    await execute(database, tenant, update(authorised_account).values(approval="pending"))
    refused = authorised_account.c.account_id == household.alone
    await execute(database, tenant, update(authorised_account).where(refused).values(approval="declined"))
    for account_id in accounts:
        row = {"authorisation_id": authorisation_id, "account_id": account_id, "at": clock.now()}
        states = ("pending", "declined" if account_id == household.alone else "approved")
        for customer_id, state in zip((household.bob, carl), states, strict=True):
            approval = {**row, "customer_id": customer_id, "state": state, "due_at": due}
            await execute(database, tenant, insert(account_approval).values(approval))
    row = {"customer_id": household.ada, "account_id": flagged, "set_by": "s", "since": clock.now()}
    await execute(database, tenant, insert(harm_flag).values(row))

    clock.move(timedelta(days=7, hours=-1))
    assert "approvals lapsed" not in await housekeeping.sweep(tenant)
    clock.move(timedelta(hours=1))
    assert (await housekeeping.sweep(tenant))["approvals lapsed"] == 2
    assert "approvals lapsed" not in await housekeeping.sweep(tenant)
    found = await execute(database, tenant, select(authorised_account.c.account_id, authorised_account.c.approval))
    assert dict(map(tuple, found)) == dict(zip(accounts, ("lapsed", "declined", "lapsed"), strict=True))
    assert await count(database, tenant, account_approval, account_approval.c.state == "lapsed") == 3
    (row,) = await told(database, tenant)
    assert (row.kind, row.about, row.customer_id) == ("email", "approval-lapsed", household.ada)
    day = due.astimezone(ZoneInfo(tenant.settings.time_zone))
    for said in ("Dear Ada Lovelace", "Our home", "Secret Recipient Pty Ltd", f"Time limit: {day.day} {day:%B %Y}"):
        assert said in row.payload["text"]
    for other in ("Bob", "Carl", "boat", "Hidden"):
        assert other not in row.payload["text"]
    (own,) = (await run(database, tenant, pack.build, tenant, household.ada, clock.now())).sharing
    assert len(own.notices) == 1
