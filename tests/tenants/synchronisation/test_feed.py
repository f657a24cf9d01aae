"""The feed of ended customers: their arrangements and periods end, each part is applied once, and the lease is kept."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from haas.clock import MovableClock
from haas.errors import Unavailable
from ops.demonstration.customers import load_demonstration
from tenants.accounts.internal_ids import internal_id
from tenants.accounts.service import market_day
from tenants.accounts.tables import account, holding, ineligibility
from tenants.arrangements.service import SETTLING, end_of_ineligible_customers
from tenants.arrangements.tables import arrangement
from tenants.holders.service import tell_of_end
from tenants.parties.tables import customer, login, representation
from tenants.registry.models import Tenant
from tenants.synchronisation import server
from tenants.synchronisation.feed import LEASE, EndedCustomersFeed
from tenants.upstream import messages
from tenants.upstream.capabilities import KnownCapabilities
from tenants.upstream.tables import upstream_feed
from tests.support.application import Application
from tests.support.clients import registered_client
from tests.support.consents import consent
from tests.support.customers import Consumer
from tests.support.retailer import RetailerSite, demonstration_data, use_upstream
from tests.support.rows import execute, notices_of, run


class Feed:
    """A tenant with people and consents, and the feed of its retailer."""

    def __init__(self, application: Application, site: RetailerSite, tenant: Tenant) -> None:
        self.application, self.site, self.tenant = application, site, tenant
        services = application.services
        self.reader = EndedCustomersFeed(
            application.database, services.upstream, KnownCapabilities(services.clock), services.clock
        )

    async def read(self) -> int:
        return await self.reader.read(self.tenant)

    def end(self, *references: str, on: str = "2026-01-31") -> None:
        ended = self.site.retailers.feed.setdefault(self.tenant.slug, [])
        ended += [{"customerId": reference, "endedOn": on} for reference in references]

    async def rows(self, query: Any) -> list[Any]:
        return await execute(self.application.database, self.tenant, query)

    async def state(self) -> Any:
        [row] = await self.rows(select(upstream_feed))
        return row

    async def ended_by(self, reference: str) -> list[str | None]:
        query = select(arrangement.c.ended_by).where(arrangement.c.customer_id == internal_id("customer", reference))
        return [row.ended_by for row in await self.rows(query)]


@pytest.fixture(scope="module")
async def site(application: Application, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RetailerSite]:
    async with RetailerSite(tmp_path_factory.mktemp("retailer"), application.web).serving(application) as site:
        yield site


@pytest.fixture
async def feed(application: Application, site: RetailerSite) -> Feed:
    slug = f"feed-{len(site.tenants)}"
    tenant = await use_upstream(application, site, slug, demonstration_data(application.now.date()))
    await load_demonstration(application.database, tenant.namespace, 0, file=None, now=application.now)
    return Feed(application, site, tenant)


async def share(feed: Feed, number: int = 0) -> str:
    """Let a customer consent; return the retailer's reference of the customer."""
    query = (
        select(customer.c.reference, customer.c.id, login.c.id.label("login"))
        .join(representation, representation.c.customer_id == customer.c.id)
        .join(login, login.c.id == representation.c.login_id)
        .where(representation.c.role == "self")
        .order_by(customer.c.reference)
    )
    row = (await feed.rows(query))[number]
    held = await feed.rows(select(holding.c.account_id).where(holding.c.customer_id == row.id))
    client = await registered_client(feed.application, feed.tenant)
    consumer = Consumer(row.login, row.id, [each.account_id for each in held])
    await consent(feed.application, feed.tenant, client, consumer)
    reference: str = row.reference
    return reference


async def test_the_arrangements_and_periods_of_an_ended_customer_end_and_the_recipient_is_told(feed: Feed) -> None:
    gone, stays = await share(feed), await share(feed, 1)
    feed.end(gone)
    assert await feed.read() == 1
    assert (await feed.ended_by(gone), await feed.ended_by(stays)) == (["ineligible"], [None])
    [row] = await feed.rows(select(arrangement.c.id).where(arrangement.c.ended_by.is_not(None)))
    assert len(await notices_of(feed.application.database, feed.tenant, row.id)) == 1
    of_customer = internal_id("customer", gone)
    for table in (holding, representation):
        periods = await feed.rows(select(table.c.valid_to).where(table.c.customer_id == of_customer))
        assert {str(each.valid_to) for each in periods} == {"2026-01-31"}
    assert await feed.read() == 0
    state = await feed.state()
    assert (state.cursor, state.leased_until) == ("1", None)


async def test_a_customer_who_has_not_ended_yet_ends_now(feed: Feed) -> None:
    """The feed has customers who are not customers any more: a later date does not give access until then."""
    gone = await share(feed)
    feed.end(gone, on="2999-12-31")
    assert await feed.read() == 1
    periods = await feed.rows(select(holding.c.valid_to).where(holding.c.customer_id == internal_id("customer", gone)))
    assert {each.valid_to for each in periods} == {market_day(feed.application.now) - timedelta(days=1)}


async def test_who_is_not_eligible_any_more_is_stored_and_ended_when_the_accounts_have_settled(
    feed: Feed, clock: MovableClock
) -> None:
    """K-2: nothing else is asked for. The customer stays one, and can look at what was shared."""
    young, stays = await share(feed), await share(feed, 1)
    held = select(account.c.reference).join(holding).where(holding.c.customer_id == internal_id("customer", stays))
    reference = (await feed.rows(held))[0].reference
    entries: list[dict[str, Any]] = [
        {"customerId": young, "reason": "under-age", "validFrom": "2026-01-01"},
        {"accountId": reference, "reason": "other", "validFrom": "2026-01-01", "validTo": "2026-03-31"},
        {"customerId": "unknown", "reason": "other", "validFrom": "2026-01-01"},
    ]
    feed.site.retailers.feed[feed.tenant.slug] = entries
    assert await feed.read() == 0
    stored = {row.reason: row for row in await feed.rows(select(ineligibility))}
    assert {reason: (str(row.valid_from), row.set_by) for reason, row in stored.items()} == {
        "under-age": ("2026-01-01", "upstream"),
        "other": ("2026-01-01", "upstream"),
    }
    assert stored["under-age"].customer_id == internal_id("customer", young)
    assert str(stored["other"].valid_to) == "2026-03-31"
    clock.move(SETTLING)
    tell = tell_of_end(feed.tenant)
    await run(feed.application.database, feed.tenant, end_of_ineligible_customers, feed.application.now, tell=tell)
    assert (await feed.ended_by(young), await feed.ended_by(stays)) == (["ineligible"], [None])
    entries.append({**entries[0], "validTo": "2026-06-30"})
    await feed.read()
    [row] = await feed.rows(select(ineligibility).where(ineligibility.c.reason == "under-age"))
    assert str(row.valid_to) == "2026-06-30"


async def test_every_part_is_read_and_unknown_customers_are_ignored(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenants.synchronisation.server.ENDED_CUSTOMERS_AT_ONCE", 2)
    gone = await share(feed)
    feed.end("unknown-1", "unknown-2", "unknown-3", gone, "unknown-4")
    feed.site.reset(feed.tenant)
    assert await feed.read() == 1
    assert feed.site.asked(feed.tenant) == ["getCapabilities", *["listEndedCustomers"] * 3]
    assert (await feed.state()).cursor == "5"


async def test_a_part_that_fails_is_read_again(feed: Feed) -> None:
    gone = await share(feed)
    feed.end(gone)
    feed.site.fail(feed.tenant, "unavailable", "listEndedCustomers", times=1)
    with pytest.raises(Unavailable):
        await feed.read()
    assert (await feed.state()).leased_until is None
    assert await feed.read() == 1


async def test_a_feed_that_another_worker_reads_is_left_alone_until_its_lease_ends(
    feed: Feed, clock: MovableClock
) -> None:
    feed.end(await share(feed))
    await feed.read()
    feed.end(await share(feed, 1))
    lease = update(upstream_feed).values(leased_until=feed.application.now + LEASE)
    await feed.rows(lease)
    assert await feed.read() == 0
    clock.move(LEASE)
    assert await feed.read() == 1


async def test_a_server_without_a_feed_and_a_tenant_without_a_server_are_not_asked(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed.site.server, "capabilities", {"version": 1})
    feed.site.reset(feed.tenant)
    assert await feed.read() == 0
    assert feed.site.asked(feed.tenant) == ["getCapabilities"]
    feed.tenant = await feed.application.change(feed.tenant, customer_source="store")
    assert await feed.read() == 0
    assert feed.site.asked(feed.tenant) == ["getCapabilities"]
    assert await feed.rows(select(upstream_feed)) == []


def test_no_more_customers_are_asked_for_than_the_contract_allows() -> None:
    assert server.ENDED_CUSTOMERS_AT_ONCE <= messages.MAXIMUM_CUSTOMERS
