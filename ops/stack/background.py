"""Processes that serve no socket: the worker and the schedule."""

import sys
import time
from collections.abc import Mapping, Sequence

from ops.stack.part import Launch, Part


class Background(Part):
    """A Python module that works by itself. It counts as ready when it has lived through its start."""

    settled_after = 0.7

    def __init__(self, name: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self._arguments = arguments
        self._environment = environment
        self._started = 0.0

    def launch(self) -> Launch:
        self._started = time.monotonic()
        return Launch(command=[sys.executable, *self._arguments], environment=self._environment)

    async def ready(self) -> bool:
        return time.monotonic() - self._started > self.settled_after
