"""A Valkey server of one test's own, which the test may end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ops.stack.folder import StateFolder
from ops.stack.ports import Ports
from ops.stack.supervisor import Supervisor
from ops.stack.valkey import Valkey


@asynccontextmanager
async def own_valkey(root: Path) -> AsyncIterator[Valkey]:
    """Run a Valkey server in a folder until the block ends. It has the same address when it is run again."""
    folder = StateFolder(root)
    folder.open()
    try:
        folder.prepare()
        async with Supervisor(folder) as supervisor:
            server = Valkey(folder, Ports(folder.ports).obtain("valkey"))
            await supervisor.start(server)
            yield server
    finally:
        folder.discard_sockets()
        folder.close()
