"""The payload of Get Metrics 5, made from the figures. Another version needs another module and no other figures."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from tenants.cds.tiers import Tier
from tenants.metrics.availability import MILLION
from tenants.metrics.models import AvailabilityFigures, Calls, CountsByCustomer, DayFigures, Figures
from tenants.payloads import metrics_v5 as v5

_Value = TypeVar("_Value")
_SERVER_ERROR: Final = 500
_MICROSECONDS: Final = 1_000_000
_DECIMALS: Final = 6


def payload(figures: Figures) -> v5.MetricsV5:
    """Return the payload. What the figures do not contain is absent."""
    of = _OfDays(figures)
    return v5.MetricsV5(
        requestTime=figures.at,
        availability=v5.Availability(
            **{name: _months(figures, each) for name, each in figures.availability.items()},
        ),
        performance=v5.Performance(
            aggregate=of.days(_aggregate_share),
            secondary=of.shares_of_holders("secondary"),
            largeSecondary=of.shares_of_holders("largeSecondary"),
            **{tier: of.days(_shares(tier, _share)) for tier in _TIERS_OF_ONE_HOLDER},
        ),
        invocations=v5.Invocations(
            **{
                tier: of.days(lambda day, tier=tier: day.totals[tier].calls)
                for tier in (*_TIERS_OF_ONE_HOLDER, "secondary", "largeSecondary")
            }
        ),
        averageResponse=v5.AverageResponse(
            secondary=of.averages_of_holders("secondary"),
            largeSecondary=of.averages_of_holders("largeSecondary"),
            **{tier: of.days(_average(tier)) for tier in _TIERS_OF_ONE_HOLDER},
        ),
        sessionCount=of.days(lambda day: day.sessions),
        averageTps=of.by_class(_average_tps),
        peakTps=of.by_class(lambda day, name: day.peaks[name]),
        errors=v5.Errors(
            aggregate=of.days(_server_errors),
            unauthenticated=of.days(lambda day: _by_status(day.errors["unauthenticated"])),
            authenticated=of.days(lambda day: _by_status(day.errors["authenticated"])),
        ),
        rejections=v5.Rejections(
            authenticated=of.days(lambda day: day.rejections["authenticated"]),
            unauthenticated=of.days(lambda day: day.rejections["unauthenticated"]),
        ),
        customerCount=figures.customers,
        recipientCount=figures.products,
        secondaryHolder=v5.SecondaryHolder(
            errors=of.days(lambda day: day.secondary_errors),
            rejections=of.days(lambda day: day.secondary_rejections),
        ),
        authorisations=v5.Authorisations(
            activeAuthorisationCount=_by_customer(figures.active),
            newAuthorisationCount=of.days(
                lambda day: v5.ByDuration(
                    onceOff=_by_customer(day.authorisations.new_once_off),
                    ongoing=_by_customer(day.authorisations.new_ongoing),
                )
            ),
            revokedAuthorisationCount=of.days(lambda day: _by_customer(day.authorisations.revoked)),
            amendedAuthorisationCount=of.days(lambda day: _by_customer(day.authorisations.amended)),
            expiredAuthorisationCount=of.days(lambda day: _by_customer(day.authorisations.expired)),
            abandonedConsentFlowCount=of.days(lambda day: sum(day.abandoned.values())),
            abandonmentsByStage=v5.Abandonments(
                **{
                    stage: of.days(lambda day, stage=stage: day.abandoned[stage])
                    for stage in v5.Abandonments.__struct_fields__
                }
            ),
        ),
    )


_TIERS_OF_ONE_HOLDER: Final[tuple[Tier, ...]] = (
    "unauthenticated",
    "highPriority",
    "lowPriority",
    "unattended",
    "largePayload",
)


class _OfDays:
    """Makes the members `currentDay` and `previousDays`."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def days(self, value: Callable[..., _Value]) -> v5.MetricsDays[_Value]:
        """Return the value of each day."""
        current, previous = self._figures.current, self._figures.previous
        return v5.MetricsDays(
            currentDay=None if current is None else value(current),
            previousDays=None if previous is None else [value(day) for day in previous],
        )

    def by_class(self, value: Callable[[DayFigures, Any], Any]) -> v5.ByClass[Any]:
        """Return the value of each class and each day."""
        return v5.ByClass(
            **{name: self.days(lambda day, name=name: value(day, name)) for name in v5.ByClass.__struct_fields__}
        )

    def shares_of_holders(self, tier: Tier) -> v5.PerformanceOfHolders:
        """Return the shares of our part and of the secondary data holder's part of a tier."""
        return v5.PerformanceOfHolders(
            primary=self.days(_shares(tier, _share)), secondary=self.days(_shares(tier, _secondary_share))
        )

    def averages_of_holders(self, tier: Tier) -> v5.ResponseOfHolders:
        """Return the average seconds of our part and of the secondary data holder's part of a tier."""
        return v5.ResponseOfHolders(
            primary=self.days(_average(tier)),
            secondary=self.days(
                lambda day: _mean(day.totals[tier].secondary_latency_total, day.totals[tier].secondary_requests)
            ),
        )


def _months(figures: Figures, of: AvailabilityFigures) -> v5.MetricsMonths:
    return v5.MetricsMonths(
        currentMonth=None if figures.current is None else _rate(of.current, MILLION),
        previousMonths=None if figures.previous is None else [_rate(share, MILLION) for share in of.previous],
    )


def _shares(tier: Tier, share: Callable[[Calls], str]) -> Callable[[DayFigures], list[str]]:
    def of_hours(day: DayFigures) -> list[str]:
        return [share(calls) for calls in day.hours[tier]]

    return of_hours


def _share(calls: Calls) -> str:
    return _rate(calls.within_limit, calls.calls - calls.refused)


def _secondary_share(calls: Calls) -> str:
    return _rate(calls.secondary_within_limit, calls.secondary_requests)


def _aggregate_share(day: DayFigures) -> str:
    totals: Sequence[Calls] = list(day.totals.values())
    return _rate(sum(each.within_limit for each in totals), sum(each.calls - each.refused for each in totals))


def _rate(part: int, whole: int) -> str:
    """Return a share as a RateString with one to six decimals, not rounded up. Where there was nothing, it is 1.0."""
    if whole <= 0:
        return "1.0"
    ones, millionths = divmod(part * MILLION // whole, MILLION)
    decimals = f"{millionths:0{_DECIMALS}}".rstrip("0") or "0"
    return f"{ones}.{decimals}"


def _average(tier: Tier) -> Callable[[DayFigures], float]:
    return lambda day: _mean(day.totals[tier].latency_total, day.totals[tier].calls)


def _mean(microseconds: int, number: int) -> float:
    """Return the mean in seconds, to the millisecond."""
    return round(microseconds / number / _MICROSECONDS, 3) if number else 0


def _average_tps(day: DayFigures, name: str) -> float:
    calls = sum(number for of, number in day.calls.items() if name in {"aggregate", of})
    return round(calls / day.seconds, _DECIMALS)


def _server_errors(day: DayFigures) -> int:
    return sum(number for errors in day.errors.values() for status, number in errors.items() if status >= _SERVER_ERROR)


def _by_status(errors: Mapping[int, int]) -> dict[str, int]:
    return {str(status): errors[status] for status in sorted(errors)}


def _by_customer(counts: CountsByCustomer) -> v5.MetricsByCustomer:
    return v5.MetricsByCustomer(individual=counts.individual, nonIndividual=counts.non_individual)
