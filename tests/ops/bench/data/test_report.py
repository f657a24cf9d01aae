"""The verdicts of the data benchmark."""

import pytest

from ops.bench.data.report import first_byte_verdict, memory_verdict, tenants_verdict, thresholds_verdict
from ops.bench.data.run import MeasuredCall
from ops.bench.data.streams import StreamedForm
from ops.bench.load import Measured
from ops.bench.report import Row


def row(name: str, p95: float, *, too_busy: int = 0) -> Row:
    return Row(name, Measured(1.0, [p95 / 2] * 90 + [p95] * 10, too_busy), {"app": 0.5})


def test_a_p95_above_the_threshold_of_its_tier_does_not_meet_the_budget() -> None:
    quick, closer = MeasuredCall(row("quick", 0.5), 1.5), MeasuredCall(row("closer", 0.9), 1.5)
    late = MeasuredCall(row("late", 1.6), 1.5)
    assert str(thresholds_verdict([quick, closer])).endswith(": closer 900 of 1,500 ms: met")
    assert str(thresholds_verdict([quick, late, closer])).endswith(": late 1,600 of 1,500 ms: NOT MET")


def test_more_than_a_twentieth_of_refusals_with_503_does_not_meet_the_budget() -> None:
    assert thresholds_verdict([MeasuredCall(row("few", 0.5, too_busy=5), 1.5)]).met
    assert str(thresholds_verdict([MeasuredCall(row("many", 0.5, too_busy=6), 1.5)])).endswith(
        "500 of 1,500 ms, 6 times 503: NOT MET"
    )
    assert not thresholds_verdict([MeasuredCall(Row("all", Measured(1.0, [], 3), {}), 1.5)]).met


@pytest.mark.parametrize(("slowest", "met"), [(0.3, True), (0.301, False)])
def test_the_slowest_first_byte_is_compared_with_its_budget(slowest: float, met: bool) -> None:  # noqa: FBT001
    assert first_byte_verdict(StreamedForm("FULL", Measured(1.0, [1.0] * 2, 0, [0.1, slowest]), {})).met == met


def test_the_process_that_grew_most_decides_about_memory() -> None:
    stream = StreamedForm("FULL", Measured(1.0, [1.0], 0, [0.1]), {"app": 140.0, "nginx": 61.0})
    assert str(memory_verdict(stream, {"app": 90.0, "nginx": 10.0})).endswith(": nginx 51 MiB: NOT MET")
    assert str(memory_verdict(stream, {"app": 90.0, "nginx": 11.0})).endswith("50 MiB: met")


def test_the_p95_with_many_tenants_is_compared_with_that_with_one() -> None:
    assert str(tenants_verdict(row("Get", 0.010), row("Get", 0.015), 1000)).endswith(": 1.50 times: met")
    assert str(tenants_verdict(row("Get", 0.010), row("Get", 0.0151), 1000)).endswith(": 1.51 times: NOT MET")
