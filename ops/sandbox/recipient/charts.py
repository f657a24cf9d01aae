"""The geometry of bar charts, which a template draws as SVG.

Horizontal positions are percentages and vertical ones are pixels, so that a chart is as wide as its page and its text
keeps its size on a phone.
"""

from collections.abc import Callable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final, NamedTuple

from ops.sandbox.recipient.formats import number

PLOT_HEIGHT: Final = 200
TOP: Final = 30
LABELS_HEIGHT: Final = 42
MOST_TICKS: Final = 6
MOST_LABELS: Final = 13
LABELS_ON_A_PHONE: Final = 4
_BAR_SHARE: Final = 72
_SMALLEST_BAR: Final = Decimal(1)
_STEPS: Final = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
_ZERO: Final = Decimal(0)


class Column(NamedTuple):
    """A place of a chart, with a value above zero, a value below zero, both, or none.

    Neither value is negative. Without both, the place is marked as one for which nothing is known. `up_kind` is how the
    bar above zero is drawn. `sublabel` is a second line below `label`. Both can be empty.
    """

    label: str
    description: str
    up: Decimal | None = None
    down: Decimal | None = None
    up_kind: str = "use"
    sublabel: str = ""


class Bar(NamedTuple):
    """A bar: its place, how it is drawn, and the text that a pointer shows."""

    x: str
    y: str
    width: str
    height: str
    kind: str
    title: str


class Tick(NamedTuple):
    """A line across the chart, with its value."""

    y: str
    label: str
    is_zero: bool


class Label(NamedTuple):
    """A text below a column. A minor one is not shown on a narrow screen."""

    x: str
    text: str
    second: str
    minor: bool


class Chart(NamedTuple):
    """A bar chart. `summary` says in a sentence what it shows, for people who do not see it."""

    height: int
    plot_bottom: int
    bars: list[Bar]
    ticks: list[Tick]
    labels: list[Label]
    unit: str
    summary: str


def bar_chart(
    columns: Sequence[Column], *, summary: str, unit: str = "", level_text: Callable[[Decimal], str] = number
) -> Chart | None:
    """Return a chart of the columns, from left to right. None if none of them has a value.

    `unit` is above the levels, and `level_text` makes the text of a level.
    """
    if all(column.up is None and column.down is None for column in columns):
        return None
    highest = max((column.up or _ZERO for column in columns), default=_ZERO)
    lowest = -max((column.down or _ZERO for column in columns), default=_ZERO)
    levels = _levels(lowest, highest)
    top, bottom = levels[-1], levels[0]

    def y(value: Decimal) -> Decimal:
        return TOP + (top - value) * PLOT_HEIGHT / (top - bottom)

    slot = Decimal(100) / len(columns)
    bars: list[Bar] = []
    for index, column in enumerate(columns):
        left, width = _percent(slot * index + slot * (100 - _BAR_SHARE) / 200), _percent(slot * _BAR_SHARE / 100)
        if column.up is None and column.down is None:
            bars.append(Bar(left, _pixels(y(top)), width, _pixels(y(bottom) - y(top)), "gap", column.description))
        if column.up:
            high = max(y(_ZERO) - y(column.up), _SMALLEST_BAR)
            bars.append(Bar(left, _pixels(y(_ZERO) - high), width, _pixels(high), column.up_kind, column.description))
        if column.down:
            high = max(y(-column.down) - y(_ZERO), _SMALLEST_BAR)
            bars.append(Bar(left, _pixels(y(_ZERO)), width, _pixels(high), "export", column.description))
    ticks = [Tick(_pixels(y(level)), level_text(level), level == 0) for level in levels]
    return Chart(
        TOP + PLOT_HEIGHT + LABELS_HEIGHT, TOP + PLOT_HEIGHT, bars, ticks, _labels(columns, slot), unit, summary
    )


def _levels(lowest: Decimal, highest: Decimal) -> list[Decimal]:
    """Return round values from the lowest or below it to the highest or above it. Zero is one of them."""
    span = (highest - lowest) or Decimal(1)
    power = Decimal(10) ** (span / (MOST_TICKS - 2)).adjusted()
    for factor in (*_STEPS, *(step * 10 for step in _STEPS)):
        step = power * factor
        first = (lowest / step).to_integral_value(ROUND_FLOOR)
        last = max((highest / step).to_integral_value(ROUND_CEILING), first + 1)
        if last - first <= MOST_TICKS:
            return [step * level for level in range(int(first), int(last) + 1)]
    raise AssertionError("a step of ten times the span is enough")


def _labels(columns: Sequence[Column], slot: Decimal) -> list[Label]:
    """Return the labels, of which each second one is minor. Of many columns with a label, only some get one.

    The second line of a column without a label is that of the next label.
    """
    labelled = [index for index, column in enumerate(columns) if column.label]
    every = -(-len(labelled) // MOST_LABELS) or 1
    shown = labelled[::every]
    begins = [0, *(index + 1 for index in shown)]
    return [
        Label(
            _percent(slot * index + slot / 2),
            columns[index].label,
            next((column.sublabel for column in columns[begins[place] : index + 1] if column.sublabel), ""),
            len(shown) > LABELS_ON_A_PHONE and place % 2 == 1,
        )
        for place, index in enumerate(shown)
    ]


def _percent(value: Decimal) -> str:
    return f"{value:.3f}%"


def _pixels(value: Decimal) -> str:
    return f"{value:.1f}"
