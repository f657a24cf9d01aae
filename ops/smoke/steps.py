"""The steps of a run. Each step is timed and reported. The first step that fails ends the run."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from haas.errors import HaasError
from ops.browser.errors import Unexpected


class StepFailed(HaasError):
    """A step failed. The message has the tenant, the step, and what was expected and received."""

    def __init__(self, tenant: str, step: str, error: Exception) -> None:
        """Take the message from `error`."""
        self.tenant = tenant
        self.step = step
        lines = [f"{tenant}: {step} failed"]
        if isinstance(error, Unexpected):
            lines += [f"  expected  {error.expected}", f"  received  {error.received}"]
        else:
            lines.append(f"  received  {type(error).__name__}: {error}")
        super().__init__("\n".join(lines))


class Steps:
    """Counts the steps of a run and reports each as a line: tenant, step, milliseconds."""

    def __init__(self, report: Callable[[str], None]) -> None:
        """Call `report` with each line."""
        self._report = report
        self.count = 0

    @contextmanager
    def step(self, tenant: str, name: str) -> Iterator[None]:
        """Time the block as one step. Raises StepFailed."""
        began = time.perf_counter()
        try:
            yield
        except (Unexpected, HaasError, httpx.HTTPError) as error:
            raise StepFailed(tenant, name, error) from error
        self.count += 1
        self._report(f"{tenant:<10} {name:<40} {(time.perf_counter() - began) * 1000:>7.0f} ms")
