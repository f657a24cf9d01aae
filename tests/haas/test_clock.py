"""The system clock, and the movable clock that all processes with the same file share."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from haas.clock import MovableClock, SystemClock, clock_from, epoch


def test_the_system_clock_returns_aware_times_in_utc() -> None:
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize("by", [timedelta(0), timedelta(days=400), timedelta(days=-400)])
def test_the_timestamp_is_the_same_time_in_seconds(tmp_path: Path, by: timedelta) -> None:
    movable = MovableClock(tmp_path / "clock")
    movable.move(by)
    for clock in (SystemClock(), movable):
        assert clock.now().timestamp() == pytest.approx(clock.timestamp(), abs=5)
    assert movable.timestamp() - SystemClock().timestamp() == pytest.approx(by.total_seconds(), abs=5)


def test_clock_from_a_path_is_movable(tmp_path: Path) -> None:
    assert isinstance(clock_from(None), SystemClock)
    assert isinstance(clock_from(tmp_path / "clock"), MovableClock)


@pytest.mark.parametrize("by", [timedelta(days=400), timedelta(days=-400), timedelta(microseconds=1), timedelta(0)])
def test_a_move_is_seen_by_another_clock_of_the_same_file(tmp_path: Path, by: timedelta) -> None:
    mover, other = MovableClock(tmp_path / "clock"), MovableClock(tmp_path / "clock")
    mover.move(by)
    assert other.offset == by
    assert abs(other.now() - datetime.now(UTC) - by) < timedelta(seconds=5)
    mover.move(by)
    assert other.offset == 2 * by
    other.reset()
    assert mover.offset == timedelta(0)


def test_the_offset_is_stored_in_the_file(tmp_path: Path) -> None:
    MovableClock(tmp_path / "clock").move(timedelta(hours=1))
    assert (tmp_path / "clock").read_bytes() == (3600 * 10**6).to_bytes(8, "little")
    assert MovableClock(tmp_path / "clock").offset == timedelta(hours=1)


@pytest.mark.parametrize("content", [b"", b"\x01", b"\x00" * 3])
def test_a_file_that_is_too_short_is_extended(tmp_path: Path, content: bytes) -> None:
    """Another process may be creating the file: emptying it would break the memory mapping of that process."""
    (tmp_path / "clock").write_bytes(content)
    clock = MovableClock(tmp_path / "clock")
    assert (tmp_path / "clock").stat().st_size == 8
    clock.reset()
    assert clock.offset == timedelta(0)


CHILD = """
import sys
from datetime import timedelta
from pathlib import Path
from haas.clock import MovableClock

clock = MovableClock(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.readline()
print(clock.offset // timedelta(seconds=1), flush=True)
clock.move(timedelta(seconds=7))
"""


async def test_each_of_two_processes_sees_the_moves_of_the_other(tmp_path: Path) -> None:
    clock = MovableClock(tmp_path / "clock")
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        CHILD,
        str(tmp_path / "clock"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdin
    assert child.stdout
    assert await child.stdout.readline() == b"open\n"
    clock.move(timedelta(seconds=60))
    child.stdin.write(b"\n")
    assert await child.stdout.readline() == b"60\n"
    assert await child.wait() == 0
    assert clock.offset == timedelta(seconds=67)


def test_epoch_counts_whole_seconds() -> None:
    assert epoch(datetime(1970, 1, 1, 0, 0, 1, 999999, tzinfo=UTC)) == 1
    assert epoch(datetime(2026, 11, 24, tzinfo=UTC)) == 1795478400
