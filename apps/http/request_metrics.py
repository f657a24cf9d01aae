"""How many requests a process has answered, how, and how fast, for Prometheus."""

from collections.abc import Iterable
from typing import Final, get_args

from prometheus_client.metrics_core import Metric

from apps.http.context import RequestContext
from haas.metrics import Counts, Durations, TenantLabels, gauge
from haas.shares import SharedSlots
from tenants.calls import CallTier
from tenants.cds.tiers import Tier

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5, 4.0, 6.0, 10.0)
"""They have the thresholds of the standards: 1, 1.5, 4 and 6 seconds (CDS, Performance Requirements)."""
NO_OPERATION: Final = "other"
"""The label of requests that are no operation of the standards, such as pages."""
_TIERS: Final[tuple[CallTier, ...]] = (*get_args(Tier), "other")
_THROTTLED: Final = 429
_STATUSES: Final = ("", "1xx", "2xx", "3xx", "4xx", "5xx")


class RequestMetrics:
    """The requests of one process, and its slots. Its methods are called on the event loop, except `collect`."""

    def __init__(self, slots: SharedSlots, tenants: int) -> None:
        """`slots` are those of the requests. At most `tenants` tenants have a label of their own."""
        self._slots = slots
        self._tenants = TenantLabels(tenants)
        self._requests = Counts("haas_requests", "Answered requests.", ("surface", "operation", "status", "tenant"))
        self._seconds = Durations(
            "haas_request_seconds",
            "Times from a request to the end of its response, without the time of AEMO or of another data holder.",
            "tier",
            BUCKETS,
            _TIERS,
        )

    def add(self, context: RequestContext, status: int, microseconds: int) -> None:
        """Count a request that took `microseconds`. The label of a status is its class, except for 429."""
        tenant = context.tenant
        status_label = "429" if status == _THROTTLED else _STATUSES[status // 100]
        label = self._tenants.of(None if tenant is None else tenant.slug)
        self._requests.add((context.surface, context.operation or NO_OPERATION, status_label, label))
        self._seconds.add(context.tier, microseconds / 1e6)

    def collect(self) -> Iterable[Metric]:
        """Return what was counted, and how many slots are in use now."""
        yield from self._requests.collect()
        yield from self._seconds.collect()
        yield gauge("haas_request_slots", "Requests that can be processed at the same time.", self._slots.size)
        in_use = self._slots.size - self._slots.free
        yield gauge("haas_request_slots_in_use", "Requests that are processed now.", in_use)
