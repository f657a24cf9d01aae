"""The health of a process, on a listener that only this machine can reach.

`GET /health/live` is answered with 200 while the event loop runs. `GET /health/ready` is answered with 200 if the
process can do its job now, and otherwise with 503; the body says which checks failed. The application's own socket has
no such paths, so that no client of the proxy can reach them.
"""

import asyncio
import logging
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import msgspec

from haas.local_listener import SECONDS_FOR_REQUEST, UNIX, LocalAnswer, local_listener
from haas.service_manager import watchdog

logger = logging.getLogger(__name__)

Checks = Mapping[str, Callable[[], Awaitable[object]]]
"""The conditions for a process to do its job, by name. A check raises an exception if its condition is not met."""
LIVE: Final = "/health/live"
READY: Final = "/health/ready"
SECONDS_FOR_CHECKS: Final = 3.0


class NotReady(Exception):
    """The condition of a check is not met. The message says why, and contains no secret."""


@asynccontextmanager
async def health_listener(address: str | None, checks: Checks) -> AsyncIterator[None]:
    """Answer at `address` (`unix:<path>` or `127.0.0.1:<port>`; None: nowhere), and tell systemd, until the block ends.

    Raises OSError if the address cannot be used.
    """
    async with watchdog():
        if address is None:
            yield
            return
        failed_before: set[str] = set()

        async def answer(path: str) -> LocalAnswer:
            status, body = await _answer(path, checks, failed_before)
            return LocalAnswer(status, "application/json", msgspec.json.encode(body))

        async with local_listener(address, answer):
            yield


async def ask_health(address: str, path: str, seconds: float = SECONDS_FOR_REQUEST) -> tuple[int, dict[str, Any]]:
    """Ask a process for its health. Return the HTTP status and the members of the answer.

    Raises OSError if nothing listens, and TimeoutError if there is no answer within `seconds`.
    """
    async with asyncio.timeout(seconds):
        reader, writer = await _connect(address)
        try:
            writer.write(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
    try:
        return int(head.split()[1]), msgspec.json.decode(body or b"{}", type=dict[str, Any])
    except (IndexError, ValueError, msgspec.DecodeError):
        raise ConnectionError(f"the answer at {address} is not that of a process of this program") from None


def process_at(address: str) -> int:
    """Return the id of the process that listens at `unix:<path>`, also if it hangs: the kernel knows it (unix(7)).

    Raises OSError if nothing listens, and ValueError for an address of another kind.
    """
    if not address.startswith(UNIX):
        raise ValueError(f"the process at {address} is not known: only a unix socket tells it")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(SECONDS_FOR_REQUEST)  # if its queue is full
        connection.connect(address.removeprefix(UNIX))
        credentials = struct.Struct("3i")  # pid, user, group
        answer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, credentials.size)
    pid = int(credentials.unpack(answer)[0])
    if pid <= 0:
        raise ValueError(f"the process at {address} belongs to another container")
    return pid


async def _answer(path: str, checks: Checks, failed_before: set[str]) -> tuple[int, dict[str, Any]]:
    """Return the status and the body. `failed_before` is changed to the names of the checks that fail now."""
    if path == LIVE:
        return 200, {"status": "live"}
    if path != READY:
        return 404, {"status": "unknown", "paths": [LIVE, READY]}
    names = list(checks)
    results = await asyncio.gather(*(_failure(checks[name]) for name in names))
    failed = {name: reason for name, reason in zip(names, results, strict=True) if reason is not None}
    if not failed.keys() <= failed_before:
        # Once for each failure: health is asked every few seconds.
        logger.warning("health.not_ready", extra={"failed": ", ".join(failed)})
    failed_before.clear()
    failed_before.update(failed)
    if failed:
        return 503, {"status": "not ready", "failed": failed}
    return 200, {"status": "ready"}


async def _failure(check: Callable[[], Awaitable[object]]) -> str | None:
    """Return why the condition of a check is not met, or None if it is met.

    Return only the type of an unexpected error, because its message may contain an address or a secret.
    """
    try:
        async with asyncio.timeout(SECONDS_FOR_CHECKS):
            await check()
    except NotReady as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - after any error, the process is not ready
        return type(error).__name__
    return None


async def _connect(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if address.startswith(UNIX):
        return await asyncio.open_unix_connection(address.removeprefix(UNIX))
    host, _, port = address.rpartition(":")
    return await asyncio.open_connection(host.strip("[]"), int(port))
