"""A source reads inside the transaction of the call, or after it, when the call holds no database connection."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from apps.http.admission import Admission
from haas.database import Database, Namespace, Transaction
from haas.errors import Unavailable
from tenants.cds.pagination import Page
from tenants.operations.models import Resource
from tenants.sources.contract import ReadingTime, ResourceQuery, SourceCall
from tenants.sources.item_stream import ItemStream
from tenants.sources.store import StoreSource
from tests.apps.resources.conftest import Brand, Sharing
from tests.support.expectations import cds_error

ACCOUNTS = "/energy/accounts"
CUSTOMER = "/common/customer"


def free_connections(database: Database, namespace: Namespace) -> int:
    """Return how many more connections can be taken for a tenant."""
    return database._nodes[namespace.node].requests._slots.free


class SourceElsewhere:
    """Represents another server. It answers with stored data, and records how many database connections are free."""

    def __init__(self, brand: Brand) -> None:
        self.brand = brand
        self.tx: Transaction | None = None
        self.free: list[int] = []
        self.prepared: list[str] = []
        self.asked = asyncio.Semaphore(0)
        self.until: asyncio.Event | None = None
        """When the server answers. None: at once."""
        self.fails = False

    def of_resource(self, _: Resource, call: SourceCall) -> "SourceElsewhere":
        self.tx = call.tx
        return self

    def reads(self, _: Resource) -> ReadingTime:
        return "elsewhere"

    async def prepare(self, query: ResourceQuery) -> None:
        assert self.tx is not None
        assert await self.tx.driver.fetchval("SELECT 1") == 1
        self.prepared.append(query.resource.name)

    async def read(self, query: ResourceQuery) -> Page[Any] | ItemStream:
        database, namespace = self.brand.application.database, self.brand.tenant.namespace
        assert self.tx is not None
        with pytest.raises(RuntimeError, match="has ended"):
            _ = self.tx.driver
        self.free.append(free_connections(database, namespace))
        self.asked.release()
        if self.until is not None:
            await self.until.wait()
        if self.fails:
            raise Unavailable("the source does not answer")
        async with database.transaction(namespace) as tx:
            return await StoreSource(tx, database).read(query)


@pytest.fixture
def elsewhere(brand: Brand, monkeypatch: pytest.MonkeyPatch) -> Iterator[SourceElsewhere]:
    """The source of all tenants in this test."""
    source = SourceElsewhere(brand)
    monkeypatch.setattr(brand.application.services, "sources", source)
    yield source
    database, namespace = brand.application.database, brand.tenant.namespace
    assert set(source.free) <= {free_connections(database, namespace)}


async def test_no_database_connection_is_used_while_another_server_is_read(
    brand: Brand, sharing: Sharing, elsewhere: SourceElsewhere
) -> None:
    all_free = brand.application.database._nodes["main"].requests.size
    accounts = await sharing.account_ids()
    detail = await sharing.get(f"{ACCOUNTS}/{accounts[0]}")
    assert len(accounts) == 2
    assert detail.json()["data"]["accountId"] == accounts[0]
    assert elsewhere.free == [all_free, all_free]
    assert elsewhere.prepared == ["accounts", "account detail"]


async def test_the_answer_does_not_depend_on_when_the_source_reads(
    brand: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agent of an organisation is read from the tenant's schema, whatever the source of the customer is."""
    sharing = await brand.share(await brand.consumer("organisation"))
    paths = (CUSTOMER, f"{CUSTOMER}/detail", ACCOUNTS)
    inside = [(await sharing.get(path)).content for path in paths]
    monkeypatch.setattr(brand.application.services, "sources", SourceElsewhere(brand))
    assert [(await sharing.get(path)).content for path in paths] == inside


async def test_a_call_that_is_refused_does_not_reach_the_source(sharing: Sharing, elsewhere: SourceElsewhere) -> None:
    cds_error(await sharing.get(ACCOUNTS, "unknown"), "GeneralError/Expected", status=401)
    cds_error(await sharing.get(f"{ACCOUNTS}/unknown"), "cds-energy:Authorisation/InvalidEnergyAccount", status=404)
    assert elsewhere.free == []


async def test_a_call_is_refused_with_503_if_the_source_does_not_answer(
    sharing: Sharing, elsewhere: SourceElsewhere
) -> None:
    elsewhere.fails = True
    cds_error(await sharing.get(ACCOUNTS), "Service/Unavailable", status=503)


async def test_a_call_that_waits_for_another_server_leaves_its_slot_to_others(
    brand: Brand, sharing: Sharing, elsewhere: SourceElsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a few brands whose servers are slow would stop every brand."""
    admission = Admission(requests=1, of_one_host=1, waiting=0, elsewhere_of_one_host=2)
    monkeypatch.setattr(brand.application.asgi, "_admission", admission)
    elsewhere.until = asyncio.Event()
    waiting = [asyncio.create_task(sharing.get(ACCOUNTS))]
    await elsewhere.asked.acquire()
    waiting.append(asyncio.create_task(sharing.get(ACCOUNTS)))
    await elsewhere.asked.acquire()
    cds_error(await sharing.get(f"{ACCOUNTS}/unknown"), "cds-energy:Authorisation/InvalidEnergyAccount", status=404)
    cds_error(await sharing.get(ACCOUNTS), "Service/Unavailable", status=503)  # two wait already
    elsewhere.until.set()
    assert [(await each).status_code for each in waiting] == [200, 200]
    assert (await sharing.get(ACCOUNTS)).status_code == 200
    assert admission._slots.free == admission._slots.size
    assert admission._elsewhere.free == admission._elsewhere.size
