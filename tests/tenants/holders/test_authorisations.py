"""The other holders are told what happens to an authorisation over a joint account, once (K-13, K-14, K-15)."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, update

from haas.clock import MovableClock
from ops.sandbox.recipient.client import RecipientClient
from tenants.accounts.tables import account, harm_flag, holding, service_point, supply
from tenants.arrangements.models import EndedBy
from tenants.arrangements.tables import arrangement
from tenants.holders.service import tell_of_authorisation, tell_of_end
from tenants.joint_accounts.sharing import shared_by_others
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.joint_home import JointHome, joint_home


@pytest.fixture
async def home(application: Application, aurora: Tenant, recipient: RecipientClient) -> JointHome:
    return await joint_home(application, aurora, recipient)


async def test_the_other_holder_is_told_of_an_authorisation_its_amendments_and_its_withdrawal(
    home: JointHome, clock: MovableClock
) -> None:
    """Through the real endpoints. The boat, and an authorisation for it alone, is nothing to the other holder."""
    await home.share(home.boat)
    assert await home.told() == []
    first = await home.share(home.house, home.boat)
    ((about, text),) = await home.told()
    assert about == "authorisation-given"
    for said in ("Another holder of an energy account that you hold has authorised", "House", "Mock Company", "until"):
        assert said in text
    assert f"stop it for the account, here:\n{home.tenant.issuer}/dashboard\n" in text
    for unsaid in ("Mia", "Boat", "Farm", str(first.cdr_arrangement_id)):
        assert unsaid not in text

    clock.move(timedelta(minutes=1))
    amended = {"cdr_arrangement_id": first.cdr_arrangement_id}
    await home.share(home.farm, home.boat, sharing_duration=86_400, **amended)
    ((about, text),) = await home.told()
    assert about == "authorisation-amended"
    for said in ("\nAccount: Farm", "No longer shared: Account: House", "Shared: once"):
        assert said in text
    await home.share(home.boat, **amended)
    ((about, text),) = await home.told()
    assert (about, "No longer shared: Account: Farm" in text) == ("authorisation-amended", True)
    await home.share(home.boat, **amended)
    assert await home.told() == []
    await home.share(home.house, **amended)
    assert [about for about, _ in await home.told()] == ["authorisation-given"]

    await home.recipient.revoke_arrangement(first.cdr_arrangement_id)
    ((about, text),) = await home.told()
    assert about == "authorisation-withdrawn"
    for said in ("The authorisation was withdrawn on", "House", "shares no more data under it"):
        assert said in text

    # Telling again adds nothing.
    (row,) = await home.execute(select(arrangement).where(arrangement.c.id == UUID(first.cdr_arrangement_id)))
    await home.run(tell_of_authorisation, home.tenant, row.authorisation_id, home.application.now)
    await home.run(tell_of_end(home.tenant), [row.id], "consumer", home.application.now)
    assert await home.told() == []


@pytest.mark.parametrize(
    ("by", "about"),
    [
        ("consumer", "authorisation-withdrawn"),
        ("retailer", "authorisation-ended"),
        ("register", "authorisation-ended"),
        ("replay", "authorisation-ended"),
        ("ineligible", "authorisation-ended"),
        ("harm", None),
    ],
)
async def test_what_the_other_holder_is_told_depends_on_who_ended_the_arrangement(
    home: JointHome, by: EndedBy, about: str | None
) -> None:
    shared = await home.share(home.house)
    await home.told()
    await home.end(shared.cdr_arrangement_id, by)
    assert [each for each, _ in await home.told()] == ([] if about is None else [about])


async def test_the_holder_is_told_of_an_amendment_by_a_secondary_user_and_not_of_the_authorisation(
    home: JointHome,
) -> None:
    """K-15 (CDR Rules 4.28)."""
    mine = holding.c.customer_id == home.mia
    await home.execute(update(holding).where(mine).values(role="secondary-user"))
    shared = await home.share(home.house)
    assert await home.told() == []
    await home.share(home.house, cdr_arrangement_id=shared.cdr_arrangement_id)
    ((about, text),) = await home.told()
    assert about == "authorisation-amended"
    assert "Somebody who may use an energy account that you hold has changed" in text
    other = await home.share(home.boat)
    await home.share(home.house, cdr_arrangement_id=other.cdr_arrangement_id)
    assert [about for about, _ in await home.told()] == ["authorisation-amended"]
    await home.end(shared.cdr_arrangement_id, "consumer")
    assert [about for about, _ in await home.told()] == ["authorisation-withdrawn"]


async def test_nothing_is_told_of_what_a_harm_flag_conceals_and_its_end_tells_nothing_of_before(
    home: JointHome, clock: MovableClock
) -> None:
    """K-14. Of an amendment after the flag was cleared, it is told as if the authorisation had been given then."""
    await home.flag()
    shared = await home.share(home.house, home.farm)
    ((about, text),) = await home.told()
    assert (about, "Farm" in text, "House" in text) == ("authorisation-given", True, False)
    amended = {"cdr_arrangement_id": shared.cdr_arrangement_id}
    await home.share(home.house, **amended)
    ((about, text),) = await home.told()
    assert (about, "House" in text) == ("authorisation-amended", False)

    clock.move(timedelta(minutes=1))
    mine = harm_flag.c.customer_id == home.mia
    await home.execute(update(harm_flag).where(mine).values(until=home.application.now))
    clock.move(timedelta(minutes=1))
    await home.share(home.house, **amended)
    assert [about for about, _ in await home.told()] == ["authorisation-given"]
    await home.flag(since=home.application.now)
    await home.end(shared.cdr_arrangement_id, "consumer")
    assert await home.told() == []


async def test_nobody_is_told_of_an_authorisation_whose_code_was_not_exchanged(home: JointHome) -> None:
    """K-6: nothing was shared under it."""
    shared = await home.share(home.house)
    await home.told()
    mine = arrangement.c.customer_id == home.mia
    await home.execute(update(arrangement).where(mine).values(authorisation_id=None, active_at=None))
    await home.end(shared.cdr_arrangement_id, "consumer")
    assert await home.told() == []


async def test_a_notice_names_the_address_of_an_account_and_no_nickname_that_one_person_gave(home: JointHome) -> None:
    """The names are those of the account step. They are read in two statements for all accounts."""
    plans = [{"nickname": "Mias nest", "planOverview": {"displayName": "Saver", "startDate": "2020-01-01"}}]
    named = update(account).where(account.c.id.in_([home.house, home.farm]))
    await home.execute(named.values(display_name=None, summary=plans))
    lines = {"addressLine1": "12 Wattle Street", "city": "Newtown", "state": "NSW", "postcode": "2042"}
    point = {"id": uuid4(), "reference": str(uuid4()), "national_metering_id": "4100000001"}
    detail = {"location": {"addressUType": "simple", "simple": lines}}
    await home.execute(insert(service_point).values(**point, detail=detail, updated_at=home.application.now))
    supplied = {"account_id": home.house, "service_point_id": point["id"], "valid_from": date(2020, 1, 1)}
    await home.execute(insert(supply).values(**supplied))
    await home.share(home.house, home.farm)
    ((_, text),) = await home.told()
    assert "12 Wattle Street, Newtown NSW 2042 (ending in " in text
    assert "Energy account (ending in " in text
    assert "nest" not in text
    (seen, _) = sorted(
        await home.run(shared_by_others, home.as_bob, now=home.application.now), key=lambda each: each.account
    )
    assert seen.account in text
    assert seen.account.startswith("12 Wattle Street")
