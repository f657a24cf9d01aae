"""A long response through uvicorn and nginx: whole, broken off, left by the client, and read slowly."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from ops.pki.clients import IssuedClient
from tests.support.proxy import SECURE, Proxy, running_proxy
from tests.support.streaming import END, PIECE

MANY = 3_200  # 200 MiB
LONG = 256  # 16 MiB: more than the buffers of the sockets


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


def temporary_files(proxy: Proxy) -> list[str]:
    """Return the temporary files that nginx has open. It deletes their names as soon as it has opened them."""
    master = proxy.supervisor.processes()["nginx"]
    workers = Path(f"/proc/{master}/task/{master}/children").read_text(encoding="ascii").split()
    found = []
    for descriptor in (each for worker in workers for each in Path(f"/proc/{worker}/fd").iterdir()):
        with suppress(FileNotFoundError):  # it was closed meanwhile
            found.append(str(descriptor.readlink()))
    return [path for path in found if path.startswith(str(proxy.folder.nginx / "proxy"))]


@pytest.mark.parametrize(("path", "written"), [("buffered", True), ("not-buffered", False)])
async def test_a_slow_client_gets_data_of_aemo_without_a_copy_on_a_disk(
    streaming: Proxy, recipient_here: IssuedClient, path: str, *, written: bool
) -> None:
    """K-42: the header with which the application answers data of AEMO. Other answers may be in a file for a time."""
    buffer = [(socket.SOL_SOCKET, socket.SO_RCVBUF, 256 * 1024)]
    loopback = Loopback(verify=streaming.context(recipient_here), socket_options=buffer)
    size, looks = 0, 500 if written else 25
    async with (
        httpx.AsyncClient(base_url=f"https://{SECURE}:{streaming.port}", transport=loopback) as client,
        client.stream("GET", f"/{path}/{LONG}") as response,
    ):
        assert "x-accel-buffering" not in response.headers
        for _ in range(looks):  # the client reads nothing meanwhile
            found = temporary_files(streaming)
            if found:
                break
            await asyncio.sleep(0.02)
        async for part in response.aiter_raw():
            size += len(part)
    assert size == 1 + LONG * len(PIECE) + len(END)
    assert bool(found) is written


async def test_the_source_is_closed_when_the_client_leaves(http: httpx.AsyncClient) -> None:
    before = await state(http)
    async with http.stream("GET", f"/whole/{MANY}") as response:
        async for _ in response.aiter_raw():
            break
    await closed(http, before)
