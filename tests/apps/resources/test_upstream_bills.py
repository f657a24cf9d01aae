"""Invoices and transactions of the retailer's own server: the parts of its lists, and servers that are wrong."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from ops.demonstration.customers import load_demonstration
from ops.sandbox.retailer.window import Window
from tenants.accounts.tables import account
from tenants.sources import upstream_bills
from tenants.upstream.messages import MAXIMUM_ITEMS
from tests.apps.resources.bills import BILLING, INVOICES
from tests.apps.resources.conftest import Brand, Sharing
from tests.apps.resources.test_account_data import consumers
from tests.support.application import Application
from tests.support.expectations import cds_error
from tests.support.retailer import RetailerSite, demonstration_data, use_upstream

Part = dict[str, Any]
Change = Callable[[Part, Window, list[Part]], Part]


@pytest.fixture(scope="module")
async def billed(application: Application, site: RetailerSite) -> Brand:
    tenant = await use_upstream(application, site, "billed", demonstration_data(application.now.date()))
    await load_demonstration(application.database, tenant.namespace, 0, file=None, now=application.now)
    return Brand(application, tenant)


@pytest.fixture
async def sharing(billed: Brand, site: RetailerSite) -> AsyncIterator[Sharing]:
    """A customer who shares two accounts."""
    shared = await billed.share(next(each for each in await consumers(billed) if len(each.account_ids) == 2))
    site.reset(billed.tenant)
    yield shared
    site.reset(billed.tenant)


class ChangedServer:
    """Lets the server give other parts than it should."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.windows: list[Window] = []
        self.change: Change = lambda part, _, __: part
        right = Window.part

        def wrong(window: Window, member: str, items: list[Part], dated_by: str) -> Part:
            self.windows.append(window)
            return self.change(right(window, member, items, dated_by), window, items)

        monkeypatch.setattr(Window, "part", wrong)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> ChangedServer:
    return ChangedServer(monkeypatch)


def pages(size: int = 5) -> Iterator[tuple[str, dict[str, str]]]:
    for path in (INVOICES, BILLING):
        for page in (1, 2):
            yield path, {"page": str(page), "page-size": str(size)}


async def bodies(sharing: Sharing) -> list[Any]:
    found = [await sharing.get(path, params=params) for path, params in pages()]
    assert {response.status_code for response in found} == {200}
    return [response.json() for response in found]


async def test_only_the_parts_are_read_that_a_page_needs(
    sharing: Sharing, server: ChangedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server says how many items there are; without that, all parts are read, and the answers are the same."""
    monkeypatch.setattr(upstream_bills, "SMALLEST_PART", 1)
    counted = await bodies(sharing)
    few, server.windows = len(server.windows), []

    def without_total(part: Part, window: Window, _: list[Part]) -> Part:
        return {name: value for name, value in part.items() if name != "total"}

    server.change = without_total
    assert await bodies(sharing) == counted
    assert len(server.windows) > few
    assert all(body["meta"]["totalRecords"] > 10 for body in counted)


@pytest.mark.parametrize("total", [True, False])
async def test_items_outside_the_period_or_of_another_account_are_left_out(
    sharing: Sharing, server: ChangedServer, caplog: pytest.LogCaptureFixture, *, total: bool
) -> None:
    """The server must filter, and the holder filters again."""
    right = await bodies(sharing)

    def unfiltered(part: Part, window: Window, items: list[Part]) -> Part:
        member = next(iter(part))
        first = items[0]
        dated_by = "issueDate" if member == "invoices" else "executionDateTime"
        past = "2001-01-01" if member == "invoices" else "2001-01-01T00:00:00Z"
        given = [{**first, "accountId": "another account"}, *part[member], {**first, dated_by: past}]
        return {member: given, **({"total": len(given)} if total else {})}

    server.change = unfiltered
    assert await bodies(sharing) == right
    assert {"upstream.outside_the_period", "upstream.other_object"} <= {*caplog.messages}


async def test_a_cursor_that_does_not_move_ends_the_list(sharing: Sharing, server: ChangedServer) -> None:
    server.change = lambda part, _, __: {**part, "cursor": "0"}
    await bodies(sharing)
    assert len(server.windows) <= 4 * 2 * 2, "each list of an account is asked for twice at most"


async def test_of_a_closed_account_two_years_are_asked_for(
    billed: Brand, sharing: Sharing, server: ChangedServer
) -> None:
    """C-P5: the period of the request to the server begins two years ago, also if the recipient asks for more."""
    one = sharing.consumer.account_ids[0]
    [was] = await billed.execute(select(account.c.open_status).where(account.c.id == one))
    await billed.execute(update(account).where(account.c.id == one).values(open_status="CLOSED"))
    try:
        await sharing.get(INVOICES, params={"oldest-date": "2000-01-01"})
        await sharing.get(BILLING, params={"oldest-time": "2000-01-01T00:00:00Z"})
        asked = len(server.windows)
        await sharing.get(INVOICES, params={"oldest-date": "2000-01-01", "newest-date": "2001-01-01"})
        assert len(server.windows) == asked + 1, "nothing of the closed account can be in this period"
    finally:
        await billed.execute(update(account).where(account.c.id == one).values(open_status=was.open_status))
    days = sorted({each.oldest for each in server.windows if not isinstance(each.oldest, datetime)})
    times = sorted({each.oldest for each in server.windows if isinstance(each.oldest, datetime)})
    assert days[0] == date(2000, 1, 1)
    assert times[0] == datetime.fromisoformat("2000-01-01T00:00:00+00:00")
    first = billed.application.now - timedelta(days=732)
    assert (days[1] > first.date(), times[1] > first, len(days), len(times)) == (True, True, 2, 2)
    assert times[1].astimezone(billed.tenant.time_zone).date() == days[1]


@pytest.mark.parametrize("fault", ["unknown", "closed", "refused"])
async def test_a_list_leaves_out_an_account_that_the_server_withholds(
    billed: Brand, site: RetailerSite, sharing: Sharing, fault: str
) -> None:
    for path, params in pages(1):
        whole = (await sharing.get(path, params=params)).json()["meta"]["totalRecords"]
        site.fail(billed.tenant, fault, times=1)
        rest = await sharing.get(path, params=params)
        assert 0 < rest.json()["meta"]["totalRecords"] < whole
        site.reset(billed.tenant)


async def test_a_list_of_the_only_account_is_empty_if_the_server_withholds_it(
    billed: Brand, site: RetailerSite
) -> None:
    consumer = (await consumers(billed))[0]
    shared = await billed.share(msgspec.structs.replace(consumer, account_ids=consumer.account_ids[:1]))
    assert len(await shared.account_ids()) == 1
    site.reset(billed.tenant)
    site.fail(billed.tenant, "refused")
    for path in (INVOICES, BILLING):
        response = await shared.get(path)
        assert (response.status_code, response.json()["meta"]["totalRecords"]) == (200, 0)
    site.reset(billed.tenant)


async def test_a_page_beyond_the_last_reads_no_more_than_the_count(
    sharing: Sharing, server: ChangedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream_bills, "SMALLEST_PART", 1)
    cds_error(await sharing.get(INVOICES, params={"page": "500", "page-size": "1"}), "Field/InvalidPage", status=422)
    assert len(server.windows) == 2


async def test_too_many_items_for_one_page_are_not_read(
    sharing: Sharing, server: ChangedServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The memory of a process is not for the list of one account."""
    monkeypatch.setattr(upstream_bills, "MAXIMUM_READ", 10)
    cds_error(await sharing.get(INVOICES), "Service/Unavailable", status=503)
    assert "upstream.too_many_items" in caplog.messages
    assert {each.limit for each in server.windows} <= {*range(MAXIMUM_ITEMS + 1)}
