"""PostgreSQL and Valkey without the rest of the stack, for tests and benchmarks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from ops.stack.folder import StateFolder
from ops.stack.ports import Ports
from ops.stack.postgres import Postgres
from ops.stack.supervisor import Supervisor
from ops.stack.valkey import Valkey


class Servers(msgspec.Struct, frozen=True):
    """The URLs of the embedded servers."""

    superuser_url: str
    redis_url: str


@asynccontextmanager
async def servers(root: Path, *, durable: bool = False) -> AsyncIterator[Servers]:
    """Run both servers under the state folder `root` until the block ends; `durable` turns fsync on."""
    folder = StateFolder(root)
    folder.open()
    try:
        folder.prepare()
        ports = Ports(folder.ports)
        async with Supervisor(folder) as supervisor:
            postgres = Postgres(folder, ports.obtain("postgres"), durable=durable)
            valkey = Valkey(folder, ports.obtain("valkey"))
            await supervisor.start(postgres)
            await supervisor.start(valkey)
            yield Servers(superuser_url=postgres.superuser_url, redis_url=valkey.url)
    finally:
        folder.discard_sockets()
        folder.close()
