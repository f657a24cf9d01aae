"""Progress on a terminal and in a log."""

import io

import pytest
from rich.console import Console

from haas.progress import NO_PROGRESS, ConsoleProgress


def _run(*, terminal: bool, total: int) -> str:
    output = io.StringIO()
    progress = ConsoleProgress(Console(file=output, force_terminal=terminal, width=100))
    progress.line("begin [with] brackets")
    with progress.bar("tenants", total) as advance:
        for _ in range(total):
            advance()
    return output.getvalue()


def test_without_a_terminal_a_line_is_printed_for_each_tenth() -> None:
    lines = _run(terminal=False, total=1000).splitlines()
    assert lines[0] == "begin [with] brackets"
    assert lines[1] == "tenants: 100 of 1000"
    assert lines[-1] == "tenants: 1000 of 1000"
    assert len(lines) == 11


def test_without_a_terminal_each_of_a_few_steps_is_printed() -> None:
    assert _run(terminal=False, total=3).splitlines()[1:] == [f"tenants: {number} of 3" for number in (1, 2, 3)]
    assert _run(terminal=False, total=0).splitlines() == ["begin [with] brackets"]


def test_on_a_terminal_a_progress_bar_is_printed() -> None:
    assert "7/7" in _run(terminal=True, total=7)


def test_no_progress_writes_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    NO_PROGRESS.line("anything")
    with NO_PROGRESS.bar("steps", 2) as advance:
        advance()
    assert capfd.readouterr() == ("", "")
