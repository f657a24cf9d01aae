"""The figures of a benchmark as tables."""

import math
from collections.abc import Mapping, Sequence

import msgspec

from ops.bench.load import Measured

_PROCESSES = ("app", "nginx", "postgres", "valkey", "worker", "load")


class Row(msgspec.Struct, frozen=True):
    """The figures of one operation. `cpu` is the number of processor cores that each process uses on average.

    The application's processor time for each request depends little on the other load of the machine.
    """

    operation: str
    measured: Measured
    cpu: Mapping[str, float]

    @property
    def app_milliseconds(self) -> float:
        """The application's processor time for each request."""
        return self.cpu.get("app", 0.0) / self.measured.rate * 1000 if self.measured.rate else math.inf


class Verdict(msgspec.Struct, frozen=True):
    """Whether a budget is met."""

    what: str
    budget: str
    measured: str
    met: bool

    def __str__(self) -> str:
        """Return the line that a benchmark prints."""
        return f"{self.what}: {self.budget}: {self.measured}: {'met' if self.met else 'NOT MET'}"


def table(rows: Sequence[Row]) -> list[str]:
    """Return the lines of a Markdown table of the operations."""
    names = [name for name in _PROCESSES if any(name in row.cpu for row in rows)]
    head = [
        "operation",
        "requests/s",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "503s",
        "MB/s",
        *(f"{name} CPU" for name in names),
        "app ms each",
    ]
    body = [
        [
            row.operation,
            f"{row.measured.rate:,.0f}",
            *(f"{row.measured.percentile(percent) * 1000:.1f}" for percent in (50, 95, 99)),
            f"{row.measured.too_busy}",
            f"{row.measured.bytes_per_second / 1e6:.1f}",
            *(f"{row.cpu.get(name, 0.0) * 100:.0f}%" for name in names),
            f"{row.app_milliseconds:.2f}",
        ]
        for row in rows
    ]
    return markdown([head, *body])


def memory_table(memory: Mapping[str, float]) -> list[str]:
    """Return the lines of a Markdown table of each process's memory."""
    return memory_rows({"": memory})


def memory_rows(memory: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Return the lines of a Markdown table of each process's memory at several times, by their names."""
    processes = list(next(iter(memory.values())))
    rows = [[when, *(f"{at[process]:.0f}" for process in processes)] for when, at in memory.items()]
    return markdown([["MiB", *processes], *rows])


def markdown(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table with aligned columns. The first row is the head."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| "
        + " | ".join(_padded(cell, width, column) for column, (cell, width) in enumerate(zip(row, widths, strict=True)))
        + " |"
        for row in rows
    ]
    rule = (
        "|"
        + "|".join("-" * (width + 2) if column == 0 else "-" * (width + 1) + ":" for column, width in enumerate(widths))
        + "|"
    )
    return [lines[0], rule, *lines[1:]]


def _padded(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column == 0 else cell.rjust(width)
