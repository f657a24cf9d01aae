"""The geometry of bar charts."""

from decimal import Decimal
from itertools import pairwise

import pytest

from ops.sandbox.recipient.charts import MOST_LABELS, PLOT_HEIGHT, TOP, Chart, Column, bar_chart


def column(up: str | None = None, down: str | None = None, label: str = "x") -> Column:
    values = [None if value is None else Decimal(value) for value in (up, down)]
    return Column(label, "description", *values)


def chart(*columns: Column) -> Chart:
    drawn = bar_chart(columns, summary="summary", unit="kWh")
    assert drawn is not None
    return drawn


def test_the_height_of_a_bar_is_in_proportion_to_its_value() -> None:
    full, half = chart(column("100"), column("50")).bars
    assert (full.y, full.height) == (f"{TOP}.0", f"{PLOT_HEIGHT}.0")
    assert (half.y, half.height) == (f"{TOP + PLOT_HEIGHT / 2}", f"{PLOT_HEIGHT / 2}")


def test_bars_stay_inside_the_plot_and_do_not_overlap() -> None:
    bars = chart(*[column(str(value), "7.5") for value in range(1, 49)]).bars
    assert all(TOP <= float(bar.y) <= float(bar.y) + float(bar.height) <= TOP + PLOT_HEIGHT + 1 for bar in bars)
    places = [(float(bar.x[:-1]), float(bar.x[:-1]) + float(bar.width[:-1])) for bar in bars[::2]]
    assert all(end < begin for (_, end), (begin, _) in pairwise(places))
    assert places[0][0] > 0
    assert places[-1][1] < 100


def test_values_below_zero_are_drawn_downwards_from_the_line_of_zero_in_another_way() -> None:
    drawn = chart(column("100", "50"))
    up, down = drawn.bars
    [zero] = [tick for tick in drawn.ticks if tick.is_zero]
    assert float(up.y) + float(up.height) == float(zero.y) == float(down.y)
    assert (up.kind, down.kind) == ("use", "export")


def test_a_column_without_values_is_marked_and_is_not_a_bar_of_zero() -> None:
    gap, zero = chart(column(), column("0"), column("5")).bars[0], chart(column("0"), column("5")).bars
    assert gap.kind == "gap"
    assert [bar.kind for bar in zero] == ["use"]


def test_a_chart_without_any_value_is_none() -> None:
    assert bar_chart([column(), column()], summary="") is None
    assert bar_chart([], summary="") is None


def test_a_chart_of_zeros_has_an_axis() -> None:
    drawn = chart(column("0"))
    assert drawn.bars == []
    assert drawn.ticks[0].label == "0"


@pytest.mark.parametrize("highest", ["0.004", "0.9", "1", "7.3", "99", "101", "1234567"])
@pytest.mark.parametrize("lowest", [None, "0.003", "5", "40000"])
def test_the_levels_are_round_include_zero_and_enclose_the_values(highest: str, lowest: str | None) -> None:
    levels = [Decimal(tick.label.replace("−", "-").replace(",", "")) for tick in chart(column(highest, lowest)).ticks]
    assert 0 in levels
    assert levels[0] <= -Decimal(lowest or 0)
    assert levels[-1] >= Decimal(highest)
    assert 2 <= len(levels) <= 7


def test_few_of_many_columns_are_labelled_and_a_phone_shows_each_second_label() -> None:
    labels = chart(*[column("1", label=f"L{number}") for number in range(60)]).labels
    assert len(labels) <= MOST_LABELS
    assert [label.minor for label in labels[:3]] == [False, True, False]
    assert [label.minor for label in chart(column("1"), column("2")).labels] == [False, False]


def test_the_year_of_a_column_without_a_label_is_below_the_next_label() -> None:
    """Monthly bills of two years have more columns than labels."""
    columns = [Column("x", "description", Decimal(1), sublabel="2026" if number == 13 else "") for number in range(24)]
    labels = chart(*columns).labels
    assert [label.second for label in labels] == ["2026" if place == 7 else "" for place in range(12)]
