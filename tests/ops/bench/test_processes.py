"""Processor time and memory of processes, read from /proc."""

import subprocess
import sys
import time

from ops.bench.processes import cpu_seconds, highest_memory_mib, memory_mib, own_cpu_seconds


def test_processes_are_counted_with_their_descendants() -> None:
    # More than the 0.2 s that are asserted: the kernel counts in ticks, and rounds down for each process.
    burn = "import time\nwhile time.process_time() < 0.3: pass\nprint('done', flush=True)\ninput()"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}])"
    with subprocess.Popen(  # noqa: S603 - this interpreter
        [sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"done\n"
        assert cpu_seconds({"part": process.pid})["part"] >= 0.2
        assert memory_mib({"part": process.pid, "none": 2**22 + 1})["part"] > 2
        process.communicate(b"\n")
    assert cpu_seconds({"part": 2**22 + 1}) == {"part": 0}


def test_the_highest_memory_is_kept_after_the_process_has_freed_it() -> None:
    child = (
        "kept = b'a' * (60 << 20)\nprint('held', flush=True)\ninput()\ndel kept\nprint('freed', flush=True)\ninput()"
    )
    with subprocess.Popen(  # noqa: S603 - this interpreter
        [sys.executable, "-c", child], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        with highest_memory_mib({"part": process.pid}) as highest:
            assert process.stdout.readline() == b"held\n"
            deadline = time.monotonic() + 30
            while highest["part"] < 60 and time.monotonic() < deadline:
                pass
            process.stdin.write(b"\n")
            process.stdin.flush()
            assert process.stdout.readline() == b"freed\n"
        assert highest["part"] >= 60
        assert memory_mib({"part": process.pid})["part"] < 30
        process.communicate(b"\n")


def test_own_processor_time_increases() -> None:
    before = own_cpu_seconds()
    sum(range(5_000_000))
    assert own_cpu_seconds() > before
