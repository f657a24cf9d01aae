"""The figures of a benchmark as tables."""

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
        *(f"{name} CPU" for name in names),
        "app ms each",
    ]
    body = [
        [
            row.operation,
            f"{row.measured.rate:,.0f}",
            *(f"{row.measured.percentile(percent) * 1000:.1f}" for percent in (50, 95, 99)),
            f"{row.measured.too_busy}",
            *(f"{row.cpu.get(name, 0.0) * 100:.0f}%" for name in names),
            f"{row.cpu.get('app', 0.0) / row.measured.rate * 1000:.2f}",
        ]
        for row in rows
    ]
    return markdown([head, *body])


def memory_table(memory: Mapping[str, float]) -> list[str]:
    """Return the lines of a Markdown table of each process's memory."""
    return markdown([["MiB", *memory], ["", *(f"{mib:.0f}" for mib in memory.values())]])


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
