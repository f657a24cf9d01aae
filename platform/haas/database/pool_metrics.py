"""The connection pools of a process, for Prometheus."""

from collections.abc import Iterable, Mapping
from typing import Final

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from haas.database.pool import Pool

_LABELS: Final = ("node", "pool")


class PoolMetrics:
    """The pools of each database node by what they are for."""

    def __init__(self, pools: Mapping[tuple[str, str], Pool]) -> None:
        """`pools` has the pools by the id of the node, and by what they are for."""
        self._pools = pools

    def collect(self) -> Iterable[Metric]:
        """Return the present state of the pools."""
        size = GaugeMetricFamily("haas_database_pool_size", "Connections that the pools may open.", labels=_LABELS)
        in_use = GaugeMetricFamily("haas_database_pool_in_use", "Connections that are in use.", labels=_LABELS)
        waiting = GaugeMetricFamily("haas_database_pool_waiting", "Callers that wait for one.", labels=_LABELS)
        silent = GaugeMetricFamily("haas_database_pool_silent", "Pools whose server is silent.", labels=_LABELS)
        exhausted = CounterMetricFamily(
            "haas_database_pool_exhausted", "Callers that got no connection within a second.", labels=_LABELS
        )
        for labels, pool in self._pools.items():
            size.add_metric(labels, pool.size)
            in_use.add_metric(labels, pool.in_use)
            waiting.add_metric(labels, pool.waiting)
            silent.add_metric(labels, pool.silent)
            exhausted.add_metric(labels, pool.exhausted)
        yield from (size, in_use, waiting, silent, exhausted)
