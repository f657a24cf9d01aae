"""One client cannot occupy the application: not with cancelled streams, slow bodies, or refused certificates."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import Event, PingAckReceived, RemoteSettingsChanged, ResponseReceived, StreamEnded
from h2.settings import SettingCodes

from ops.pki.clients import IssuedClient
from tests.support.proxy import MANAGEMENT, OTHER, PUBLIC, SECURE, Answer, Proxy, read_answer, running_proxy

PROXIED_BEFORE_REFUSAL = 6  # the burst, and one request
CANCELLED = 200


@pytest.fixture(scope="module")
async def concurrency(state_folder: Path) -> AsyncIterator[Proxy]:
    """A proxy that lets two requests of a client be in progress, and any number in a second."""
    limits = {"requests_at_the_same_time": 2, "requests_of_a_certificate": 2, "request_burst": 10_000}
    async with running_proxy(state_folder / "proxy-concurrency", **limits) as proxy:
        yield proxy


@pytest.fixture
async def rate(state_folder: Path) -> AsyncIterator[Proxy]:
    """A proxy that lets six requests of a client pass in a minute, and three that it refuses itself."""
    burst = PROXIED_BEFORE_REFUSAL - 1
    limits = {"request_rate": "1r/m", "request_burst": burst, "refused_rate": "1r/m", "refused_burst": 2}
    async with running_proxy(state_folder / f"proxy-rate-{uuid4().hex[:8]}", **limits) as proxy:
        yield proxy


class Http2:
    """An HTTP/2 connection to a host of the proxy."""

    def __init__(self, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._host, self._reader, self._writer = host, reader, writer
        self.state = H2Connection(H2Configuration(header_encoding="utf-8"))
        self.state.initiate_connection()

    def open_stream(self) -> int:
        """Send a GET request, and return the id of its stream."""
        stream: int = self.state.get_next_available_stream_id()
        names = (":method", ":scheme", ":authority", ":path")
        headers = list(zip(names, ("GET", "https", self._host, "/path"), strict=True))
        self.state.send_headers(stream, headers, end_stream=True)
        return stream

    async def flush(self) -> None:
        self._writer.write(self.state.data_to_send())
        await self._writer.drain()

    async def events(self) -> Sequence[Event]:
        """Return the next events from the server, or none if it has closed the connection."""
        try:
            received = await asyncio.wait_for(self._reader.read(65_536), 10)
            events: Sequence[Event] = self.state.receive_data(received) if received else ()
            await self.flush()
        except ConnectionError:  # nginx closes a connection on which many streams were refused
            return ()
        return events


@asynccontextmanager
async def http2(proxy: Proxy, host: str) -> AsyncIterator[Http2]:
    context = proxy.context()
    context.set_alpn_protocols(["h2"])
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port, ssl=context, server_hostname=host)
    connection = Http2(host, reader, writer)
    await connection.flush()
    try:
        yield connection
    finally:
        writer.transport.abort()


async def _status_of_one_request(proxy: Proxy, host: str) -> str:
    async with http2(proxy, host) as connection:
        stream, status = connection.open_stream(), ""
        await connection.flush()
        while True:
            for event in await connection.events():
                if isinstance(event, ResponseReceived) and event.stream_id == stream:
                    status = dict(event.headers)[":status"]
                if isinstance(event, StreamEnded) and event.stream_id == stream:
                    return status


def _logged_statuses(proxy: Proxy) -> list[str]:
    lines = (proxy.folder.logs / "access.log").read_bytes().splitlines()
    return [msgspec.json.decode(line)["status"] for line in lines]


async def test_a_connection_has_a_limited_number_of_streams(concurrency: Proxy) -> None:
    for host in (PUBLIC, MANAGEMENT):
        async with http2(concurrency, host) as connection:
            limits: list[int] = []
            while not limits:
                settings = [each for each in await connection.events() if isinstance(each, RemoteSettingsChanged)]
                limits = [each.changed_settings[SettingCodes.MAX_CONCURRENT_STREAMS].new_value for each in settings]
            assert limits == [32]


async def test_streams_that_are_cancelled_at_once_count_as_requests(rate: Proxy) -> None:
    """Otherwise a client could begin any number of requests on one connection (CVE-2023-44487)."""
    async with http2(rate, PUBLIC) as connection:
        for _ in range(CANCELLED):
            connection.state.reset_stream(connection.open_stream())
        await connection.flush()
        while await connection.events():
            if len(_logged_statuses(rate)) >= CANCELLED:
                break
    assert await _status_of_one_request(rate, PUBLIC) == "429"
    passed = [status for status in _logged_statuses(rate) if status != "429"]
    assert len(passed) == PROXIED_BEFORE_REFUSAL


async def test_a_cancelled_stream_counts_as_in_progress_until_the_application_has_answered(state_folder: Path) -> None:
    """Otherwise a client that cancels its streams could let the application work on any number of its requests."""
    limits = {"requests_at_the_same_time": 2, "request_burst": 10_000}
    folder = state_folder / "proxy-held"
    async with (
        running_proxy(folder, application="tests.support.echo:create_held", **limits) as proxy,
        http2(proxy, PUBLIC) as connection,
    ):
        client = proxy.pki.issue_client("One", "Recipient Pty Ltd")  # its requests are counted by its certificate
        streams = [connection.open_stream() for _ in range(2)]
        await connection.flush()
        async with asyncio.timeout(10):
            while (await proxy.ask(SECURE, client=client, method="PUT")).body != b"2":
                pass
        for stream in streams:
            connection.state.reset_stream(stream)
        connection.state.ping(b"12345678")
        await connection.flush()
        while not any(isinstance(event, PingAckReceived) for event in await connection.events()):
            pass
        assert (await proxy.ask(PUBLIC)).status == 429
        assert (await proxy.ask(SECURE, client=client, method="POST")).body == b"2"
        async with asyncio.timeout(10):
            while (await proxy.ask(PUBLIC)).status != 200:
                pass


async def test_too_many_requests_of_a_client_are_refused_at_every_host_without_mutual_tls(rate: Proxy) -> None:
    for _ in range(PROXIED_BEFORE_REFUSAL):
        assert (await rate.ask(PUBLIC)).status == 200
    for host in (PUBLIC, OTHER, MANAGEMENT):
        refused = await rate.ask(host)
        assert (refused.status, refused.headers["retry-after"]) == (429, "2")
        assert b"too many requests from your network" in refused.body


@asynccontextmanager
async def _slow_bodies(
    proxy: Proxy, host: str, number: int, client: IssuedClient | None = None
) -> AsyncIterator[list[asyncio.StreamReader]]:
    """Hold requests whose body has not arrived. The application waits for it."""
    head = f"POST /path HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\n\r\na"
    context: ssl.SSLContext = proxy.context(client)
    connections = [
        await asyncio.open_connection("127.0.0.1", proxy.port, ssl=context, server_hostname=host) for _ in range(number)
    ]
    for _, writer in connections:
        writer.write(head.encode())
    try:
        yield [reader for reader, _ in connections]
        for _, writer in connections:
            writer.write(b"b")
        answers = [await read_answer(reader) for reader, _ in connections]
        assert {answer.status for answer in answers} == {200}
    finally:
        for _, writer in connections:
            writer.transport.abort()


async def _ask_until_refused(proxy: Proxy, host: str, client: IssuedClient | None = None) -> Answer:
    """Ask until nginx has read the heads of the slow requests."""
    async with asyncio.timeout(10):
        while (answer := await proxy.ask(host, client=client)).status == 200:
            pass
    return answer


async def test_a_client_has_a_limited_number_of_requests_in_progress(concurrency: Proxy) -> None:
    async with _slow_bodies(concurrency, PUBLIC, 2):
        assert (await _ask_until_refused(concurrency, PUBLIC)).status == 429
        assert (await concurrency.ask(OTHER)).status == 429
    assert (await concurrency.ask(PUBLIC)).status == 200


async def test_a_certificate_has_a_limited_number_of_requests_in_progress(concurrency: Proxy) -> None:
    one, other = (concurrency.pki.issue_client(name, "Recipient Pty Ltd") for name in ("One", "Other"))
    async with _slow_bodies(concurrency, SECURE, 2, one):
        refused = await _ask_until_refused(concurrency, SECURE, one)
        assert refused.status == 429
        assert refused.json()["error"] == "temporarily_unavailable"
        assert refused.headers["retry-after"] == "2"
        assert (await concurrency.ask(SECURE, client=other)).status == 200
    assert (await concurrency.ask(SECURE, client=one)).status == 200


async def test_a_client_without_a_certificate_is_answered_by_the_application_only_so_often(rate: Proxy) -> None:
    """The application records each of these requests, because the standards count them."""
    answers = [await rate.ask(SECURE) for _ in range(5)]
    assert [answer.status for answer in answers] == [400, 400, 400, 429, 429]
    assert answers[0].json()["name"] == "application"
    assert "error" in answers[-1].json()
    assert (await rate.ask(SECURE, client=rate.pki.issue_client("One", "Recipient Pty Ltd"))).status == 200


async def test_the_application_decides_how_long_a_body_may_take(state_folder: Path) -> None:
    """If nginx stored bodies before it passes them on, it would wait as long as one byte arrives now and then."""
    part = f"POST /path HTTP/1.1\r\nHost: {PUBLIC}\r\nContent-Length: 2\r\n\r\na"
    folder = state_folder / "proxy-slow-body"
    async with running_proxy(folder, application="tests.support.echo:create_impatient") as proxy:
        assert (await proxy.ask(PUBLIC, request=part.encode())).status == 408
