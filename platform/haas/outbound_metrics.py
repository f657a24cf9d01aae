"""The requests to other parties, for Prometheus. No label names a server."""

from collections.abc import Callable, Iterable
from typing import Final, Literal, get_args

from prometheus_client.metrics_core import Metric

from haas.metrics import Counts, Durations, gauges

Peer = Literal["aemo", "upstream", "other"]
"""What kind of server is asked: AEMO's, a retailer's own, or that of another party, such as a recipient's."""
PEERS: Final[tuple[Peer, ...]] = get_args(Peer)
OutboundOutcome = Literal["answered", "server_error", "failed", "not_sent"]
"""server_error: the status is 500 or more; failed: there was no complete answer; not_sent: the circuit is open."""
BUCKETS: Final = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5, 4.5, 10.0)


class OutboundMetrics:
    """The requests of one process."""

    def __init__(self, open_circuits: Callable[[], Iterable[Peer]]) -> None:
        """`open_circuits` returns the kind of server of each circuit that is open now."""
        self._open_circuits = open_circuits
        known = [(peer, outcome) for peer in PEERS for outcome in get_args(OutboundOutcome)]
        self._requests = Counts("haas_outbound_requests", "Requests to others.", ("peer", "outcome"), known)
        self._seconds = Durations("haas_outbound_seconds", "Times of requests to others.", "peer", BUCKETS, PEERS)

    def add(self, peer: Peer, outcome: OutboundOutcome, seconds: float) -> None:
        """Count a request."""
        self._requests.add((peer, outcome))
        self._seconds.add(peer, seconds)

    def collect(self) -> Iterable[Metric]:
        """Return what was counted, and how many circuits are open now."""
        yield from self._requests.collect()
        yield from self._seconds.collect()
        found = list(self._open_circuits())
        is_open = [((peer,), float(found.count(peer))) for peer in PEERS]
        yield gauges("haas_outbound_circuits_open", "Servers to which nothing is sent for a while.", ["peer"], is_open)
