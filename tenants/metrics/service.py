"""Computing the figures of a tenant from what is stored (CDS, Get Metrics)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

from haas.database import Transaction
from tenants.attempts import store as attempts
from tenants.attempts.state import ABANDONMENT_STAGES, AbandonmentStage
from tenants.availability import store as outages
from tenants.metrics import store
from tenants.metrics.availability import availability
from tenants.metrics.models import (
    CLASSES,
    TIERS,
    AuthorisationChanges,
    CallClass,
    Calls,
    CountsByCustomer,
    DayFigures,
    Figures,
)
from tenants.metrics.windows import Day, days, months
from tenants.registry.models import Tenant

PeriodAsked = Literal["CURRENT", "HISTORIC", "ALL"]
PERIODS: Final[Mapping[str, PeriodAsked]] = {"CURRENT": "CURRENT", "HISTORIC": "HISTORIC", "ALL": "ALL"}
_FIRST_ERROR: Final = 400


async def figures(tx: Transaction, tenant: Tenant, period: PeriodAsked, now: datetime) -> Figures:
    """Return the figures of a tenant. `period` says whether those of the current day, of the past, or all are needed.

    All of them are read in one transaction.
    """
    zone = tenant.time_zone
    since = await store.live_since(tx) or now
    found, of_months = days(now, zone, since), months(now, zone, since)
    wanted = {
        "CURRENT": [found.current],
        "HISTORIC": list(found.previous),
        "ALL": [found.current, *found.previous],
    }[period]
    computed = await _of_days(tx, sorted(wanted), now)
    first = (of_months.previous or (of_months.current,))[-1]
    active = await store.active_counts(tx, now)
    return Figures(
        at=now,
        current=None if period == "HISTORIC" else computed[found.current],
        previous=None if period == "CURRENT" else tuple(computed[day] for day in found.previous),
        availability=availability(await outages.between(tx, first.begins, of_months.current.ends), of_months),
        customers=active.customers,
        products=active.products,
        active=CountsByCustomer(active.ongoing_individual, active.ongoing_non_individual),
    )


async def _of_days(tx: Transaction, wanted: Sequence[Day], now: datetime) -> dict[Day, DayFigures]:
    """Return the figures of days that follow each other, in their order."""
    if not wanted:
        return {}
    hours = [(day, index) for day in wanted for index in range(len(day.hours))]
    edges = [day.hours[index].begins for day, index in hours] + [wanted[-1].hours[-1].ends]
    of_days = [day.period.begins for day in wanted] + [edges[-1]]
    counted = {day: _Counted(day) for day in wanted}
    for row in await store.call_counts(tx, edges):
        day, hour = hours[row.period]
        counted[day].add(hour, row)
    for number, highest in (await store.peaks(tx, of_days)).items():
        counted[wanted[number]].figures.peaks.update(highest)
    for change in await store.authorisation_changes(tx, of_days, now):
        _add_change(counted[wanted[change.period]].figures.authorisations, change)
    abandoned = await _abandoned(tx, of_days, now)
    for number, day in enumerate(wanted):
        counted[day].figures.abandoned.update({stage: abandoned[number, stage] for stage in ABANDONMENT_STAGES})
    return {day: each.figures for day, each in counted.items()}


class _Counted:
    """Adds up the calls of a day."""

    def __init__(self, day: Day) -> None:
        self.hours = {tier: [Calls() for _ in day.hours] for tier in TIERS}
        self.totals = {tier: Calls() for tier in TIERS}
        self.figures = DayFigures(
            seconds=day.period.seconds,
            hours=self.hours,
            totals=self.totals,
            calls=dict.fromkeys(CLASSES, 0),
            peaks=dict.fromkeys(("aggregate", *CLASSES), 0),
            errors={name: {} for name in CLASSES},
            rejections=dict.fromkeys(CLASSES, 0),
        )

    def add(self, hour: int, row: store.CallCounts) -> None:
        """Add the calls of an hour with the same tier, class and status."""
        figures = self.figures
        of: CallClass = "authenticated" if row.authenticated else "unauthenticated"
        figures.calls[of] += row.calls
        figures.rejections[of] += row.throttled
        if row.status >= _FIRST_ERROR:
            figures.errors[of][row.status] = figures.errors[of].get(row.status, 0) + row.calls
        figures.sessions += row.tokens_issued
        figures.secondary_errors += row.secondary_errors
        figures.secondary_rejections += row.secondary_rejections
        calls = Calls(
            calls=row.calls,
            refused=row.throttled,
            within_limit=row.within_limit,
            latency_total=row.latency_total,
            secondary_requests=row.secondary_requests,
            secondary_within_limit=row.secondary_within_limit,
            secondary_latency_total=row.secondary_latency_total,
        )
        for tier in TIERS:
            if tier == row.tier:  # calls of no tier, such as those of the proxy's refusals, have none
                self.hours[tier][hour].add(calls)
                self.totals[tier].add(calls)


def _add_change(changes: AuthorisationChanges, row: store.AuthorisationCount) -> None:
    match row.change, row.ongoing:
        case "new", True:
            counted = changes.new_ongoing
        case "new", False:
            counted = changes.new_once_off
        case "revoked", _:
            counted = changes.revoked
        case "amended", True:
            counted = changes.amended
        case "expired", True:
            counted = changes.expired
        case _:
            return
    if row.individual:
        counted.individual += row.number
    else:
        counted.non_individual += row.number


async def _abandoned(
    tx: Transaction, edges: Sequence[datetime], now: datetime
) -> Counter[tuple[int, AbandonmentStage]]:
    """Return the abandoned flows by period and stage, with those that housekeeping has not stored as ended yet."""
    counted: Counter[tuple[int, AbandonmentStage]] = Counter()

    def add(period: int, outcome: str, number: int) -> None:
        for stage in ABANDONMENT_STAGES:
            if stage == outcome:
                counted[period, stage] += number

    for period, outcome, number in await attempts.outcomes(tx, edges):
        add(period, outcome, number)
    for _, ended in await attempts.endings_to_store(tx, now):
        for period in _periods_with(edges, ended.at):
            add(period, ended.outcome, 1)
    return counted


def _periods_with(edges: Sequence[datetime], at: datetime) -> Iterable[int]:
    return (number for number in range(len(edges) - 1) if edges[number] <= at < edges[number + 1])
