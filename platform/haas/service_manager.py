"""Messages to systemd, which starts a process again if it hangs (sd_notify(3)). Without systemd nothing is sent."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

_MICROSECONDS: Final = 1_000_000
_ADDRESS: Final = "NOTIFY_SOCKET"
_INTERVAL: Final = "WATCHDOG_USEC"


def tell_service_manager(message: str) -> None:
    """Send a message such as `READY=1` to the socket that systemd names. A socket that does not answer is ignored."""
    address = os.environ.get(_ADDRESS)
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        try:
            # An address that begins with `@` is in the abstract namespace.
            sender.sendto(message.encode(), f"\0{address[1:]}" if address.startswith("@") else address)
        except OSError:
            return


@asynccontextmanager
async def watchdog() -> AsyncIterator[None]:
    """Tell systemd that the event loop runs, three times in each interval of `WatchdogSec`, until the block ends."""
    interval = int(os.environ.get(_INTERVAL, "0")) / _MICROSECONDS
    if not interval:
        yield
        return
    task = asyncio.create_task(_tell_regularly(interval / 3), name="watchdog")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _tell_regularly(seconds: float) -> None:
    while True:
        tell_service_manager("WATCHDOG=1")
        await asyncio.sleep(seconds)
