"""`haas import`: imports a retailer's customers, accounts, service points and meter reads into its tenant."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import cast

import click

from haas.progress import ConsoleProgress
from haas.settings import CommandSettings
from ops.deployment_settings import command_settings
from ops.operator_access import OperatorAccess
from tenants.imports.files import MEBIBYTE, FilePosition
from tenants.imports.located_record import LocatedRecord
from tenants.imports.nem12_import import import_nem12
from tenants.imports.report import Finding, Report
from tenants.imports.service import ImportFormat, import_records, read_records

MAXIMUM_SHOWN = 20


@click.command("import")
@click.argument("tenant")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--format",
    "form",
    type=click.Choice(["lines", "dsb", "nem12"]),
    default="lines",
    show_default=True,
    help="lines: JSON Lines of docs/import.md. dsb: the file of the Data Standards Body's test data generator. "
    "nem12: interval reads in AEMO's Meter Data File Format.",
)
@click.option("--holder", type=click.IntRange(0), default=0, help="For dsb: number of the holder in the file, from 0.")
@click.option(
    "--snapshot",
    is_flag=True,
    help="FILE is complete: end the logins, holdings and representations that it does not contain.",
)
@click.option(
    "--report",
    "written",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write every problem and every fix to this file, one on each line.",
)
def command(tenant: str, file: Path, *, form: str, holder: int, snapshot: bool, written: Path | None) -> None:
    """Load FILE, plain or compressed with gzip, into the tenant with the slug TENANT.

    Valid records are loaded. Invalid records are reported with line and path, and the exit status is 1. If a file is
    imported again, existing rows are updated and no duplicates are created.
    """
    report = Report()
    if form == "nem12" and snapshot:
        raise click.UsageError("a file with meter reads cannot be a snapshot")
    with ConsoleProgress().bar(f"{tenant}: MiB read", -(-file.stat().st_size // MEBIBYTE)) as advance:
        if form == "nem12":
            asyncio.run(_import_nem12(command_settings(), tenant, file, report, _mebibytes(advance)))
        else:
            position, advance_to = FilePosition(), _mebibytes(advance)
            records = read_records(file, cast("ImportFormat", form), report, holder=holder, position=position)
            asyncio.run(
                _import(
                    command_settings(),
                    tenant,
                    records,
                    report,
                    lambda _: advance_to(position.bytes_read),
                    snapshot=snapshot,
                )
            )
            advance_to(position.bytes_read)
    if written is not None:
        written.write_text("".join(f"{line}\n" for line in _lines(report)), encoding="utf-8")
    _summarise(report)
    if report.problem_count:
        raise SystemExit(1)


def _mebibytes(advance: Callable[[], None]) -> Callable[[int], None]:
    """Return a function that takes the number of bytes read, and calls `advance` for each mebibyte."""
    done = 0

    def read(number: int) -> None:
        nonlocal done
        while done < -(-number // MEBIBYTE):
            done += 1
            advance()

    return read


async def _import(
    settings: CommandSettings,
    slug: str,
    records: Iterable[LocatedRecord],
    report: Report,
    progress: Callable[[int], None],
    *,
    snapshot: bool,
) -> None:
    async with OperatorAccess.open(settings) as access:
        tenant = await access.find(slug)
        now = access.clock.now()
        await import_records(
            access.database, tenant.namespace, records, report, now=now, snapshot=snapshot, progress=progress
        )


async def _import_nem12(
    settings: CommandSettings, slug: str, file: Path, report: Report, progress: Callable[[int], None]
) -> None:
    async with OperatorAccess.open(settings) as access:
        tenant = await access.find(slug)
        now = access.clock.now()
        await import_nem12(access.database, tenant.namespace, file, report, now=now, progress=progress)


def _lines(report: Report) -> list[str]:
    return [f"problem: {finding}" for finding in report.problems] + [f"fix: {finding}" for finding in report.fixes]


def _summarise(report: Report) -> None:
    for table, count in sorted(report.loaded.items()):
        click.echo(f"{count:>8} {table.replace('_', ' ')}")
    for what, count in _kinds(report.fixes):
        click.echo(f"{count:>8} fixed: {what}")
    for finding in report.problems[:MAXIMUM_SHOWN]:
        click.echo(f"not loaded: {finding}", err=True)
    if report.problem_count > MAXIMUM_SHOWN:
        click.echo(f"… and {report.problem_count - MAXIMUM_SHOWN} more", err=True)


def _kinds(fixes: list[Finding]) -> list[tuple[str, int]]:
    return Counter(finding.reason.partition(" (")[0] for finding in fixes).most_common()
