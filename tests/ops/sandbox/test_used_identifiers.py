"""Replay protection across a restart."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from ops.sandbox.store import Store
from ops.sandbox.used_identifiers import UsedIdentifiers


async def test_a_used_identifier_is_refused_after_a_kill(tmp_path: Path) -> None:
    script = (
        "import asyncio, os, pathlib, signal\n"
        "from ops.sandbox.used_identifiers import UsedIdentifiers\nfrom ops.sandbox.store import Store\n"
        f"store = Store(pathlib.Path({str(tmp_path / 's.sqlite')!r}))\n"
        "asyncio.run(UsedIdentifiers(store).use('a'))\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, env=environment)
    assert await process.wait() == -signal.SIGKILL
    store = Store(tmp_path / "s.sqlite")
    used = UsedIdentifiers(store)
    assert not await used.use("a")
    assert await used.use("b")
    store.close()
