"""Measures how fast NEM12 files are read and imported, and compares the speed with its target.

Run as `python -m ops.bench.nem12 [--reads 10000000] [--seed 1]`.

It writes files to a temporary folder. Each has refused records, days with 400 records, and 500 records. First, one
process only reads each file, to the stored form of each day. Then each file is imported into an embedded PostgreSQL.
"""

import random
import resource
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import click
import msgspec

from haas.logs import configure
from ops.bench.command import machine_description
from ops.bench.nem12_import import ImportSpeed, import_table, measure_imports
from ops.bench.report import markdown
from ops.smoke.foreground import folder_kept_on_failure
from tenants.imports.files import MEBIBYTE, FileLimits
from tenants.imports.nem12_reader import read_nem12_file
from tenants.imports.report import Report
from tenants.usage.models import intervals_of_a_day
from tenants.usage.packed_values import pack_values

TARGET: Final = 30_000_000
"""The interval reads that an import must store in a minute on two cores, with its report."""
_LIMITS: Final = FileLimits(file_bytes=1024 * 1024 * MEBIBYTE)
_POOL: Final = 500
"""So many different days are repeated, because random values take longer to make than to read."""
_DAYS_OF_A_REGISTER: Final = 365
_FIRST_DAY: Final = date(2025, 1, 1)


class NumberForm(msgspec.Struct, frozen=True):
    """One of the forms of numbers that files have."""

    name: str
    prefix: str
    """The first three characters of the NMIs, so that no file has days of another one."""
    minutes: int
    written: Callable[[int], bytes]
    """Write a number of thousandths."""


def _three_places(thousandths: int) -> bytes:
    return b"%d.%03d" % divmod(thousandths, 1000)


def _shortest(thousandths: int) -> bytes:
    return _three_places(thousandths).rstrip(b"0").rstrip(b".")


FORMS: Final = (
    NumberForm("5 minutes, three decimal places", "NMA", 5, _three_places),
    NumberForm("30 minutes, three decimal places", "NMB", 30, _three_places),
    NumberForm("5 minutes, zeros at the end left out", "NMC", 5, _shortest),
)


class Speed(msgspec.Struct, frozen=True):
    """What was read, and what it took."""

    form: str
    reads: int
    days: int
    refused: int
    file_bytes: int
    packed_bytes: int
    seconds: float
    cpu_seconds: float

    @property
    def per_minute(self) -> float:
        """Interval reads in a minute. It depends on what else runs on the machine."""
        return self.reads / self.seconds * 60

    @property
    def per_cpu_minute(self) -> float:
        """Interval reads in a minute of processor time."""
        return self.reads / self.cpu_seconds * 60


@click.command()
@click.option("--reads", type=click.IntRange(1), default=10_000_000, show_default=True, help="Of each file.")
@click.option("--seed", type=int, default=1, show_default=True)
def main(reads: int, seed: int) -> None:
    """Measure reading NEM12 files, in one process."""
    configure("WARNING")
    click.echo(f"{machine_description()}\n")
    with folder_kept_on_failure("haas-bench-") as folder:
        path = folder / "reads.csv"
        speeds = [measure(path, form, reads, seed) for form in FORMS]
        files = [
            (form.name, intervals_of_a_day(form.minutes), partial(write, path, form, reads, seed)) for form in FORMS
        ]
        imports = measure_imports(folder, files, nmis(reads))
    for line in [*table(speeds), "", *import_table(imports), "", *verdict(imports), _memory()]:
        click.echo(line)


def measure(path: Path, form: NumberForm, reads: int, seed: int) -> Speed:
    """Write a file of at least `reads` interval reads to `path`, and read it."""
    write(path, form, reads, seed)
    report = Report()
    days = packed = 0
    began, cpu_began = time.perf_counter(), time.process_time()
    for read in read_nem12_file(path, report, _LIMITS):
        days += 1
        packed += len(pack_values(read.day.values))
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    return Speed(
        form=form.name,
        reads=days * intervals_of_a_day(form.minutes),
        days=days,
        refused=report.problem_count,
        file_bytes=path.stat().st_size,
        packed_bytes=packed,
        seconds=seconds,
        cpu_seconds=cpu_seconds,
    )


def write(path: Path, form: NumberForm, reads: int, seed: int) -> Path:
    """Write a file of at least `reads` interval reads to `path`."""
    with path.open("wb") as file:
        file.writelines(lines(form, reads, seed))
    return path


def nmis(reads: int) -> list[str]:
    """Return the NMIs in the files with that number of reads."""
    return [nmi for form in FORMS for nmi in _nmis(form, reads)]


def _nmis(form: NumberForm, reads: int) -> list[str]:
    days = -(-reads // intervals_of_a_day(form.minutes))
    return [_nmi(form, register) for register in range(0, -(-days // _DAYS_OF_A_REGISTER), 2)]


def _nmi(form: NumberForm, register: int) -> str:
    """Return the NMI of a register. Each service point has two."""
    return f"{form.prefix}{register // 2:07}"


def lines(form: NumberForm, reads: int, seed: int) -> Iterator[bytes]:
    """Yield a file: a tenth of the days with 400 records, a tenth with 500 records, and one in a hundred refused."""
    chance = random.Random(seed)  # noqa: S311 - values of a benchmark
    count = intervals_of_a_day(form.minutes)
    pool = [b",".join(map(form.written, _day(chance, count))) for _ in range(_POOL)]
    yield b"100,NEM12,202601010000,MDP1,RETAILER1\n"
    for number in range(-(-reads // count)):
        if number % _DAYS_OF_A_REGISTER == 0:
            register = number // _DAYS_OF_A_REGISTER
            nmi, suffix = _nmi(form, register).encode(), b"E1" if register % 2 else b"B1"
            yield b"200,%s,E1B1,1,%s,N1,METER%s,kWh,%d,\n" % (nmi, suffix, nmi, form.minutes)
        day = _FIRST_DAY + timedelta(days=number % _DAYS_OF_A_REGISTER)
        began, values = b"300,%s," % day.strftime("%Y%m%d").encode(), pool[number % _POOL]
        rest = b",,,20260101120000,20260101130000\n"
        if number % 100 == 99:  # noqa: PLR2004 - one in a hundred
            yield began + values + b",1.0,A" + rest  # one value too many
        elif number % 10 == 0:
            yield began + values + b",V" + rest
            half = count // 2
            yield b"400,1,%d,A,,\n400,%d,%d,S14,1,\n400,%d,%d,F14,1,\n" % (half, half + 1, count - 1, count, count)
        else:
            yield began + values + b",A" + rest
        if number % 10 == 5:  # noqa: PLR2004 - a tenth
            yield b"500,O,SERVICEORDER1,20260101000001,1234.5\n"
    yield b"900\n"


def _day(chance: random.Random, count: int) -> Iterator[int]:
    """Yield thousandths of a household: a base load, and devices that are switched on and off."""
    base, device = chance.randrange(5, 30), 0
    for _ in range(count):
        if chance.random() < 0.03:  # noqa: PLR2004 - about every three hours
            device = chance.randrange(1500) * chance.randrange(2)
        yield base + chance.randrange(10) + device + chance.randrange(1 + device // 5)


def table(speeds: list[Speed]) -> list[str]:
    """Return the lines of a Markdown table."""
    head = [
        "file",
        "reads",
        "days",
        "refused",
        "MB",
        "s",
        "CPU s",
        "million reads/min",
        "per CPU min",
        "CPU µs a day",
        "stored bytes a day",
    ]
    body = [
        [
            speed.form,
            f"{speed.reads:,}",
            f"{speed.days:,}",
            f"{speed.refused:,}",
            f"{speed.file_bytes / 1e6:.0f}",
            f"{speed.seconds:.1f}",
            f"{speed.cpu_seconds:.1f}",
            f"{speed.per_minute / 1e6:.0f}",
            f"{speed.per_cpu_minute / 1e6:.0f}",
            f"{speed.cpu_seconds / speed.days * 1e6:.0f}",
            f"{speed.packed_bytes / speed.days:.0f}",
        ]
        for speed in speeds
    ]
    return markdown([head, *body])


def verdict(imports: list[ImportSpeed]) -> list[str]:
    """Return a sentence for each import that says whether the target is met."""
    return [
        f"{speed.file}: at least {TARGET / 1e6:.0f} million reads in a minute of the busier processor: "
        f"{'met' if speed.per_minute_of_a_processor >= TARGET else 'NOT MET'}"
        for speed in imports
    ]


def _memory() -> str:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"largest memory of the process: {peak:.0f} MiB"


if __name__ == "__main__":
    main()
