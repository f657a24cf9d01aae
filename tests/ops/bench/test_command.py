"""What `haas bench` prints: whether the target is met, and on which machine."""

import os

from ops.bench.command import machine_description, verdict
from ops.bench.load import Measured
from ops.bench.report import Row
from ops.bench.run import Results

MEASURED = Measured(2.0, [0.010] * 950 + [0.040] * 50, 3)


def figures(measured: Measured) -> Results:
    return Results(rows=[Row("Get Energy Accounts", measured, {"app": 0.5, "load": 0.1})], memory={"app": 75.4})


def test_the_verdict_compares_rate_and_latency_with_the_target() -> None:
    assert str(verdict(figures(MEASURED))).endswith(": 500 requests/s at 40.0 ms: met")
    assert str(verdict(figures(Measured(3.0, MEASURED.latencies, 0)))).endswith("NOT MET")
    assert str(verdict(figures(Measured(2.0, [0.051] * 1000, 0)))).endswith("NOT MET")
    assert str(verdict(figures(Measured(2.0, [], 7)))).endswith("NOT MET")


def test_the_machine_description_begins_with_the_number_of_cores() -> None:
    assert machine_description().startswith(f"{len(os.sched_getaffinity(0))} cores, ")
