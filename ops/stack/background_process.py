"""Processes that serve no requests: the worker, the schedule and the provisioner."""

import sys
from collections.abc import Mapping, Sequence

from haas.health import READY, ask_health
from ops.stack.stack_process import Launch, StackProcess


async def is_ready(address: str) -> bool:
    """Whether the process whose health is at `address` can do its job now."""
    try:
        status, _ = await ask_health(address, READY)
    except (OSError, TimeoutError):
        return False
    return status == 200  # noqa: PLR2004 - the status of HTTP


class BackgroundProcess(StackProcess):
    """A Python module that runs by itself. It is ready when it says so at its health address."""

    def __init__(self, name: str, module: Sequence[str], environment: Mapping[str, str], health: str) -> None:
        """`module` is the module's name, and the arguments of its command line behind it."""
        self.name = name
        self._module = module
        self._environment = environment
        self._health = health

    def launch(self) -> Launch:
        return Launch(command=[sys.executable, "-m", *self._module], environment=self._environment)

    async def ready(self) -> bool:
        return await is_ready(self._health)
