"""The figures of a benchmark as tables."""

from ops.bench.load import Measured
from ops.bench.report import Row, memory_table, table
from ops.bench.run import Results

MEASURED = Measured(2.0, [0.010] * 950 + [0.040] * 50, 3, received_bytes=5_000_000)


def figures(measured: Measured) -> Results:
    return Results(rows=[Row("Get Energy Accounts", measured, {"app": 0.5, "load": 0.1})], memory={"app": 75.4})


def test_the_table_is_aligned_and_contains_each_figure() -> None:
    head, rule, row = table(figures(MEASURED).rows)
    assert len(head) == len(rule) == len(row)
    assert [cell.strip() for cell in head.strip("|").split("|")] == [
        *(
            "operation",
            "requests/s",
            "p50 ms",
            "p95 ms",
            "p99 ms",
            "503s",
            "MB/s",
            "app CPU",
            "load CPU",
            "app ms each",
        ),
    ]
    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        *("Get Energy Accounts", "500", "10.0", "40.0", "40.0", "3", "2.5", "50%", "10%", "1.00"),
    ]


def test_memory_is_shown_in_mebibytes() -> None:
    assert memory_table({"app": 75.4, "nginx": 9.0})[2].split() == ["|", "|", "75", "|", "9", "|"]
