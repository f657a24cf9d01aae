"""Starts a supervisor with a process that has a child, prints their pids and waits to be killed."""

import asyncio
import sys
from pathlib import Path

from ops.stack.folder import StateFolder
from ops.stack.supervisor import Supervisor
from tests.ops.stack.scripts import Script

PARENT = (
    "import pathlib, signal, subprocess, sys;"
    "child = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()']);"
    "pathlib.Path(sys.argv[1]).with_suffix('.child').write_text(str(child.pid));"
    "pathlib.Path(sys.argv[1]).touch(); signal.pause()"
)


async def main(root: Path) -> None:
    folder = StateFolder(root)
    folder.open()
    folder.prepare()
    async with Supervisor(folder) as supervisor:
        await supervisor.start(Script("parent", PARENT, folder.run))
        sys.stdout.write(f"{supervisor.processes()['parent']} {(folder.run / 'parent.child').read_text()}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


asyncio.run(main(Path(sys.argv[1])))
