"""The availability of the endpoints, computed from outages (CDS, Availability Requirements).

It is 1 - unplanned / (elapsed - planned). A planned outage counts as planned if it was announced a week ahead. An
endpoint that does not answer reliably makes its whole class unavailable. All endpoints together are unavailable when
one class is.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from tenants.availability.models import Outage
from tenants.availability.service import NOTICE
from tenants.metrics.models import CLASSES, AvailabilityFigures
from tenants.metrics.windows import ReportedMonths, Span

MILLION: Final = 1_000_000


def availability(outages: Sequence[Outage], months: ReportedMonths) -> dict[str, AvailabilityFigures]:
    """Return the availability of each class, and of both together (`aggregate`), from the outages of these months."""
    by_class = {name: [each for each in outages if each.endpoint_class in {"all", name}] for name in CLASSES}
    groups: dict[str, list[list[Outage]]] = {"aggregate": list(by_class.values())}
    groups |= {name: [of_class] for name, of_class in by_class.items()}
    found = {}
    for name, of_classes in groups.items():
        shares = [_share(of_classes, month) for month in (months.current, *months.previous)]
        found[name] = AvailabilityFigures(shares[0], tuple(shares[1:]))
    return found


def _share(groups: Iterable[Sequence[Outage]], month: Span) -> int:
    """Return the availability in a month, in millionths. Each group has the outages of one class."""
    down: list[Span] = []
    planned: list[Span] = []
    for outages in groups:
        excluded = _union(_within(each, month) for each in outages if _is_planned(each))
        down += _without(_union(_within(each, month) for each in outages if not _is_planned(each)), excluded)
        planned += excluded
    down = _union(down)
    planned = _without(_union(planned), down)
    elapsed = month.seconds - _seconds(planned)
    return MILLION if elapsed <= 0 else MILLION - round(MILLION * _seconds(down) / elapsed)


def _is_planned(outage: Outage) -> bool:
    return outage.planned and outage.starts_at - outage.announced_at >= NOTICE


def _within(outage: Outage, month: Span) -> Span:
    ends: datetime = month.ends if outage.ends_at is None else outage.ends_at
    return Span(max(outage.starts_at, month.begins), min(ends, month.ends))


def _union(periods: Iterable[Span]) -> list[Span]:
    """Return the time that at least one period covers, as periods that do not overlap, in their order."""
    united: list[Span] = []
    for each in sorted(period for period in periods if period.begins < period.ends):
        if united and each.begins <= united[-1].ends:
            united[-1] = Span(united[-1].begins, max(united[-1].ends, each.ends))
        else:
            united.append(each)
    return united


def _without(periods: Iterable[Span], excluded: Sequence[Span]) -> list[Span]:
    """Return the time that `periods` cover and `excluded` does not. Both are results of `_union`."""
    left: list[Span] = []
    for period in periods:
        begins = period.begins
        for each in excluded:
            if each.ends <= begins or each.begins >= period.ends:
                continue
            if begins < each.begins:
                left.append(Span(begins, each.begins))
            begins = max(begins, each.ends)
        if begins < period.ends:
            left.append(Span(begins, period.ends))
    return left


def _seconds(periods: Iterable[Span]) -> float:
    return sum(period.seconds for period in periods)
