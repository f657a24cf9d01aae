"""How an application process begins and ends: ready before its first connection, and no request lost at its end."""

import asyncio
import signal
import socket
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from haas.health import LIVE, READY, ask_health
from tests.support.proxy import Answer, read_answer
from tests.support.serving import serving

PATIENCE = 20
REQUEST = b"POST /one HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n"


class Connection:
    """A connection that is kept open, as nginx does."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def answer(self) -> Answer:
        return await asyncio.wait_for(read_answer(self._reader), PATIENCE)

    async def is_closed(self) -> bool:
        return await asyncio.wait_for(self._reader.read(), PATIENCE) == b""

    def close(self) -> None:
        self._writer.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - another process changes it
            await asyncio.sleep(0.02)


async def connected(path: Path) -> Connection:
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(OSError):
                return Connection(*await asyncio.open_unix_connection(path))
            await asyncio.sleep(0.02)


async def ended(process: Process) -> int:
    return await asyncio.wait_for(process.wait(), PATIENCE)


async def test_a_process_that_ends_answers_all_that_it_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "app"
    async with serving("one", "--socket", str(path)) as process:
        idle, running, unused = [await connected(path) for _ in range(3)]
        idle.send(REQUEST + b"body")
        assert "connection" not in (await idle.answer()).headers
        running.send(REQUEST + b"bo")
        process.terminate()
        # Nobody opens another connection. What is connected already is served.
        await until(lambda: not path.exists())
        running.send(b"dy")
        assert (await running.answer()).status == 200
        for each in (idle, unused, running):
            each.send(REQUEST + b"body")
            answer = await each.answer()
            assert (answer.status, answer.headers["connection"]) == (200, "close")
            assert await each.is_closed()
            each.close()
        assert await ended(process) == -signal.SIGTERM


async def test_a_process_ends_when_nginx_has_closed_its_connections(tmp_path: Path) -> None:
    path = tmp_path / "app"
    async with serving("one", "--socket", str(path)) as process:
        idle = await connected(path)
        process.terminate()
        await until(lambda: not path.exists())
        assert process.returncode is None
        idle.close()
        assert await ended(process) == -signal.SIGTERM


async def health_as_soon_as_answered(address: str) -> tuple[int, bytes]:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await ask_health(address, READY)
            except (FileNotFoundError, ConnectionRefusedError):  # the process has not made the socket yet
                await asyncio.sleep(0.02)


async def test_a_process_accepts_connections_when_it_is_ready(tmp_path: Path) -> None:
    path, file, health = tmp_path / "app", tmp_path / "ready", f"unix:{tmp_path / 'health'}"
    variables = {"HAAS_HEALTH": health, "READY_FILE": str(file)}
    async with serving("one", "--socket", str(path), factory="tests.support.unready:create", **variables):
        assert (await health_as_soon_as_answered(health))[0] == 503
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_unix_connection(path)
        file.touch()
        connection = await connected(path)
        connection.send(REQUEST + b"body")
        assert (await connection.answer()).status == 200
        connection.close()


async def test_a_process_that_is_not_ready_ends_too(tmp_path: Path) -> None:
    path, health = tmp_path / "app", tmp_path / "health"
    variables = {"HAAS_HEALTH": f"unix:{health}", "READY_FILE": str(tmp_path / "never")}
    async with serving("one", "--socket", str(path), factory="tests.support.unready:create", **variables) as process:
        await until(health.exists)
        process.terminate()
        assert await ended(process) == -signal.SIGTERM
    assert not path.exists()


async def test_the_application_writes_no_line_for_a_request(tmp_path: Path) -> None:
    path = tmp_path / "app"
    async with serving("one", "--socket", str(path), stderr=PIPE) as process:
        connection = await connected(path)
        connection.send(REQUEST + b"body")
        assert (await connection.answer()).status == 200
        connection.close()
        process.terminate()
        assert process.stderr is not None
        said = await asyncio.wait_for(process.stderr.read(), PATIENCE)
    assert b"Started server process" in said
    assert b"/one" not in said
    assert b"POST" not in said


async def test_systemd_is_told_that_a_process_is_ready_lives_and_ends(tmp_path: Path) -> None:
    told, file = asyncio.Queue[bytes](), tmp_path / "ready"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        asyncio.get_running_loop().add_reader(manager, lambda: told.put_nowait(manager.recv(100)))

        async def hears(message: bytes) -> list[bytes]:
            heard = [await told.get()]
            while heard[-1] != message:
                heard.append(await told.get())
            return heard

        variables = {
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "WATCHDOG_USEC": "300000",
            "HAAS_HEALTH": f"unix:{tmp_path / 'health'}",
            "READY_FILE": str(file),
        }
        async with serving(
            "one", "--socket", str(tmp_path / "app"), factory="tests.support.unready:create", **variables
        ) as process:
            async with asyncio.timeout(PATIENCE):
                assert b"READY=1" not in await hears(b"WATCHDOG=1")
                file.touch()
                await hears(b"READY=1")
                await hears(b"WATCHDOG=1")
                # A process that hangs says nothing, and systemd ends it.
                process.send_signal(signal.SIGSTOP)
                assert (await ask_health_or_none(f"unix:{tmp_path / 'health'}")) is None
                process.send_signal(signal.SIGCONT)
                process.terminate()
                await hears(b"STOPPING=1")
            assert await ended(process) == -signal.SIGTERM
        asyncio.get_running_loop().remove_reader(manager)


async def ask_health_or_none(address: str) -> int | None:
    try:
        return (await ask_health(address, LIVE, seconds=0.5))[0]
    except TimeoutError:
        return None
