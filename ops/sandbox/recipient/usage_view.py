"""The page of the usage: months and half hours, each as a chart and as the rows of a table."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from ops.sandbox.recipient.charts import Chart, Column, bar_chart
from ops.sandbox.recipient.formats import day as day_text
from ops.sandbox.recipient.formats import energy, listed, years
from ops.sandbox.recipient.records import Arrangement, UsageRecord
from ops.sandbox.recipient.service_points import names_of_points
from ops.sandbox.recipient.usage import newest_read_day
from ops.sandbox.recipient.usage_reads import HALF_HOURS, DayReads, MonthUse, months

_LABELLED: Final = 12
_NO_READS: Final = "No reads"


class Row(NamedTuple):
    """A row of a table: the values are texts, and the note says how far they can be trusted."""

    name: str
    consumed: str
    controlled_load: str
    exported: str
    note: str


class Figures(NamedTuple):
    """A chart with its table. `total` is the last row. Columns that no row needs are not shown."""

    chart: Chart | None
    rows: list[Row]
    total: Row
    has_export: bool
    has_controlled_load: bool
    has_gaps: bool


class DayFigures(NamedTuple):
    """The half hours of a day, and the days before and after it that can be shown. `figures` is None without reads."""

    day: date
    previous: date | None
    following: date | None
    figures: Figures | None


class UsageView(NamedTuple):
    """The usage of one service point. `points` are the names of all of them. `number` is its place, from 1."""

    points: list[str]
    number: int
    months: Figures
    day: DayFigures | None
    notes: list[str]
    record: UsageRecord


def usage_view(arrangement: Arrangement, number: int, day: date | None) -> UsageView | None:
    """Return what is shown of the service point with that number. None if there are no reads.

    A number that does not exist is that of the first one. Without `day`, the latest day with reads is shown.
    """
    usage = arrangement.usage
    if usage is None or not usage.periods:
        return None
    points = usage_points(arrangement)
    number = number if 1 <= number <= len(points) else 1
    point = points[number - 1]
    by_month = months(usage.periods, point, usage.oldest, usage.newest)
    shown = day or newest_read_day(usage)
    return UsageView(
        points=[names_of_points(arrangement.fetched, points)[id_] for id_ in points],
        number=number,
        months=_month_figures(by_month),
        day=None if shown is None else _day_figures(usage, point, shown),
        notes=_notes(usage, by_month),
        record=usage,
    )


def usage_points(arrangement: Arrangement) -> list[str]:
    """Return the ids of the service points with reads, in the order of the list of service points."""
    usage = arrangement.usage
    ids = {use.service_point for use in usage.periods} if usage is not None else set()
    names = names_of_points(arrangement.fetched, sorted(ids))
    return [id_ for id_ in names if id_ in ids]


def _month_figures(uses: Sequence[MonthUse]) -> Figures:
    columns = [
        Column(
            label=f"{use.month:%b}",
            sublabel=year,
            description=_described(f"{use.month:%B %Y}", use.consumed, use.exported, known=bool(use.days)),
            up=use.consumed if use.days else None,
            down=use.exported if use.days else None,
        )
        for use, year in zip(uses, years([use.month for use in uses]), strict=True)
    ]
    rows = [
        Row(
            f"{use.month:%b %Y}",
            energy(use.consumed) if use.days else _NO_READS,
            energy(use.controlled_load) if use.days else "",
            energy(use.exported) if use.days else "",
            _month_note(use),
        )
        for use in uses
    ]
    known = [use for use in uses if use.days]
    totals = [sum((use.consumed for use in known), Decimal(0)), sum((use.exported for use in known), Decimal(0))]
    controlled = sum((use.controlled_load for use in known), Decimal(0))
    summary = (
        f"Electricity of {len(known)} months: {energy(totals[0])} kWh from the grid"
        f"{f', {energy(totals[1])} kWh to the grid' if totals[1] else ''}. The table below has the values."
    )
    return Figures(
        chart=bar_chart(columns, unit="kWh", summary=summary),
        rows=rows,
        total=Row("Total", energy(totals[0]), energy(controlled), energy(totals[1]), ""),
        has_export=bool(totals[1]),
        has_controlled_load=bool(controlled),
        has_gaps=len(known) < len(uses),
    )


def _month_note(use: MonthUse) -> str:
    parts = [
        f"{use.days} of {use.of_days} days" if 0 < use.days < use.of_days else "",
        "partly estimated" if use.estimated else "",
        "shared out from a longer read" if use.spread else "",
    ]
    text = listed(parts)
    return text[:1].upper() + text[1:]


def _day_figures(usage: UsageRecord, point: str, day: date) -> DayFigures:
    of_day = next((reads for reads in usage.days.get(day.isoformat(), []) if reads.service_point == point), None)
    one = timedelta(days=1)
    return DayFigures(
        day=day,
        previous=day - one if day > usage.oldest else None,
        following=day + one if day < usage.newest else None,
        figures=None if of_day is None else _half_hour_figures(of_day, day),
    )


def _half_hour_figures(reads: DayReads, day: date) -> Figures:
    columns, rows = [], []
    for index, (consumed, exported) in enumerate(zip(reads.consumed, reads.exported, strict=True)):
        begin, end = _clock(index), _clock(index + 1)
        columns.append(
            Column(
                label=begin if index % _LABELLED == 0 else "",
                description=_described(f"{begin} to {end}", consumed, exported, known=consumed is not None, places=3),
                up=consumed,
                down=exported,
            )
        )
        rows.append(
            Row(
                f"{begin} to {end}",
                _NO_READS if consumed is None else energy(consumed, 3),
                "",
                "" if exported is None else energy(exported, 3),
                "Estimated" if reads.estimated[index] else "",
            )
        )
    totals = [sum(filter(None, values), Decimal(0)) for values in (reads.consumed, reads.exported)]
    summary = (
        f"Electricity of each half hour of {day_text(day)}: {energy(totals[0], 3)} kWh from the grid"
        f"{f', {energy(totals[1], 3)} kWh to the grid' if totals[1] else ''}. The table below has the values."
    )
    return Figures(
        chart=bar_chart(columns, unit="kWh", summary=summary),
        rows=rows,
        total=Row("Total", energy(totals[0], 3), "", energy(totals[1], 3), ""),
        has_export=bool(totals[1]),
        has_controlled_load=False,
        has_gaps=None in reads.consumed,
    )


def _described(when: str, consumed: Decimal | None, exported: Decimal | None, *, known: bool, places: int = 1) -> str:
    if not known or consumed is None:
        return f"{when}: no reads"
    export = f", {energy(exported, places)} kWh to the grid" if exported else ""
    return f"{when}: {energy(consumed, places)} kWh from the grid{export}"


def _clock(half_hour: int) -> str:
    """Return the time at which a half hour begins. The last one ends at 24:00."""
    return f"{half_hour // 2:02}:{half_hour % 2 * 30:02}" if half_hour <= HALF_HOURS else ""


def _notes(usage: UsageRecord, by_month: Sequence[MonthUse]) -> list[str]:
    return [
        note
        for note in (
            "Your meter is read once for several months. We share each read out evenly over its days."
            if any(use.spread for use in by_month)
            else "",
            f"Reads in other units are not shown: {', '.join(usage.other_units)}." if usage.other_units else "",
            f"{usage.unusable} reads could not be used." if usage.unusable else "",
            "" if usage.complete else "There are more reads than we read, so the oldest months are not complete.",
        )
        if note
    ]
