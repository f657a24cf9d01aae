"""Requests to URLs of other parties, against real TLS servers on loopback."""

import asyncio
import gc
import gzip
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

import haas.outbound_clients
from haas.circuit_breaker import FAILURES_TO_OPEN, SECONDS_OPEN
from haas.clock import MovableClock
from haas.outbound import MAXIMUM_BODY_BYTES, CallOptions, CircuitOpen, Outbound, OutboundError
from haas.outbound_clients import TlsCredential
from tests.haas.tls_server import (
    HOST,
    HOSTS,
    Handler,
    TestAuthority,
    answer_of,
    ok,
    settings_for,
    tls_server,
    url,
)


def credential(authority: TestAuthority) -> TlsCredential:
    certificate, _, key = authority.client().read_text().partition("-----BEGIN PRIVATE KEY")
    return TlsCredential(certificate, "-----BEGIN PRIVATE KEY" + key)


async def test_a_mapped_host_receives_its_name_in_sni_and_host_header(authority: TestAuthority) -> None:
    async with tls_server(authority, HOSTS, ok) as server, Outbound(settings_for(authority)) as outbound:
        response = await outbound.get(url(server.port, "/jwks?a=b%20c"), headers={"Accept": "application/json"})
        assert (response.status, response.body, response.headers["content-length"]) == (200, b"fine", "4")
        ((sni, host, request),) = server.requests
        assert sni == HOST
        assert host == f"{HOST}:{server.port}"
        assert request.startswith(b"GET /jwks?a=b%20c HTTP/1.1\r\n")
        assert b"application/json" in request


async def test_connections_are_reused_but_not_shared_between_hosts(authority: TestAuthority) -> None:
    """Both names have the same address: a connection that was opened for one must not be used for the other."""
    async with tls_server(authority, HOSTS, ok) as server, Outbound(settings_for(authority)) as outbound:
        for host in [*HOSTS, *HOSTS]:
            await outbound.get(url(server.port, host=host))
        assert [(sni, named) for sni, named, _ in server.requests] == [
            (host, f"{host}:{server.port}") for host in [*HOSTS, *HOSTS]
        ]
        assert server.connections == 2


async def test_a_host_that_is_not_mapped_is_resolved(authority: TestAuthority) -> None:
    async with (
        tls_server(authority, ["localhost"], ok) as server,
        Outbound(settings_for(authority)) as outbound,
    ):
        assert (await outbound.get(url(server.port, host="localhost"))).body == b"fine"
        assert server.requests[0][:2] == ("localhost", f"localhost:{server.port}")


async def test_a_form_and_a_body_are_sent(authority: TestAuthority) -> None:
    async with tls_server(authority, HOSTS, ok) as server, Outbound(settings_for(authority)) as outbound:
        await outbound.post_form(url(server.port), {"token": "a b&c"})
        await outbound.request(
            "PUT", url(server.port), content=b'{"a":1}', headers={"Content-Type": "application/json"}
        )
        first, second = (request for _, _, request in server.requests)
        assert first.endswith(b"\r\n\r\ntoken=a+b%26c")
        assert b"application/x-www-form-urlencoded" in first
        assert second.startswith(b"PUT ")
        assert second.endswith(b'\r\n\r\n{"a":1}')


@pytest.mark.parametrize("status", ["204 No Content", "302 Found", "400 Bad Request", "500 Oops"])
async def test_every_status_is_returned_and_redirects_are_not_followed(authority: TestAuthority, status: str) -> None:
    def answer(_: bytes) -> bytes:
        return answer_of(b"", status, Location=f"https://{HOSTS[1]}/elsewhere")

    async with tls_server(authority, HOSTS, answer) as server, Outbound(settings_for(authority)) as outbound:
        assert (await outbound.get(url(server.port))).status == int(status[:3])
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "address",
    [
        "",
        "text",
        "http://jwks.recipient.localhost/",
        "HTTP://jwks.recipient.localhost/",
        "ftp://jwks.recipient.localhost/",
        "file:///etc/passwd",
        "//jwks.recipient.localhost/",
        "https:///path",
        "https://",
        "https://user@jwks.recipient.localhost/",
        "https://user:password@jwks.recipient.localhost/",
        "https://jwks.recipient.localhost:port/",
        "https://jwks.recipient.localhost:99999/",
        "https://[::1/",
        "https://a b/",
        "https://jwks.recipient.localhost/\r\nX: y",
        "https://" + "a" * 70_000 + "/",
        "https://xn--a/",
        "https://xn--a.recipient.localhost/",
        "https://" + "a" * 64 + ".test/",
        "https://a..test/",
        None,
    ],
)
async def test_a_url_that_is_not_a_valid_https_url_is_refused(authority: TestAuthority, address: Any) -> None:
    async with Outbound(settings_for(authority)) as outbound:
        with pytest.raises(OutboundError):
            await outbound.get(address)


async def test_a_server_with_an_untrusted_certificate_is_refused(authority: TestAuthority) -> None:
    async with tls_server(authority, HOSTS, ok) as server:
        async with Outbound(settings_for(None)) as outbound:
            with pytest.raises(OutboundError, match="CERTIFICATE_VERIFY_FAILED"):
                await outbound.get(url(server.port))
        async with Outbound(settings_for(authority)) as outbound:
            with pytest.raises(OutboundError, match="CERTIFICATE_VERIFY_FAILED"):
                await outbound.get(url(server.port, host="third.recipient.localhost"))
        assert server.requests == []


async def test_a_client_certificate_is_presented(authority: TestAuthority) -> None:
    async with tls_server(authority, HOSTS, ok, mutual=True) as server:
        pem = authority.client()
        async with Outbound(settings_for(authority), certificate=(pem, pem)) as outbound:
            assert (await outbound.get(url(server.port))).status == 200
        async with Outbound(settings_for(authority)) as outbound:
            with pytest.raises(OutboundError):
                await outbound.get(url(server.port))


async def test_a_closed_port_raises_an_error(authority: TestAuthority) -> None:
    async with tls_server(authority, HOSTS, ok) as server:
        port = server.port
    async with Outbound(settings_for(authority)) as outbound:
        with pytest.raises(OutboundError):
            await outbound.get(url(port))


async def test_a_response_above_the_size_limit_is_refused(authority: TestAuthority) -> None:
    def answer(request: bytes) -> bytes:
        return answer_of(b"a" * (MAXIMUM_BODY_BYTES + (b"/over" in request)))

    async with tls_server(authority, HOSTS, answer) as server, Outbound(settings_for(authority)) as outbound:
        assert len((await outbound.get(url(server.port))).body) == MAXIMUM_BODY_BYTES
        with pytest.raises(OutboundError, match="more than"):
            await outbound.get(url(server.port, "/over"))
        assert (await outbound.get(url(server.port))).status == 200


async def test_an_endless_response_is_aborted(authority: TestAuthority) -> None:
    async def stream(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"10000\r\n" + b"a" * 0x10000 + b"\r\n")
            await writer.drain()

    async with tls_server(authority, HOSTS, lambda _: stream) as server, Outbound(settings_for(authority)) as outbound:
        with pytest.raises(OutboundError, match="more than"):
            await outbound.get(url(server.port))


async def test_a_compressed_response_is_neither_requested_nor_decompressed(authority: TestAuthority) -> None:
    """An answer of one megabyte could need one gigabyte of memory when it is decompressed."""
    bomb = gzip.compress(b"a" * MAXIMUM_BODY_BYTES * 20)

    async with (
        tls_server(authority, HOSTS, lambda _: answer_of(bomb, Content_Encoding="gzip")) as server,
        Outbound(settings_for(authority)) as outbound,
    ):
        with pytest.raises(OutboundError, match="gzip"):
            await outbound.get(url(server.port))
        assert b"accept-encoding: identity" in server.requests[0][2].lower()


async def test_cookies_are_not_sent_back(authority: TestAuthority) -> None:
    async with (
        tls_server(authority, HOSTS, lambda _: answer_of(b"", Set_Cookie="a=b; Path=/")) as server,
        Outbound(settings_for(authority)) as outbound,
    ):
        await outbound.get(url(server.port))
        await outbound.get(url(server.port))
        assert all(b"cookie" not in request.lower() for _, _, request in server.requests)


def _close(kind: str) -> Callable[[bytes], bytes | Handler]:
    async def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if kind == "half":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        elif kind == "garbage":
            writer.write(b"\x00\x01\x02 this is not HTTP\r\n\r\n")
        elif kind == "headers":
            writer.write(b"HTTP/1.1 200 OK\r\n" + b"X: " + b"a" * 300_000)
        await writer.drain()

    return lambda _: close


@pytest.mark.parametrize("kind", ["nothing", "half", "garbage", "headers"])
async def test_a_malformed_response_raises_an_error(authority: TestAuthority, kind: str) -> None:
    async with tls_server(authority, HOSTS, _close(kind)) as server, Outbound(settings_for(authority)) as outbound:
        with pytest.raises(OutboundError):
            await outbound.get(url(server.port))


async def test_a_request_without_a_response_is_aborted(authority: TestAuthority) -> None:
    options = CallOptions(silence_seconds=0.1, attempts=3)

    async def wait(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with tls_server(authority, HOSTS, lambda _: wait) as server, Outbound(settings_for(authority)) as outbound:
        with pytest.raises(OutboundError, match="Timeout"):
            await outbound.get(url(server.port), options=options)
        assert len(server.requests) == 1  # not sent again: a server that is too slow would get more work


async def test_a_response_that_takes_too_long_is_aborted(authority: TestAuthority) -> None:
    """Each byte arrives in time, but the answer never ends."""
    options = CallOptions(total_seconds=0.3)

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not reader.at_eof():
            writer.write(b"a")
            await writer.drain()
            try:
                await asyncio.wait_for(reader.read(1), 0.02)
            except TimeoutError:
                continue

    async with tls_server(authority, HOSTS, lambda _: drip) as server, Outbound(settings_for(authority)) as outbound:
        with pytest.raises(OutboundError, match="Timeout"):
            await outbound.get(url(server.port), options=options)


async def test_a_request_can_be_cancelled(authority: TestAuthority) -> None:
    asked = asyncio.Event()

    async def wait(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()

    async with tls_server(authority, HOSTS, lambda _: wait) as server, Outbound(settings_for(authority)) as outbound:
        task = asyncio.create_task(outbound.get(url(server.port)))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_connection_is_closed_if_the_request_is_cancelled_before_the_end_of_the_handshake(
    authority: TestAuthority,
) -> None:
    """The server sees the end of the connection at once, and not when a garbage collector finds it."""
    asked, ended = asyncio.Event(), asyncio.Event()

    async def never_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        asked.set()
        with suppress(ConnectionError):
            await reader.read()
        ended.set()
        writer.close()

    server = await asyncio.start_server(never_answer, "127.0.0.1", 0)
    async with server, Outbound(settings_for(authority)) as outbound, asyncio.timeout(10):
        gc.disable()
        try:
            task = asyncio.create_task(outbound.get(url(server.sockets[0].getsockname()[1])))
            await asked.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await ended.wait()
        finally:
            gc.enable()


async def test_tls_1_2_and_a_verified_certificate_are_required(authority: TestAuthority) -> None:
    async with Outbound(settings_for(authority)) as outbound:
        context = outbound._clients._context
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname


async def test_the_size_of_an_answer_is_limited_per_call(authority: TestAuthority) -> None:
    async with (
        tls_server(authority, HOSTS, lambda _: answer_of(b"a" * 200)) as server,
        Outbound(settings_for(authority)) as outbound,
    ):
        assert len((await outbound.get(url(server.port), options=CallOptions(maximum_bytes=200))).body) == 200
        with pytest.raises(OutboundError, match="more than 199"):
            await outbound.get(url(server.port), options=CallOptions(maximum_bytes=199))


def _close_at_first(times: int) -> Callable[[bytes], bytes | Handler]:
    """Answer the first requests, `times` in number, by closing the connection; answer later ones with 200."""
    seen = 0

    def answer(_: bytes) -> bytes | Handler:
        nonlocal seen
        seen += 1
        return _close("nothing")(b"") if seen <= times else answer_of(b"fine")

    return answer


async def test_a_get_request_is_sent_again_if_no_byte_of_an_answer_arrived(authority: TestAuthority) -> None:
    async with (
        tls_server(authority, HOSTS, _close_at_first(1)) as server,
        Outbound(settings_for(authority)) as outbound,
    ):
        assert (await outbound.get(url(server.port), options=CallOptions(attempts=2))).body == b"fine"
        assert len(server.requests) == 2


async def test_a_request_is_sent_at_most_as_often_as_the_option_permits(authority: TestAuthority) -> None:
    async with (
        tls_server(authority, HOSTS, _close_at_first(9)) as server,
        Outbound(settings_for(authority)) as outbound,
    ):
        with pytest.raises(OutboundError, match="RemoteProtocolError"):
            await outbound.get(url(server.port), options=CallOptions(attempts=2))
        assert len(server.requests) == 2


@pytest.mark.parametrize(("method", "kind"), [("POST", "nothing"), ("GET", "half")])
async def test_a_request_that_may_have_had_an_effect_is_not_sent_again(
    authority: TestAuthority, method: str, kind: str
) -> None:
    async with tls_server(authority, HOSTS, _close(kind)) as server, Outbound(settings_for(authority)) as outbound:
        with pytest.raises(OutboundError):
            await outbound.request(method, url(server.port), options=CallOptions(attempts=3))
        assert len(server.requests) == 1


async def test_every_request_is_tried_again_if_no_connection_was_opened(
    authority: TestAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = 0

    async def send(self: httpx.AsyncClient, *_: Any, **__: Any) -> None:
        nonlocal tried
        tried += 1
        raise httpx.ConnectError("refused")

    monkeypatch.setattr(httpx.AsyncClient, "send", send)
    async with Outbound(settings_for(authority)) as outbound:
        with pytest.raises(OutboundError, match="ConnectError refused"):
            await outbound.request("POST", url(1), options=CallOptions(attempts=2))
    assert tried == 2


async def test_each_certificate_has_connections_of_its_own(authority: TestAuthority) -> None:
    first, second = credential(authority), credential(authority)
    async with (
        tls_server(authority, HOSTS, ok, mutual=True) as server,
        Outbound(settings_for(authority)) as outbound,
    ):
        for used in (first, second, first):
            answer = await outbound.get(url(server.port), options=CallOptions(credential=used))
            assert answer.status == 200
        assert server.connections == 2
        with pytest.raises(OutboundError):
            await outbound.get(url(server.port))


async def test_the_error_for_an_unreadable_private_key_does_not_contain_the_key(authority: TestAuthority) -> None:
    wrong = TlsCredential(credential(authority).chain, "not a key")
    async with Outbound(settings_for(authority)) as outbound:
        with pytest.raises(OutboundError, match="private key") as refused:
            await outbound.get(url(1), options=CallOptions(credential=wrong))
    assert "not a key" not in f"{refused.value} {wrong}"


async def test_idle_clients_are_closed(authority: TestAuthority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(haas.outbound_clients, "MAXIMUM_IDLE_CLIENTS", 1)
    async with tls_server(authority, HOSTS, ok) as server, Outbound(settings_for(authority)) as outbound:
        for host in [*HOSTS, HOSTS[1], HOSTS[0]]:
            await outbound.get(url(server.port, host=host))
            assert len(outbound._clients._clients) == 1
        assert server.connections == 3


async def test_a_client_with_an_open_request_is_not_closed(
    authority: TestAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(haas.outbound_clients, "MAXIMUM_IDLE_CLIENTS", 0)
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await go_on.wait()
        writer.write(answer_of(b"late"))
        await writer.drain()

    def answer(request: bytes) -> bytes | Handler:
        return wait if b"/slow" in request else answer_of(b"fine")

    async with tls_server(authority, HOSTS, answer) as server, Outbound(settings_for(authority)) as outbound:
        slow = asyncio.create_task(outbound.get(url(server.port, "/slow")))
        await asked.wait()
        await outbound.get(url(server.port, host=HOSTS[1]))
        go_on.set()
        assert (await slow).body == b"late"
        assert outbound._clients._clients == {}


async def test_no_request_is_sent_to_a_server_that_has_failed_several_times(
    authority: TestAuthority, tmp_path: Path
) -> None:
    clock, status = MovableClock(tmp_path / "clock"), "500 Oops"
    options = CallOptions(circuit_breaker=True)

    def answer(_: bytes) -> bytes:
        return answer_of(b"", status)

    async with (
        tls_server(authority, HOSTS, answer) as server,
        Outbound(settings_for(authority), clock=clock) as outbound,
    ):
        for _ in range(FAILURES_TO_OPEN):
            await outbound.get(url(server.port), options=options)
        with pytest.raises(CircuitOpen):
            await outbound.get(url(server.port), options=options)
        assert len(server.requests) == FAILURES_TO_OPEN
        assert (await outbound.get(url(server.port))).status == 500  # a call without the option
        assert (await outbound.get(url(server.port, host=HOSTS[1]), options=options)).status == 500  # another server
        clock.move(timedelta(seconds=SECONDS_OPEN))
        status = "404 Not Found"
        for _ in range(2):
            assert (await outbound.get(url(server.port), options=options)).status == 404


async def test_errors_name_the_title_in_place_of_a_url_with_personal_data(authority: TestAuthority) -> None:
    options = CallOptions(title="the operation", silence_seconds=0.1, maximum_bytes=3, circuit_breaker=True)

    async def wait(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    answers: list[bytes | Handler] = [wait, answer_of(b"long"), answer_of(b"", Content_Encoding="gzip")]
    answers += [_close("nothing")(b""), _close("nothing")(b"")]
    turns = iter(answers)
    async with (
        tls_server(authority, HOSTS, lambda _: next(turns)) as server,
        Outbound(settings_for(authority)) as outbound,
    ):
        for _ in range(len(answers) + 1):  # the last one is refused by the circuit
            with pytest.raises(OutboundError) as caught:
                await outbound.get(url(server.port, "/4102000001"), options=options)
            assert "the operation" in str(caught.value)
            assert "4102000001" not in str(caught.value)


async def test_an_error_says_whether_the_server_was_late_or_never_got_the_request(authority: TestAuthority) -> None:
    async def wait(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with tls_server(authority, HOSTS, lambda _: wait) as server, Outbound(settings_for(authority)) as outbound:
        for options in (CallOptions(silence_seconds=0.1), CallOptions(total_seconds=0.1)):
            with pytest.raises(OutboundError) as caught:
                await outbound.get(url(server.port), options=options)
            assert (caught.value.is_late, caught.value.is_unsent) == (True, False)
        with pytest.raises(OutboundError) as caught:
            await outbound.get(url(1))
        assert (caught.value.is_late, caught.value.is_unsent) == (False, True)


async def test_a_request_can_go_through_a_proxy_which_resolves_the_host(authority: TestAuthority) -> None:
    asked: list[bytes] = []

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0])
        upstream = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        await asyncio.gather(_pump(reader, upstream[1]), _pump(upstream[0], writer))

    async with tls_server(authority, HOSTS, ok, mutual=True) as server:
        proxy = await asyncio.start_server(tunnel, "127.0.0.1", 0)
        options = CallOptions(
            proxy=f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}", credential=credential(authority)
        )
        without_map = settings_for(authority, host_map={})
        async with Outbound(without_map) as outbound:
            assert (await outbound.get(url(server.port), options=options)).body == b"fine"
            with pytest.raises(OutboundError):  # a connection of the proxy is not used without it
                await outbound.get(url(server.port, host=HOST), options=CallOptions(connect_seconds=0.5))
        proxy.close()
        await proxy.wait_closed()
    assert asked == [f"CONNECT {HOST}:{server.port} HTTP/1.1".encode()]


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def test_a_connection_is_closed_if_the_server_does_not_complete_the_handshake(authority: TestAuthority) -> None:
    """The total time may be shorter than the time to connect."""
    closed = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4096):
            pass
        closed.set()
        writer.close()

    listener = await asyncio.start_server(silent, "127.0.0.1")
    port = listener.sockets[0].getsockname()[1]
    options = CallOptions(total_seconds=0.3, connect_seconds=5)
    async with listener, Outbound(settings_for(authority)) as outbound:
        gc.disable()  # otherwise a connection that was not closed might be collected and closed
        try:
            with pytest.raises(OutboundError):
                await outbound.get(url(port), options=options)
            await asyncio.wait_for(closed.wait(), 10)
        finally:
            gc.enable()
