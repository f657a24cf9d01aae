"""The authorisation of a customer who is not an eligible consumer any more has expired (K-1, K-2)."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, update

from haas.clock import MovableClock
from tenants.accounts import store
from tenants.accounts.models import Ineligibility
from tenants.accounts.service import market_day
from tenants.accounts.tables import account, holding
from tenants.arrangements import service as arrangements
from tenants.arrangements.service import SETTLING
from tenants.arrangements.tables import arrangement
from tenants.holders.service import tell_of_end
from tenants.operations.endpoints import ENDPOINTS
from tenants.parties.tables import representation
from tenants.tokens.tables import access_token, refresh_token
from tests.apps.resources.conftest import Brand, Sharing
from tests.support.expectations import cds_error
from tests.support.operations import requests
from tests.support.rows import count, notices_of, one

ACCOUNTS = "/energy/accounts"
UNAVAILABLE = "cds-energy:Authorisation/UnavailableEnergyAccount"
EXPIRED = ("Authorisation/RevokedConsent", "withdrawn or has expired", 403)


async def close(brand: Brand, *accounts: Any) -> None:
    await brand.execute(update(account).where(account.c.id.in_(accounts)).values(open_status="CLOSED"))


async def exclude(brand: Brand, **subject: Any) -> None:
    """State that the subject is not eligible today, as an import does."""
    today = market_day(brand.application.now)
    period = Ineligibility(id=uuid4(), **subject, reason="other", valid_from=today, valid_to=today, set_by="import")
    await brand.run(store.insert_decision, period)


async def ended_by(brand: Brand, sharing: Sharing) -> str | None:
    row = await one(brand.application.database, brand.tenant, arrangement, id=sharing.arrangement_id)
    reason: str | None = row.ended_by
    return reason


async def ended(brand: Brand, *sharings: Sharing) -> list[str | None]:
    """Do what housekeeping does; return by whom each arrangement has ended."""
    await brand.run(arrangements.end_of_ineligible_customers, brand.application.now, tell=tell_of_end(brand.tenant))
    return [await ended_by(brand, each) for each in sharings]


async def test_data_is_disclosed_until_the_last_account_closes(brand: Brand, sharing: Sharing) -> None:
    first, second = sharing.consumer.account_ids
    await close(brand, first)
    assert len(await sharing.account_ids()) == 2, "an eligible consumer shares closed accounts too"
    await close(brand, second)
    for endpoint in ENDPOINTS:
        if endpoint.resource is None or endpoint.transport == "public":
            continue
        for path, options in requests(endpoint, {"account": ["x"], "service-point": ["x"]}):
            cds_error(await sharing.get(path, **options), *EXPIRED)


async def test_an_excluded_customer_gets_no_data_from_the_first_day_to_the_last(
    brand: Brand, sharing: Sharing, clock: MovableClock
) -> None:
    await exclude(brand, customer_id=sharing.consumer.customer_id)
    cds_error(await sharing.get("/common/customer"), *EXPIRED)
    clock.move(timedelta(days=1))
    renewed = await sharing.client.refresh(str(sharing.tokens.refresh_token))
    assert (await sharing.get("/common/customer", renewed.access_token)).status_code == 200


async def test_an_excluded_account_is_unavailable_and_the_others_are_disclosed(
    brand: Brand, sharing: Sharing, clock: MovableClock
) -> None:
    before = await sharing.account_ids()
    await exclude(brand, account_id=sharing.consumer.account_ids[0])
    [kept] = await sharing.account_ids()
    [excluded] = set(before) - {kept}
    cds_error(await sharing.get(f"{ACCOUNTS}/{excluded}"), UNAVAILABLE, f"^{excluded}$", 404)
    clock.move(SETTLING)
    assert await ended(brand, sharing) == [None]


async def test_a_removed_joint_holder_loses_the_account_and_keeps_the_consents(
    brand: Brand, sharing: Sharing, clock: MovableClock
) -> None:
    """K-2: the account is gone at once, and nothing ends while another account is open."""
    first, _ = sharing.consumer.account_ids
    yesterday = market_day(brand.application.now) - timedelta(days=1)
    theirs = (holding.c.customer_id == sharing.consumer.customer_id) & (holding.c.account_id == first)
    await brand.execute(update(holding).where(theirs).values(valid_to=yesterday))
    assert len(await sharing.account_ids()) == 1
    clock.move(SETTLING)
    assert await ended(brand, sharing) == [None]


async def test_the_arrangements_of_an_ineligible_customer_end_when_the_accounts_have_settled(
    brand: Brand, clock: MovableClock
) -> None:
    gone, other = await brand.share(), await brand.share()
    again = await brand.share(gone.consumer)
    await close(brand, *gone.consumer.account_ids)
    assert await ended(brand, gone, again, other) == [None, None, None], "an import may not be complete"
    clock.move(SETTLING)
    assert await ended(brand, gone, again, other) == ["ineligible", "ineligible", None]
    database = brand.application.database
    for table in (access_token, refresh_token):
        live = (table.c.arrangement_id == gone.arrangement_id) & table.c.revoked_at.is_(None)
        assert await count(database, brand.tenant, table, live) == 0
    await ended(brand)
    assert len(await notices_of(database, brand.tenant, gone.arrangement_id)) == 1, "the recipient is told once (K-40)"


async def test_an_account_that_is_written_again_starts_the_time_anew(brand: Brand, clock: MovableClock) -> None:
    sharing = await brand.share()
    first, _ = sharing.consumer.account_ids
    await close(brand, *sharing.consumer.account_ids)
    clock.move(SETTLING)
    await brand.execute(update(account).where(account.c.id == first).values(updated_at=brand.application.now))
    assert await ended(brand, sharing) == [None]
    await brand.execute(update(account).where(account.c.id == first).values(open_status="OPEN"))
    clock.move(SETTLING)
    assert await ended(brand, sharing) == [None]


@pytest.mark.parametrize("role", ["self", "nominated-representative"])
async def test_the_end_of_a_representation_ends_no_consent(brand: Brand, clock: MovableClock, role: str) -> None:
    """K-2: the consent is the customer's."""
    sharing = await brand.share(await brand.consumer("person" if role == "self" else "organisation"))
    yesterday = market_day(brand.application.now) - timedelta(days=1)
    theirs = representation.c.customer_id == sharing.consumer.customer_id
    await brand.execute(update(representation).where(theirs).values(valid_to=yesterday))
    clock.move(SETTLING)
    assert await ended(brand, sharing) == [None]


async def test_a_customer_without_any_account_is_not_eligible(brand: Brand) -> None:
    consumer = await brand.consumer()
    sharing = await brand.share(consumer)
    await brand.execute(holding.delete().where(holding.c.customer_id == consumer.customer_id))
    cds_error(await sharing.get("/common/customer"), *EXPIRED)
    row = {"customer_id": consumer.customer_id, "account_id": consumer.account_ids[0], "role": "holder"}
    await brand.execute(insert(holding).values(**row, valid_from=market_day(brand.application.now)))
    assert (await sharing.get("/common/customer")).status_code == 200
