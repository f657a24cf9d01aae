"""When nginx passes a request to the next application process, and when it does not (decision 0029)."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.proxy import PUBLIC, Proxy, running_proxy

REQUESTS = 12


class Process:
    """An application process that counts the methods of its requests."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.received: Counter[str] = Counter()
        self.dies = False
        """Whether it closes the connection instead of an answer, as a process that is killed."""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Process"]:
        server = await asyncio.start_unix_server(self._serve, self.path)
        self.path.chmod(0o666)
        async with server:
            yield self
        self.path.unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.received[head.split()[0].decode()] += 1
                if self.dies:
                    return
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def two_processes(folder: Path, name: str) -> AsyncIterator[tuple[Proxy, Process, Process]]:
    first, second = (Process(folder / f"{name}-{number}") for number in (1, 2))
    applications = tuple(f"unix:{each.path}" for each in (first, second))
    async with running_proxy(folder / name, applications=applications) as proxy:
        yield proxy, first, second


async def statuses(proxy: Proxy, method: str) -> Counter[int]:
    # Without a body, because the processes read heads only.
    return Counter([(await proxy.ask(PUBLIC, method=method)).status for _ in range(REQUESTS)])


@pytest.mark.parametrize("left_over", [False, True])
async def test_every_request_goes_to_the_next_process_if_the_socket_has_no_process(
    state_folder: Path, *, left_over: bool
) -> None:
    async with two_processes(state_folder, f"next-{left_over}") as (proxy, first, second), second.serving():
        if left_over:  # the socket of a process that was killed
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as killed:
                killed.bind(str(first.path))
        for method in ("GET", "POST", "PUT", "DELETE"):
            assert await statuses(proxy, method) == {200: REQUESTS}, method
        # A process that begins to listen is used at once.
        first.path.unlink(missing_ok=True)
        async with first.serving():
            assert await statuses(proxy, "POST") == {200: REQUESTS}
            assert first.received["POST"] == REQUESTS / 2


async def test_a_sent_request_is_repeated_only_if_its_method_is_idempotent(state_folder: Path) -> None:
    async with two_processes(state_folder, "next-sent") as (proxy, first, second), first.serving(), second.serving():
        first.dies = True
        assert await statuses(proxy, "GET") == {200: REQUESTS}
        assert first.received["GET"] > 0
        answered = await statuses(proxy, "POST")
        assert answered.keys() == {200, 502}
        assert first.received["POST"] == answered[502]
        assert second.received["POST"] == answered[200]
        assert first.received["POST"] + second.received["POST"] == REQUESTS, "no POST is sent twice"
