"""The tasks of a worker or scheduler, and the schedule, for Prometheus."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Protocol

import msgspec
from prometheus_client.metrics_core import Metric

from haas.metrics import Counts, gauges
from tenants.notices.outbox_delivery import DeliveryCounts


class TaskMetrics:
    """The tasks that this process has run, and the notices that it has delivered."""

    def __init__(self, tasks: Iterable[str]) -> None:
        """`tasks` are the names of the tasks."""
        known = [(task, outcome) for task in tasks for outcome in ("done", "failed")]
        self._tasks = Counts("haas_tasks", "Tasks that have ended.", ("task", "outcome"), known)
        outcomes = [("done",), ("failed",), ("given_up",), ("held_back",)]
        self._notices = Counts("haas_notices", "Attempts to deliver a notice.", ("outcome",), outcomes)

    @contextmanager
    def running(self, task: str) -> Iterator[None]:
        """Count the block as a task that fails if an exception ends the block."""
        outcome = "failed"
        try:
            yield
            outcome = "done"
        finally:
            self._tasks.add((task, outcome))

    def delivered(self, counts: DeliveryCounts) -> None:
        """Count the notices of one delivery."""
        for outcome in ("done", "failed", "given_up", "held_back"):
            self._notices.add((outcome,), getattr(counts, outcome))

    def collect(self) -> Iterable[Metric]:
        """Return what was counted."""
        yield from self._tasks.collect()
        yield from self._notices.collect()


class BrandCheckMetrics:
    """The last daily check of something of all brands in this process. Only the leader of the main node does it."""

    def __init__(self, name: str, text: str, nothing: msgspec.Struct) -> None:
        """`nothing` has the number of brands by state before the first check; each of its fields is a state."""
        self._name, self._text, self._nothing = name, text, nothing
        self._counts = nothing

    def set(self, counts: msgspec.Struct) -> None:
        """Take the result of a check."""
        self._counts = counts

    def forget(self) -> None:
        """Show the result no more: another process does the check now."""
        self._counts = self._nothing

    def collect(self) -> Iterable[Metric]:
        """Return the number of brands by state."""
        states = [((state,), float(number)) for state, number in msgspec.structs.asdict(self._counts).items()]
        yield gauges(self._name, self._text, ["state"], states)


class ScheduledNode(Protocol):
    """The schedule of one database node in this process."""

    @property
    def node(self) -> str:
        """The id of the node."""
        ...

    @property
    def is_leader(self) -> bool:
        """Whether this process runs the jobs of the node."""
        ...

    @property
    def successes(self) -> dict[str, float]:
        """When each job has succeeded last, in seconds since 1970 of the machine's clock, by the name of the job."""
        ...


_LEADER: Final = "Whether this process runs the jobs of the node."
_SUCCESS: Final = "When a job has succeeded last in this process, in seconds since 1970."


class ScheduleMetrics:
    """The schedules of one process."""

    def __init__(self, nodes: Sequence[ScheduledNode]) -> None:
        """Take the schedule of each node."""
        self._nodes = nodes

    def collect(self) -> Iterable[Metric]:
        """Return which nodes this process leads, and when the jobs have succeeded."""
        leaders = [((each.node,), float(each.is_leader)) for each in self._nodes]
        yield gauges("haas_schedule_leader", _LEADER, ["node"], leaders)
        successes = [((each.node, job), at) for each in self._nodes for job, at in each.successes.items()]
        # Not `job`: Prometheus itself gives this label to each target.
        yield gauges("haas_schedule_job_success_timestamp_seconds", _SUCCESS, ["node", "periodic_job"], successes)
