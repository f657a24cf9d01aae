"""The states of a circuit, on the platform's clock."""

from datetime import timedelta
from pathlib import Path

import pytest

from haas.circuit_breaker import FAILURES_TO_OPEN, SECONDS_OPEN, CircuitBreaker
from haas.clock import MovableClock

OPEN = timedelta(seconds=SECONDS_OPEN)


@pytest.fixture
def clock(tmp_path: Path) -> MovableClock:
    return MovableClock(tmp_path / "clock")


def fail(circuit: CircuitBreaker, times: int = FAILURES_TO_OPEN) -> None:
    for _ in range(times):
        assert circuit.admit()
        circuit.record(success=False)


def test_it_opens_after_failures_in_a_row(clock: MovableClock) -> None:
    circuit = CircuitBreaker(clock)
    fail(circuit, FAILURES_TO_OPEN - 1)
    circuit.record(success=True)
    fail(circuit)
    assert not circuit.admit()


def test_one_request_is_tried_and_its_success_closes_the_circuit(clock: MovableClock) -> None:
    circuit = CircuitBreaker(clock)
    fail(circuit)
    clock.move(OPEN)
    assert [circuit.admit() for _ in range(3)] == [True, False, False]
    circuit.record(success=True)
    assert [circuit.admit() for _ in range(3)] == [True, True, True]


def test_a_failure_of_the_trial_opens_it_again(clock: MovableClock) -> None:
    circuit = CircuitBreaker(clock)
    fail(circuit)
    clock.move(OPEN)
    fail(circuit, 1)
    assert not circuit.admit()
    clock.move(OPEN)
    assert circuit.admit()


def test_a_cancelled_trial_is_followed_by_another(clock: MovableClock) -> None:
    circuit = CircuitBreaker(clock)
    fail(circuit)
    clock.move(OPEN)
    assert circuit.admit()
    circuit.abandon()
    assert [circuit.admit() for _ in range(2)] == [True, False]


def test_a_clock_that_was_set_back_does_not_keep_it_open(clock: MovableClock) -> None:
    circuit = CircuitBreaker(clock)
    fail(circuit)
    clock.move(timedelta(days=-1))
    assert circuit.admit()
