"""A streamed response through uvicorn and nginx: whole, broken off, and left by the client."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from ops.pki.clients import IssuedClient
from tests.support.proxy import SECURE, Proxy, running_proxy
from tests.support.streaming import END, PIECE

MANY = 3_200  # 200 MiB


class Loopback(httpx.AsyncHTTPTransport):
    """Connects every host to this machine."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["sni_hostname"] = request.url.host
        request.url = request.url.copy_with(host="127.0.0.1")
        return await super().handle_async_request(request)


@pytest.fixture(scope="module")
async def streaming(state_folder: Path) -> AsyncIterator[Proxy]:
    async with running_proxy(state_folder / "streaming", application="tests.support.streaming:create") as proxy:
        yield proxy


@pytest.fixture(scope="module")
def recipient_here(streaming: Proxy) -> IssuedClient:
    return streaming.pki.issue_client("Budget App", "Recipient Pty Ltd")


@pytest.fixture
async def http(streaming: Proxy, recipient_here: IssuedClient) -> AsyncIterator[httpx.AsyncClient]:
    loopback = Loopback(verify=streaming.context(recipient_here))
    async with httpx.AsyncClient(base_url=f"https://{SECURE}:{streaming.port}", transport=loopback) as client:
        yield client


async def state(http: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await http.get("/state")).json()
    return found


async def closed(http: httpx.AsyncClient, before: dict[str, Any]) -> None:
    """Wait until one more source is closed."""
    for _ in range(200):
        if (await state(http))["closed"] > before["closed"]:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the source was not closed")


async def test_a_whole_response_arrives(http: httpx.AsyncClient) -> None:
    response = await http.get("/whole/20")
    assert response.headers["transfer-encoding"] == "chunked"
    assert (response.status_code, response.headers["x-v"]) == (200, "1")
    assert len(msgspec.json.decode(response.content)) == 21


@pytest.mark.parametrize("number", [0, 1, 20, 400])
async def test_the_client_sees_that_a_response_was_broken_off(http: httpx.AsyncClient, number: int) -> None:
    """The status was sent, so all that is left is a transfer that does not end (RFC 9112 8)."""
    before = await state(http)
    received = bytearray()
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
        async with http.stream("GET", f"/broken/{number}") as response:
            assert response.status_code == 200
            async for part in response.aiter_raw():
                received += part
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(received)
    await closed(http, before)
    assert (await http.get("/whole/1")).status_code == 200


async def test_the_memory_does_not_grow_with_the_response(http: httpx.AsyncClient) -> None:
    await http.get("/whole/100")
    before = await state(http)
    size = 0
    async with http.stream("GET", f"/whole/{MANY}") as response:
        async for part in response.aiter_raw():
            size += len(part)
    assert size == 1 + MANY * len(PIECE) + len(END)
    assert (await state(http))["kilobytes"] - before["kilobytes"] < 20 * 1024


async def test_the_source_is_closed_when_the_client_leaves(http: httpx.AsyncClient) -> None:
    before = await state(http)
    async with http.stream("GET", f"/whole/{MANY}") as response:
        async for _ in response.aiter_raw():
            break
    await closed(http, before)
