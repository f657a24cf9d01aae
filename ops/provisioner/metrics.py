"""The requests that a provisioner works on, for Prometheus."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Literal, get_args

from prometheus_client.metrics_core import Metric

from haas.metrics import Counts, gauge

ProvisionerOutcome = Literal["done", "failed", "lease_lost"]


class ProvisionerMetrics:
    """The requests of one provisioner."""

    def __init__(self) -> None:
        """Begin before the control schema is set up."""
        self.is_ready = False
        """Whether the control schema is set up, so that requests can be served."""
        self._began: float | None = None
        known = [(outcome,) for outcome in get_args(ProvisionerOutcome)]
        self._requests = Counts("haas_provisioner_requests", "Requests that have ended.", ("outcome",), known)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Measure the block as the work on one request."""
        self._began = monotonic()
        try:
            yield
        finally:
            self._began = None

    def ended(self, outcome: ProvisionerOutcome) -> None:
        """Count a request."""
        self._requests.add((outcome,))

    def collect(self) -> Iterable[Metric]:
        """Return what was counted, and for how long the present request is worked on."""
        yield from self._requests.collect()
        yield gauge("haas_provisioner_ready", "Whether requests can be served.", self.is_ready)
        began = self._began
        busy = 0.0 if began is None else monotonic() - began
        yield gauge("haas_provisioner_busy_seconds", "For how long the present request is worked on.", busy)
