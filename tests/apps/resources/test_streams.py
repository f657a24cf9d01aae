"""Lists that are sent while they are read: the content, the errors before and after the status, and the connections."""

import asyncio
import tracemalloc
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import insert, select

import apps.http.streaming
from apps.http.streaming import CHUNK_BYTES, StreamedResponse
from haas.errors import Unavailable
from tenants.accounts.tables import account
from tenants.cds.errors import UNEXPECTED
from tenants.cds.pagination import Page, PageRequest
from tenants.operations.models import Resource
from tenants.operations.resources import ACCOUNTS, CONCESSIONS, PAYMENT_SCHEDULES
from tenants.sources.contract import ReadingTime, ResourceQuery, SourceCall
from tenants.sources.item_stream import ItemStream
from tenants.sources.store import STORED, StoreSource
from tenants.sources.tables import concession
from tests.apps.resources.conftest import Brand, Sharing
from tests.support.expectations import cds_error

LIST = "/energy/accounts"
ROWS, ROW_BYTES = 2_000, 10_000


class StreamingSource:
    """Gives every list as a stream that fails, if at all, before the item with the number `fails_at`."""

    def __init__(self, brand: Brand, fails_at: int | None = None) -> None:
        self.brand, self.fails_at = brand, fails_at
        self.closed = 0
        self.opened = 0

    def of_resource(self, _: Resource, __: SourceCall) -> "StreamingSource":
        return self

    def reads(self, _: Resource) -> ReadingTime:
        return "after"

    async def prepare(self, _: ResourceQuery) -> None:
        """Nothing is needed."""

    async def read(self, query: ResourceQuery) -> Page[Any] | ItemStream:
        database, namespace = self.brand.application.database, self.brand.tenant.namespace
        stream = await STORED[query.resource].stream(database, namespace, query)
        return await ItemStream.open(stream.total_records, self._items(stream))

    async def _items(self, stream: ItemStream) -> AsyncGenerator[Any, None]:
        self.opened += 1
        number = 0
        try:
            async for item in stream:
                if number == self.fails_at:
                    raise Unavailable("the source has failed")
                yield item
                number += 1
        finally:
            await stream.aclose()
            self.closed += 1


@pytest.fixture
def streaming(brand: Brand, monkeypatch: pytest.MonkeyPatch) -> StreamingSource:
    source = StreamingSource(brand)
    monkeypatch.setattr(brand.application.services, "sources", source)
    return source


@pytest.mark.parametrize("query", ["", "?page-size=1", "?page-size=1&page=2&open-status=ALL", "?open-status=CLOSED"])
async def test_a_streamed_list_has_the_content_of_a_whole_one(
    brand: Brand, sharing: Sharing, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    whole = await sharing.get(LIST + query)
    source = StreamingSource(brand)
    monkeypatch.setattr(brand.application.services, "sources", source)
    streamed = await sharing.get(LIST + query)
    assert streamed.status_code == whole.status_code == 200
    assert streamed.content == whole.content
    names = {"x-v", "content-type", "cache-control", "x-fapi-interaction-id"}
    assert names <= set(streamed.headers)
    assert "content-length" not in streamed.headers
    assert (source.opened, source.closed) == (1, 1)


async def test_a_page_out_of_range_is_refused_and_the_stream_is_closed(
    sharing: Sharing, streaming: StreamingSource
) -> None:
    cds_error(await sharing.get(f"{LIST}?page=3&page-size=1"), "Field/InvalidPage", status=422)
    assert (streaming.opened, streaming.closed) == (1, 1)


async def test_an_error_before_the_first_item_is_an_error_response(
    sharing: Sharing, streaming: StreamingSource
) -> None:
    streaming.fails_at = 0
    cds_error(await sharing.get(LIST), "Service/Unavailable", status=503)
    assert streaming.closed == 1


async def test_an_error_after_the_first_item_aborts_the_response(
    brand: Brand, sharing: Sharing, streaming: StreamingSource, caplog: pytest.LogCaptureFixture
) -> None:
    await brand.calls()
    streaming.fails_at = 1
    with pytest.raises(Exception, match="after response started"):
        await sharing.get(LIST)
    assert streaming.closed == 1
    assert "response.aborted" in caplog.messages
    assert [row.error for row in await brand.calls() if row.status == 500] == [UNEXPECTED.urn]


async def test_the_store_streams_a_page_in_the_order_of_the_resource(brand: Brand) -> None:
    owners = [row.id for row in await brand.execute(select(account.c.id))]
    database, namespace = brand.application.database, brand.tenant.namespace
    for page in (None, PageRequest(2, 7), PageRequest(99, 25)):
        query = ResourceQuery(ACCOUNTS, owners, {"open-status": "OPEN"}, page)
        async with database.transaction(namespace) as tx:
            whole = await StoreSource(tx, database).read(query)
        stream = await STORED[ACCOUNTS].stream(database, namespace, query)
        assert isinstance(whole, Page)
        assert stream.total_records == whole.total_records > 0
        assert [item async for item in stream] == whole.items
        await stream.aclose()


def _free(brand: Brand) -> int:
    return brand.application.database._nodes["main"].long._slots.free


async def test_a_stream_that_is_closed_before_its_end_returns_its_connection(brand: Brand) -> None:
    owners = [row.id for row in await brand.execute(select(account.c.id))]
    database, namespace = brand.application.database, brand.tenant.namespace
    before = _free(brand)
    stream = await STORED[ACCOUNTS].stream(
        database, namespace, ResourceQuery(ACCOUNTS, owners, {"open-status": None}, None)
    )
    assert _free(brand) == before - 1
    async for _ in stream:
        break
    await stream.aclose()
    assert _free(brand) == before


async def test_a_streamed_resource_is_read_after_the_transaction(brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    large = msgspec.structs.replace(PAYMENT_SCHEDULES, streamed=True)
    database, namespace = brand.application.database, brand.tenant.namespace
    monkeypatch.setitem(STORED, large, STORED[PAYMENT_SCHEDULES])
    async with database.transaction(namespace) as tx:
        source = StoreSource(tx, database)
    assert (source.reads(PAYMENT_SCHEDULES), source.reads(large)) == ("inside", "after")
    stream = await source.read(ResourceQuery(large, [], {}, None))
    assert isinstance(stream, ItemStream)
    assert (stream.total_records, [item async for item in stream]) == (0, [])
    await stream.aclose()


async def test_the_memory_does_not_grow_with_the_number_of_rows(brand: Brand) -> None:
    """The rows have 20 MB. Less than a quarter of that may be in memory."""
    [owner, *_] = [row.id for row in await brand.execute(select(account.c.id))]
    detail = {"type": "VARIABLE", "displayName": "Seniors", "additionalInfo": "a" * ROW_BYTES}
    row = {"account_id": owner, "detail": detail, "updated_at": brand.application.now}
    database, namespace = brand.application.database, brand.tenant.namespace
    async with database.transaction(namespace, "long") as tx:
        rows = [{**row, "position": 1_000 + number} for number in range(ROWS)]
        await tx.execute(insert(concession), rows)
    del rows
    query = ResourceQuery(CONCESSIONS, [owner], {}, None)
    tracemalloc.start()
    stream = await STORED[CONCESSIONS].stream(database, namespace, query)
    count = 0
    async for _ in stream:
        count += 1
    await stream.aclose()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == stream.total_records >= ROWS
    assert peak < ROWS * ROW_BYTES / 4
    async with database.transaction(namespace) as tx:
        await tx.execute(concession.delete().where(concession.c.position >= 1_000))


class Sent:
    """Accepts the parts of a response immediately, as the proxy does. The client disconnects with `disconnected`."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.complete = False
        self.disconnected = asyncio.Event()

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.body":
            self.bodies.append(message["body"])
            self.complete = not message["more_body"]

    async def receive(self) -> Any:
        await self.disconnected.wait()
        return {"type": "http.disconnect"}


class Source:
    closed = False

    async def aclose(self) -> None:
        self.closed = True


class Context:
    error = ""


async def pieces(number: int, size: int) -> AsyncGenerator[bytes, None]:
    for _ in range(number):
        yield b"a" * size


def application_of(content: AsyncGenerator[bytes, None], source: Source) -> Any:
    context: Any = Context()
    return StreamedResponse(context, content, source, {}).to_asgi_response(None, httpx.Request("GET", "https://a"))  # type: ignore[arg-type]


@pytest.mark.parametrize(("number", "size"), [(0, 1), (1, 10), (100_000, 7), (3, CHUNK_BYTES), (2, 10 * CHUNK_BYTES)])
async def test_other_requests_are_served_after_each_chunk(number: int, size: int) -> None:
    sent, source, turns = Sent(), Source(), 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    others = asyncio.create_task(other())
    await application_of(pieces(number, size), source)({}, sent.receive, sent.send)
    others.cancel()
    chunks = number * size // CHUNK_BYTES
    assert b"".join(sent.bodies) == b"a" * number * size
    assert [len(body) for body in sent.bodies] == [CHUNK_BYTES] * chunks + [number * size % CHUNK_BYTES]
    assert turns >= chunks
    assert (sent.complete, source.closed) == (True, True)


async def test_nothing_is_read_after_the_client_has_disconnected() -> None:
    sent, source = Sent(), Source()

    async def endless() -> AsyncGenerator[bytes, None]:
        while True:
            yield b"a" * CHUNK_BYTES
            if len(sent.bodies) == 3:
                sent.disconnected.set()

    await application_of(endless(), source)({}, sent.receive, sent.send)
    assert (sent.complete, source.closed) == (False, True)


async def test_a_response_that_takes_too_long_is_aborted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apps.http.streaming, "SECONDS_TO_SEND", 0.1)
    sent, source = Sent(), Source()

    async def silent() -> AsyncGenerator[bytes, None]:
        yield b"a" * CHUNK_BYTES
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await application_of(silent(), source)({}, sent.receive, sent.send)
    assert (sent.complete, source.closed) == (False, True)
