"""The load generator against a real TLS server, and how it counts the responses."""

import asyncio
import math
import ssl
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path

import pytest

from ops.bench.load import Load, LoadError, Measured, Target
from tests.haas.tls_server import TestAuthority, answer_of, tls_server

HOSTS = ["one.recipient.localhost", "two.recipient.localhost"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> TestAuthority:
    return TestAuthority(tmp_path_factory.mktemp("authority"))


def request_to(host: str, path: str = "/") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


async def measured(
    authority: TestAuthority,
    answer: Callable[[bytes], bytes],
    requests: Callable[[str], Iterator[bytes]],
    *,
    concurrency: int = 2,
    seconds: float = 5.0,
) -> tuple[Measured, list[str]]:
    context = ssl.create_default_context(cafile=str(authority.roots))

    def run(port: int) -> Measured:
        targets = [Target(host, requests(host)) for host in HOSTS]
        with Load(("127.0.0.1", port), context, targets, 200) as load:
            return load.run(seconds, concurrency)

    async with tls_server(authority, HOSTS, answer) as server:
        return await asyncio.to_thread(run, server.port), [host for _, host, _ in server.requests]


async def test_every_connection_is_used_in_turn(authority: TestAuthority) -> None:
    result, hosts = await measured(
        authority, lambda _: answer_of(b"body"), lambda host: repeat(request_to(host), 11), concurrency=1
    )
    assert len(result.latencies) == 20  # the first request of each connection is not measured
    assert hosts.count(HOSTS[0]) == hosts.count(HOSTS[1]) == 11
    assert result.too_busy == 0
    assert result.rate == pytest.approx(20 / result.seconds)
    assert 0 < result.percentile(50) <= result.percentile(95) <= result.percentile(99) <= max(result.latencies)


async def test_a_run_ends_after_the_given_time(authority: TestAuthority) -> None:
    result, _ = await measured(
        authority, lambda _: answer_of(b"body"), lambda host: repeat(request_to(host)), seconds=0.2
    )
    assert 0.2 <= result.seconds < 5
    assert result.latencies


async def test_responses_of_any_framing_and_size_are_read(authority: TestAuthority) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    answers = {b"/chunked": chunked, b"/large": answer_of(b"a" * 1_000_000), b"/empty": answer_of(b"")}

    def requests(host: str) -> Iterator[bytes]:
        return iter([request_to(host, path.decode()) for path in [b"/empty", *answers]])

    result, hosts = await measured(authority, lambda request: answers[request.split(b" ")[1]], requests)
    assert len(result.latencies) == 6
    assert len(hosts) == 8


async def test_bytes_and_the_time_until_the_first_byte_of_the_body_are_measured(authority: TestAuthority) -> None:
    large = answer_of(b"a" * 3_000_000)
    result, _ = await measured(authority, lambda _: large, lambda host: repeat(request_to(host), 3), concurrency=1)
    assert len(result.first_bytes) == len(result.latencies) == 4
    assert all(0 < first < latency for first, latency in zip(result.first_bytes, result.latencies, strict=True))
    assert result.received_bytes == 4 * len(large)
    assert result.bytes_per_second == pytest.approx(4 * len(large) / result.seconds)


async def test_the_first_byte_of_an_answer_without_a_body_is_its_end(authority: TestAuthority) -> None:
    empty = answer_of(b"")
    result, _ = await measured(authority, lambda _: empty, lambda host: repeat(request_to(host), 2))
    assert result.first_bytes == result.latencies


async def test_a_request_with_a_large_body_is_sent(authority: TestAuthority) -> None:
    body = b"a" * 150_000

    def requests(host: str) -> Iterator[bytes]:
        head = f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        return iter([head + body] * 3)

    result, _ = await measured(authority, lambda _: answer_of(b"body"), requests)
    assert len(result.latencies) == 4


def test_without_an_answer_a_percentile_is_infinite() -> None:
    assert Measured(1.0, [], 3).percentile(95) == math.inf


async def test_responses_with_status_503_are_counted_separately(authority: TestAuthority) -> None:
    result, _ = await measured(
        authority, lambda _: answer_of(b"", "503 Service Unavailable"), lambda host: repeat(request_to(host), 6)
    )
    assert result.latencies == []
    assert result.too_busy == 10


async def test_an_unexpected_status_ends_the_run_with_an_error(authority: TestAuthority) -> None:
    with pytest.raises(LoadError, match="400 Bad Request"):
        await measured(
            authority, lambda _: answer_of(b"why", "400 Bad Request"), lambda host: repeat(request_to(host), 3)
        )


async def test_a_closed_connection_ends_the_run_with_an_error(authority: TestAuthority) -> None:
    async def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    with pytest.raises(LoadError, match="closed the connection"):
        await measured(authority, lambda _: close, lambda host: repeat(request_to(host), 3))  # type: ignore[arg-type, return-value]


async def test_a_server_with_an_untrusted_certificate_is_refused(authority: TestAuthority, tmp_path: Path) -> None:
    context = ssl.create_default_context(cafile=str(authority.roots))
    async with tls_server(TestAuthority(tmp_path), HOSTS, lambda _: answer_of(b"")) as server:
        load = Load(("127.0.0.1", server.port), context, [Target(HOSTS[0], repeat(request_to(HOSTS[0])))], 200)
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.to_thread(load.__enter__)
