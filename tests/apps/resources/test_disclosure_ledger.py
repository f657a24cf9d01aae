"""The disclosure ledger: which accounts had data in an answer is recorded by data cluster and day (K-30)."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, insert, update

from apps.http.context import TenantContext
from tenants.accounts.tables import account, harm_flag, holding
from tenants.arrangements.tables import authorisation
from tenants.calls.tables import disclosure_day
from tenants.disclosure import ledger
from tenants.sources.tables import concession
from tests.apps.resources.bills import BILLING, INVOICES, add_invoices, add_transactions, ids, post
from tests.apps.resources.conftest import Brand, Sharing
from tests.apps.resources.test_service_points import POINTS, new_nmi, points
from tests.apps.resources.test_streams import LIST, StreamingSource
from tests.apps.resources.test_usage import BULK, Usage, a_basic_read, a_day, usage
from tests.support.service_points import ServicePoints

__all__ = ["points", "usage"]
BASIC, BILLS = "energy:accounts.basic:read", "energy:billing:read"
READS, POINTS_BASIC = "energy:electricity.usage:read", "energy:electricity.servicepoints.basic:read"
ONE_DAY = timedelta(days=1)

Entries = dict[tuple[UUID | None, str], int]


async def recorded(brand: Brand, sharing: Sharing) -> Entries:
    """Return the answers by account and cluster, and forget them."""
    await brand.calls()
    of_arrangement = disclosure_day.c.arrangement_id == sharing.arrangement_id
    found = await brand.run(ledger.of_arrangement, sharing.arrangement_id)
    await brand.execute(delete(disclosure_day).where(of_arrangement))
    return {(each.account_id, each.cluster): each.calls for each in found}


async def test_only_the_accounts_with_data_in_the_answer_are_recorded(brand: Brand, sharing: Sharing) -> None:
    """A page, a filter, or the ids of a request leave accounts out; a refusal and an empty list record nothing."""
    first, second = sorted(sharing.consumer.account_ids)
    known = await ids(sharing)
    assert await recorded(brand, sharing) == {(first, BASIC): 1, (second, BASIC): 1}
    [on_page] = await sharing.account_ids(**{"page-size": "1", "page": "2"})
    assert await recorded(brand, sharing) == {(next(own for own, its in known.items() if its == on_page), BASIC): 1}
    await brand.execute(update(account).where(account.c.id == second).values(open_status="CLOSED"))
    await sharing.account_ids(**{"open-status": "OPEN"})
    await sharing.account_ids(**{"open-status": "OPEN"})
    assert await recorded(brand, sharing) == {(first, BASIC): 2}
    await add_invoices(brand, first, date(2026, 10, 1), date(2026, 11, 1))
    await add_transactions(brand, second, "2026-10-01T00:00:00Z")
    assert (await post(sharing, BILLING, known[second])).status_code == 200
    assert await recorded(brand, sharing) == {(second, BILLS): 1}
    for path in (INVOICES, f"/energy/accounts/{known[first]}/invoices"):
        assert (await sharing.get(path)).status_code == 200
    assert (await sharing.get(f"/energy/accounts/{known[first]}/invoices?page=9")).status_code == 422
    assert (await post(sharing, INVOICES, known[first], "unknown")).status_code == 422
    assert (await sharing.get(f"{INVOICES}?newest-date=2020-01-01")).json()["data"]["invoices"] == []
    assert await recorded(brand, sharing) == {(first, BILLS): 2}


async def test_data_of_the_customer_and_of_an_account_that_the_path_names(brand: Brand, sharing: Sharing) -> None:
    """Concessions contain no account id, and Get Customer is about no account."""
    first, _ = sorted(sharing.consumer.account_ids)
    path = f"/energy/accounts/{(await ids(sharing))[first]}"
    await recorded(brand, sharing)
    row = {"type": "VARIABLE", "displayName": "Seniors", "additionalInfo": "a"}
    await brand.execute(
        insert(concession).values(account_id=first, position=1, detail=row, updated_at=brand.application.now)
    )
    for asked in (
        path,
        f"{path}/concessions",
        f"{path}/payment-schedule",
        "/common/customer",
        "/common/customer/detail",
    ):
        assert (await sharing.get(asked)).status_code == 200
    assert await recorded(brand, sharing) == {
        (None, "common:customer.basic:read"): 1,
        (None, "common:customer.detail:read"): 1,
        (first, "energy:accounts.detail:read"): 1,
        (first, "energy:accounts.concessions:read"): 1,
    }


async def test_data_of_service_points_is_that_of_the_accounts_that_they_supply(
    brand: Brand, sharing: Sharing, points: ServicePoints, usage: Usage
) -> None:
    """A read of a former supply belongs to the account of its day, and any read to an account that is supplied now."""
    moving_day = usage.today - 100 * ONE_DAY
    first, second = sorted(sharing.consumer.account_ids)
    moved, own = await points.add(new_nmi()), await points.add(new_nmi(), first)
    await points.supply(moved, first, moving_day - 30 * ONE_DAY, moving_day)
    await points.supply(moved, second, moving_day + ONE_DAY)
    await usage.add(
        a_day(moved, moving_day + 5 * ONE_DAY), a_basic_read(moved, moving_day - 9 * ONE_DAY, moving_day), a_day(own)
    )
    assert len(await sharing.point_ids()) == 2
    assert await recorded(brand, sharing) == {(first, POINTS_BASIC): 1, (second, POINTS_BASIC): 1}
    one, _ = (await sharing.get(POINTS)).json()["data"]["servicePoints"]
    assert (await sharing.get(f"{POINTS}/{one['servicePointId']}")).status_code == 200
    await recorded(brand, sharing)

    async def accounts_of(**parameters: Any) -> set[UUID | None]:
        named = {name.replace("_", "-"): str(value) for name, value in parameters.items()}
        assert (await sharing.get(BULK, params=named)).status_code == 200
        entries = await recorded(brand, sharing)
        assert {cluster for _, cluster in entries} <= {READS}
        return {owner for owner, _ in entries}

    late = moving_day + 2 * ONE_DAY
    assert await accounts_of(oldest_date=late, newest_date=late + 9 * ONE_DAY) == {second}
    assert await accounts_of(oldest_date=moving_day, newest_date=moving_day) == {first, second}
    assert await accounts_of(oldest_date=late + 99 * ONE_DAY, newest_date=late + 99 * ONE_DAY) == set()


def test_the_day_of_a_disclosure_is_that_of_the_tenants_time_zone(brand: Brand) -> None:
    context = TenantContext(
        tenant=brand.tenant,
        surface="secure",
        services=brand.application.services,
        interaction_id=str(uuid4()),
        certificate=None,
        now=datetime(2026, 11, 24, 13, 30, tzinfo=UTC),  # half past midnight in Sydney
    )
    context.record_disclosure(uuid4(), BASIC, [None])
    assert context.disclosed is not None
    assert context.disclosed.day == date(2026, 11, 25)


async def test_what_an_aborted_stream_has_sent_is_recorded(
    brand: Brand, sharing: Sharing, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = StreamingSource(brand, fails_at=1)
    monkeypatch.setattr(brand.application.services, "sources", source)
    with pytest.raises(Exception, match="after response started"):
        await sharing.get(LIST)
    [(owner, cluster)] = await recorded(brand, sharing)
    assert owner in sharing.consumer.account_ids
    assert cluster == BASIC


async def test_what_a_co_holder_sees(brand: Brand, sharing: Sharing) -> None:
    """K-14, K-30: only the days on which they held the account, and nothing that a harm flag hides."""
    now, zone = brand.application.now, brand.tenant.time_zone
    shared, own = sorted(sharing.consumer.account_ids)
    other = await brand.consumer()
    today = now.astimezone(zone).date()
    held = {"customer_id": other.customer_id, "account_id": shared, "role": "joint-holder"}
    await brand.execute(insert(holding).values(**held, valid_from=today - 2 * ONE_DAY))
    version = update(authorisation).where(authorisation.c.arrangement_id == sharing.arrangement_id)
    await brand.execute(version.values(authorised_at=now - 10 * ONE_DAY))
    await brand.calls()
    for day in (today - 9 * ONE_DAY, today - 2 * ONE_DAY, today - ONE_DAY, today):
        entry = {"arrangement_id": sharing.arrangement_id, "cluster": BILLS, "day": day, "last_at": now, "calls": 1}
        for subject in (shared, own, None):
            await brand.execute(insert(disclosure_day).values(id=uuid4(), account_id=subject, **entry))

    async def seen(account_id: UUID = shared, viewer: UUID = other.customer_id) -> list[tuple[date, int]]:
        found = await brand.run(ledger.of_account, account_id, viewer, now=now, zone=zone)
        assert {(each.arrangement_id, each.account_id, each.cluster) for each in found} <= {
            (sharing.arrangement_id, account_id, BILLS)
        }
        return [(each.first_day, each.calls) for each in found]

    assert await seen() == [(today - 2 * ONE_DAY, 3)]
    assert await seen(own) == []  # not held by the viewer
    assert await seen(viewer=sharing.consumer.customer_id) == []  # own arrangements are not those of others
    flag = {"customer_id": sharing.consumer.customer_id, "account_id": shared, "set_by": "kim"}
    await brand.execute(insert(harm_flag).values(**flag, since=now - timedelta(hours=1)))
    assert await seen() == []
    yesterday = datetime.combine(today - ONE_DAY, time(12), zone)
    await brand.execute(update(harm_flag).values(since=yesterday, until=yesterday + timedelta(hours=1)))
    assert await seen() == []  # what was authorised before the end of the flag stays hidden
    await brand.execute(version.values(authorised_at=yesterday + timedelta(hours=2)))
    assert await seen() == [(today, 1)]  # and so does the day of the flag
    await brand.execute(update(holding).where(holding.c.customer_id == other.customer_id).values(role="secondary-user"))
    assert await seen() == []
