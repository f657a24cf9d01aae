"""Processor time and memory of processes, read from /proc."""

import subprocess
import sys

from ops.bench.processes import cpu_seconds, memory_mib, own_cpu_seconds


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


def test_own_processor_time_increases() -> None:
    before = own_cpu_seconds()
    sum(range(5_000_000))
    assert own_cpu_seconds() > before
