"""Requests to URLs of other parties, against real TLS servers on loopback."""

import asyncio
import gzip
import ssl
from collections.abc import Callable
from typing import Any

import httpx
import pytest

import haas.outbound
from haas.outbound import MAXIMUM_BODY_BYTES, Outbound, OutboundError
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


async def test_a_form_and_a_body_are_posted(authority: TestAuthority) -> None:
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
    """One megabyte could become one gigabyte of memory."""
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


async def test_a_request_without_a_response_is_aborted(
    authority: TestAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(haas.outbound, "TIMEOUT", httpx.Timeout(0.1))

    async def wait(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with tls_server(authority, HOSTS, lambda _: wait) as server, Outbound(settings_for(authority)) as outbound:
        with pytest.raises(OutboundError, match="Timeout"):
            await outbound.get(url(server.port))


async def test_a_response_that_takes_too_long_is_aborted(
    authority: TestAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte arrives within the time-out of a read, but the answer never ends."""
    monkeypatch.setattr(haas.outbound, "TOTAL_TIMEOUT_SECONDS", 0.3)

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
            await outbound.get(url(server.port))


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


async def test_tls_1_2_and_a_verified_certificate_are_required(authority: TestAuthority) -> None:
    async with Outbound(settings_for(authority)) as outbound:
        assert outbound._context.minimum_version is ssl.TLSVersion.TLSv1_2
        assert outbound._context.verify_mode is ssl.CERT_REQUIRED
        assert outbound._context.check_hostname
