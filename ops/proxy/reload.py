"""Makes nginx read new certificate revocation lists (a new host needs no reload)."""

import asyncio
import os
import signal
import time
from pathlib import Path

TIMEOUT_SECONDS = 10.0
POLL = 0.02


async def reload(pid_file: Path) -> None:
    """Make nginx read its configuration and CRLs again. Return when only new worker processes accept connections.

    Raises ProcessLookupError when nginx does not run, TimeoutError when old workers do not stop accepting.
    """
    master = _master(pid_file)
    old = _accepting_workers(master)
    os.kill(master, signal.SIGHUP)
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while (now := _accepting_workers(master)) & old or not now:
        if time.monotonic() > deadline:
            raise TimeoutError("nginx did not reload; its log contains the reason")
        await asyncio.sleep(POLL)


def _master(pid_file: Path) -> int:
    try:
        return int(pid_file.read_text(encoding="ascii"))
    except FileNotFoundError:
        raise ProcessLookupError("nginx does not run") from None


def _accepting_workers(master: int) -> set[int]:
    """Return the workers that accept connections. The process title of the others contains `shutting down`."""
    try:
        children = Path(f"/proc/{master}/task/{master}/children").read_text(encoding="ascii").split()
    except FileNotFoundError:
        raise ProcessLookupError(f"nginx (process {master}) does not run") from None
    return {int(child) for child in children if b"shutting down" not in _title(int(child))}


def _title(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b"shutting down"
