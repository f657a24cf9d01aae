"""The steps of a run: each is timed and told, and the first that goes wrong ends it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from haas.errors import HaasError
from ops.browser.errors import Unexpected


class StepFailed(HaasError):
    """A step went wrong: which one, at which tenant, what should have come and what did."""

    def __init__(self, tenant: str, step: str, error: Exception) -> None:
        """Keep what is known of the failure."""
        self.tenant = tenant
        self.step = step
        lines = [f"{tenant}: {step} failed"]
        if isinstance(error, Unexpected):
            lines += [f"  expected  {error.expected}", f"  came      {error.came}"]
        else:
            lines.append(f"  came      {type(error).__name__}: {error}")
        super().__init__("\n".join(lines))


class Steps:
    """Counts the steps of a run and tells each as a line: tenant, step, milliseconds."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        """Tell by `tell`."""
        self._tell = tell
        self.count = 0

    @contextmanager
    def step(self, tenant: str, name: str) -> Iterator[None]:
        """Time what is done inside as one step. Raises StepFailed."""
        began = time.perf_counter()
        try:
            yield
        except (Unexpected, HaasError, httpx.HTTPError) as error:
            raise StepFailed(tenant, name, error) from error
        self.count += 1
        self._tell(f"{tenant:<10} {name:<40} {(time.perf_counter() - began) * 1000:>7.0f} ms")
