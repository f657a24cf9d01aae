"""The numbers of the standards (CDS, Traffic Thresholds, Definitions, Low Velocity Data Sets).

Calls above a threshold may be refused without an effect on the data holder's performance figures. Calls below it must
be answered in time.
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

CALLS_OF_A_CUSTOMER: Final = 10
"""Calls in a second with the customer present, and authorisation traffic."""
CALLS_OF_A_PRODUCT: Final = 50
"""Calls of one software product in a second."""
SESSIONS_OF_A_DAY: Final = 20
"""Sessions of one customer and software product in a calendar day with unattended calls in the low-traffic period."""
CALLS_OF_A_SESSION: Final = 100
"""Unattended calls of one session in the low-traffic period. A session is the life of an access token (sm#349)."""
CALLS_OF_A_SESSION_IN_A_SECOND: Final = 5
PUBLIC_CALLS: Final = 300
"""Calls of the public operations in a second, in addition to the secure ones."""
BEST_EFFORT: Final = 0.8
"""The part of all secure calls up to which unattended calls in the high-traffic period are answered. The standards
demand "best effort" only for these, so the rest is kept for customers who are present (decision 0042)."""
LOWEST_VELOCITY_LIMIT: Final = 10
"""Calls for the same resource within 24 hours that a data holder must answer."""
PUSH_PERIOD: Final = timedelta(seconds=90)
"""The period in which the pushed requests of a client are counted (decision 0031)."""
VELOCITY_PERIOD: Final = timedelta(hours=24)
LOW_VELOCITY: Final = frozenset(
    {
        "getElectricityServicePointDetail",
        "getElectricityServicePointUsage",
        "listElectricityUsageBulk",
        "listElectricityUsageForServicePoints",
        "getElectricityDERForServicePoint",
        "listElectricityDERBulk",
        "listElectricityDERForSpecificServicePoints",
    }
)
"""The operations with low velocity data. Get Service Points, accounts, invoices and billing are not among them."""

_FIRST_STEP, _CALLS_OF_A_STEP, _LAST_STEP, _AUTHORISATIONS_OF_A_STEP = 150, 50, 6, 10_000
_LOW_TRAFFIC_ENDS: Final = 6
ALL_CALLS: Final = _FIRST_STEP + _LAST_STEP * _CALLS_OF_A_STEP


def all_calls(active_authorisations: int) -> int:
    """Return how many secure calls in a second a data holder with so many active authorisations answers at least."""
    step = (max(active_authorisations, 1) - 1) // _AUTHORISATIONS_OF_A_STEP
    return _FIRST_STEP + min(step, _LAST_STEP) * _CALLS_OF_A_STEP


class LowTraffic(NamedTuple):
    """The low-traffic period that a call is in: from midnight to 06:00 of a day. Times are seconds since 1970."""

    begins: float
    ends: float


def low_traffic(local: datetime) -> LowTraffic | None:
    """Return the low-traffic period at a local time, or None in the high-traffic period, from 06:00 to midnight.

    The standards name no time zone. `local` is in that of the tenant, in which Get Metrics reports (decision 0042).
    """
    if local.hour >= _LOW_TRAFFIC_ENDS:
        return None
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    # Calculated in the time zone of the tenant: the period has five or seven hours when clocks are changed in it.
    return LowTraffic(midnight.timestamp(), midnight.replace(hour=_LOW_TRAFFIC_ENDS).timestamp())
