"""The metrics of a process, for Prometheus, on a listener of their own that the proxy does not know (decision 0048).

What is frequent is counted in plain numbers: a counter of the library takes a lock, and costs several times as much. A
source makes the families of the library from these numbers when Prometheus asks. A source reads memory only: what must
be read from the database or from files is read before, in the background.

Labels have no personal data, and few values: the product's own names, and the first tenants up to a limit.
"""

import asyncio
from bisect import bisect_left
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import accumulate
from typing import Final, Protocol

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from haas.local_listener import LocalAnswer, local_listener

METRICS: Final = "/metrics"
OTHER: Final = "other"
"""The value of the label `tenant` for all tenants above the limit."""
NO_TENANT: Final = ""
"""The value of the label `tenant` for requests that belong to the provider."""
Labels = tuple[str, ...]


class Source(Protocol):
    """Something that has metrics. Another thread than that of the event loop may call `collect`."""

    def collect(self) -> Iterable[Metric]:
        """Return the present values. This reads memory only."""
        ...


class TenantLabels:
    """The values of the label `tenant` of one process: the slugs of the first tenants, and `other` for those after."""

    def __init__(self, limit: int) -> None:
        """At most `limit` tenants have a value of their own."""
        self._limit = limit
        self._known: dict[str, str] = {}

    def of(self, slug: str | None) -> str:
        """Return the value for a tenant, or for None, a request without a tenant."""
        if slug is None:
            return NO_TENANT
        known = self._known.get(slug)
        if known is None:
            if len(self._known) >= self._limit:
                return OTHER
            known = self._known[slug] = slug
        return known


class Counts:
    """A counter with labels. Only the thread of the event loop adds to it."""

    def __init__(self, name: str, text: str, labels: Sequence[str], known: Iterable[Labels] = ()) -> None:
        """`known` are the values of labels that begin with zero: a rate needs a value before the first event."""
        self._name, self._text, self._labels = name, text, labels
        self._counts: dict[Labels, int] = dict.fromkeys(known, 0)

    def add(self, labels: Labels, number: int = 1) -> None:
        """Count events."""
        self._counts[labels] = self._counts.get(labels, 0) + number

    def collect(self) -> Iterable[Metric]:
        """Return the counts."""
        family = CounterMetricFamily(self._name, self._text, labels=self._labels)
        for labels, count in list(self._counts.items()):
            family.add_metric(labels, count)
        yield family


class Durations:
    """A histogram of times, in seconds, with one label. Only the thread of the event loop adds to it."""

    def __init__(self, name: str, text: str, label: str, buckets: Sequence[float], known: Iterable[str]) -> None:
        """`buckets` are the upper bounds in seconds, without infinity; `known` are the values of the label."""
        self._name, self._text, self._label = name, text, label
        self._bounds = tuple(buckets)
        self._counts: dict[str, list[int]] = {value: self._empty() for value in known}
        self._sums: dict[str, float] = dict.fromkeys(self._counts, 0.0)

    def add(self, value: str, seconds: float) -> None:
        """Count an event that took `seconds`."""
        counts = self._counts.get(value)
        if counts is None:
            counts = self._counts[value] = self._empty()
            self._sums[value] = 0.0
        counts[bisect_left(self._bounds, seconds)] += 1
        self._sums[value] += seconds

    def collect(self) -> Iterable[Metric]:
        """Return the histogram."""
        family = HistogramMetricFamily(self._name, self._text, labels=[self._label])
        names = [*map(str, self._bounds), "+Inf"]
        for value, total in list(self._sums.items()):
            cumulated = accumulate(list(self._counts[value]))
            family.add_metric([value], list(zip(names, cumulated, strict=True)), total)
        yield family

    def _empty(self) -> list[int]:
        return [0] * (len(self._bounds) + 1)


class ServerStates:
    """Whether Valkey answers, by what it is used for."""

    def __init__(self, states: Mapping[str, Callable[[], bool]]) -> None:
        """`states` has a function for each use that says whether the server has answered the last time."""
        self._states = states

    def collect(self) -> Iterable[Metric]:
        """Return 1 for each use whose server answers, and 0 for the others."""
        states = [((use,), float(is_up())) for use, is_up in self._states.items()]
        yield gauges("haas_valkey_up", "Whether Valkey answers, by what it is used for.", ["use"], states)


def gauges(name: str, text: str, labels: Sequence[str], values: Iterable[tuple[Labels, float]]) -> Metric:
    """Return a family of gauges with values, each with the values of its labels."""
    family = GaugeMetricFamily(name, text, labels=labels)
    for each, value in values:
        family.add_metric(each, value)
    return family


def gauge(name: str, text: str, value: float) -> Metric:
    """Return a gauge without labels."""
    return GaugeMetricFamily(name, text, value=value)


@asynccontextmanager
async def metrics_listener(address: str | None, sources: Iterable[Source]) -> AsyncIterator[None]:
    """Answer `GET /metrics` at `address` (`unix:<path>` or `<address>:<port>`; None: nowhere) until the block ends.

    Raises OSError if the address cannot be used.
    """
    if address is None:
        yield
        return
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    for source in sources:
        registry.register(source)
    one_at_a_time = asyncio.Lock()

    async def answer(path: str) -> LocalAnswer:
        if path.partition("?")[0] != METRICS:
            return LocalAnswer(404, "text/plain", b"")
        async with one_at_a_time:  # however often it is asked
            # In a thread: with many tenants the text has thousands of lines, and requests must not wait for them.
            text = await asyncio.to_thread(generate_latest, registry)
        return LocalAnswer(200, CONTENT_TYPE_PLAIN_0_0_4, text)

    async with local_listener(address, answer):
        yield
