"""What a benchmark says: figures as tables, processes from /proc, and whether the aim is met."""

import os
import subprocess
import sys

from ops.bench.command import machine, verdict
from ops.bench.load import Measured
from ops.bench.processes import cpu_seconds, memory_mib, own_cpu_seconds
from ops.bench.report import Row, memory_table, table
from ops.bench.run import Figures

MEASURED = Measured(2.0, [0.010] * 950 + [0.040] * 50, 3)


def figures(measured: Measured) -> Figures:
    return Figures(rows=[Row("Get Energy Accounts", measured, {"app": 0.5, "load": 0.1})], memory={"app": 75.4})


def test_the_table_lines_up_and_tells_each_figure() -> None:
    head, rule, row = table(figures(MEASURED).rows)
    assert len(head) == len(rule) == len(row)
    assert [cell.strip() for cell in head.strip("|").split("|")] == [
        *("operation", "requests/s", "p50 ms", "p95 ms", "p99 ms", "503s", "app CPU", "load CPU", "app ms each"),
    ]
    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        *("Get Energy Accounts", "500", "10.0", "40.0", "40.0", "3", "50%", "10%", "1.00"),
    ]


def test_memory_is_told_in_mebibytes() -> None:
    assert memory_table({"app": 75.4, "nginx": 9.0})[2].split() == ["|", "|", "75", "|", "9", "|"]


def test_the_aim_is_a_rate_and_a_latency() -> None:
    assert verdict(figures(MEASURED)).endswith(": holds")
    assert verdict(figures(Measured(3.0, MEASURED.latencies, 0))).endswith("DOES NOT HOLD")
    assert verdict(figures(Measured(2.0, [0.051] * 1000, 0))).endswith("DOES NOT HOLD")


def test_the_machine_is_described() -> None:
    assert machine().startswith(f"{len(os.sched_getaffinity(0))} cores, ")


def test_processes_are_counted_with_their_descendants() -> None:
    burn = "import time\nwhile time.process_time() < 0.2: pass\nprint('done', flush=True)\ninput()"
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


def test_own_processor_time_rises() -> None:
    before = own_cpu_seconds()
    sum(range(5_000_000))
    assert own_cpu_seconds() > before
