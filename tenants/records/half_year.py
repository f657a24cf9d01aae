"""The figures that a data holder reports for each half year (CDR Rules 9.4(1), K-33).

They are submitted in the participant portal within 30 days of the end of the period. The order here is that of the
Rules. Questions of the form that this program cannot answer, such as the number of requests for product data, which the
retailer serves elsewhere, are not here.
"""

import re
from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Final

from haas.database import Transaction
from tenants.calls import store as calls
from tenants.calls.models import RefusalFigure
from tenants.records import store
from tenants.records.errors import RecordRefused
from tenants.records.models import ComplaintFigures, HalfYearReport
from tenants.registry.models import Tenant

_PERIOD: Final = re.compile(r"(20[0-9]{2})-H([12])")
_KEPT_CALLS: Final = timedelta(days=400)
"""How long the counts of calls are kept (`tenants.housekeeping.service.KEEP_CALL_COUNTS`)."""


def first_and_last_day(period: str) -> tuple[date, date]:
    """Return the days of a period such as 2026-H2: from January to June, or from July on. Raise RecordRefused."""
    match = _PERIOD.fullmatch(period)
    if match is None:
        raise RecordRefused("a period is a year and a half: 2026-H1 or 2026-H2")
    year = int(match[1])
    return (date(year, 1, 1), date(year, 6, 30)) if match[2] == "1" else (date(year, 7, 1), date(year, 12, 31))


async def report(tx: Transaction, tenant: Tenant, period: str, now: datetime) -> HalfYearReport:
    """Return the figures of a tenant for a period, by the days in its time zone. Raise RecordRefused."""
    first, last = first_and_last_day(period)
    begins = datetime.combine(first, time(), tenant.time_zone)
    ends = datetime.combine(last + timedelta(days=1), time(), tenant.time_zone)
    complaints = await store.complaints_between(tx, begins, ends)
    return HalfYearReport(
        brand=tenant.name,
        retailer=tenant.retailer,
        period=period,
        first_day=first,
        last_day=last,
        due_on=last + timedelta(days=30),
        is_complete=ends <= now <= begins + _KEPT_CALLS,
        requests_of_accredited_persons=await calls.data_calls_between(tx, begins, ends),
        refused_requests_by_rule=_by_rule(await calls.refusal_figures(tx, first, last)),
        refusal_decisions_by_rule=await store.refusals_between(tx, begins, ends),
        complaints=_figures(complaints, begins, ends),
    )


def _by_rule(refused: list[RefusalFigure]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for each in refused:
        found[each.rule] += each.calls
    return dict(sorted(found.items()))


def _figures(complaints: list[store.ComplaintRow], begins: datetime, ends: datetime) -> ComplaintFigures:
    def within(moment: datetime | None) -> bool:
        return moment is not None and begins <= moment < ends

    of_consumers = [each for each in complaints if each.kind == "consumer"]
    received = [each for each in of_consumers if within(each.received_at)]
    resolved = [each for each in of_consumers if within(each.resolved_at)]
    # Complaints that the ombudsman has resolved were not resolved by the retailer's own procedure.
    days = [
        (each.resolved_at - each.received_at) / timedelta(days=1)
        for each in resolved
        if each.resolved_at is not None and each.ombudsman_resolved_at is None
    ]
    return ComplaintFigures(
        consumer_complaints_received=len(received),
        by_type=dict(sorted(Counter(each.type for each in received).items())),
        resolved=len(resolved),
        average_days_to_resolve=round(sum(days) / len(days), 1) if days else None,
        referred_to_ombudsman=sum(within(each.ombudsman_at) for each in of_consumers),
        resolved_by_ombudsman=sum(within(each.ombudsman_resolved_at) for each in of_consumers),
        product_complaints_received=sum(each.kind == "product" and within(each.received_at) for each in complaints),
    )
