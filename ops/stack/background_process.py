"""Processes that serve no requests: the worker, the scheduler and the provisioner."""

import sys
from collections.abc import Mapping, Sequence

from haas.health import LIVE, READY, ask_health
from ops.stack.stack_process import Launch, StackProcess


async def is_ready(address: str) -> bool:
    """Whether the process with the health address `address` answers that it is ready."""
    return await _is_ok(address, READY)


async def is_live(address: str) -> bool:
    """Whether the event loop of the process with the health address `address` runs."""
    return await _is_ok(address, LIVE)


async def _is_ok(address: str, path: str) -> bool:
    try:
        status, _ = await ask_health(address, path)
    except (OSError, TimeoutError):
        return False
    return status == 200  # noqa: PLR2004 - the status of HTTP


class BackgroundProcess(StackProcess):
    """A process that runs a Python module. It is ready when its health address answers that it is ready."""

    def __init__(self, name: str, module: Sequence[str], environment: Mapping[str, str], health: str) -> None:
        """`module` is the name of the module, followed by the arguments of its command line."""
        self.name = name
        self._module = module
        self._environment = environment
        self._health = health

    def launch(self) -> Launch:
        return Launch(command=[sys.executable, "-m", *self._module], environment=self._environment)

    async def ready(self) -> bool:
        return await is_ready(self._health)

    async def responds(self) -> bool:
        return await is_live(self._health)
