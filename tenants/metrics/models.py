"""The figures of a tenant, without the shape of a version of Get Metrics."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal, get_args

import msgspec

from tenants.attempts.state import AbandonmentStage
from tenants.cds.tiers import Tier

CallClass = Literal["unauthenticated", "authenticated"]
"""Whether an endpoint requires authentication, not whether the caller authenticated."""
TIERS: Final[tuple[Tier, ...]] = get_args(Tier)
CLASSES: Final[tuple[CallClass, ...]] = get_args(CallClass)


class Calls(msgspec.Struct):
    """Calls of one tier in a period. Latencies are in microseconds."""

    calls: int = 0
    refused: int = 0
    """Calls that a traffic threshold refused. They have no share in the performance."""
    within_limit: int = 0
    latency_total: int = 0
    secondary_requests: int = 0
    """Calls that needed the secondary data holder."""
    secondary_within_limit: int = 0
    secondary_latency_total: int = 0

    def add(self, other: "Calls") -> None:
        """Add the numbers of `other`."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class CountsByCustomer(msgspec.Struct):
    """Counts by the kind of customer."""

    individual: int = 0
    non_individual: int = 0


class AuthorisationChanges(msgspec.Struct):
    """What happened to authorisations in a period. `amended` and `expired` contain ongoing ones only."""

    new_once_off: CountsByCustomer = msgspec.field(default_factory=CountsByCustomer)
    new_ongoing: CountsByCustomer = msgspec.field(default_factory=CountsByCustomer)
    revoked: CountsByCustomer = msgspec.field(default_factory=CountsByCustomer)
    amended: CountsByCustomer = msgspec.field(default_factory=CountsByCustomer)
    expired: CountsByCustomer = msgspec.field(default_factory=CountsByCustomer)


class DayFigures(msgspec.Struct):
    """The figures of one day."""

    seconds: float
    """The length of the day, or of its part up to now."""
    hours: Mapping[Tier, Sequence[Calls]]
    """The calls of each hour."""
    totals: Mapping[Tier, Calls]
    calls: dict[CallClass, int]
    """All calls, also those without a tier."""
    peaks: dict[str, int]
    """The highest number of calls in a second, of both classes together (`aggregate`) and of each class."""
    errors: dict[CallClass, dict[int, int]]
    """The number of answers with each status of 400 and more."""
    rejections: dict[CallClass, int]
    """Calls that a traffic threshold refused."""
    sessions: int = 0
    secondary_errors: int = 0
    secondary_rejections: int = 0
    authorisations: AuthorisationChanges = msgspec.field(default_factory=AuthorisationChanges)
    abandoned: dict[AbandonmentStage, int] = {}


class AvailabilityFigures(msgspec.Struct, frozen=True):
    """The share of the time in which the endpoints of a class were available, in millionths."""

    current: int
    previous: tuple[int, ...]
    """The months before the current one, newest first."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a tenant at one moment. What was not asked for is None."""

    at: datetime
    current: DayFigures | None
    previous: tuple[DayFigures, ...] | None
    """The days before the current one, newest first."""
    availability: Mapping[str, AvailabilityFigures]
    """Of both classes together (`aggregate`), and of each class."""
    customers: int
    """Customers with at least one active arrangement."""
    products: int
    """Software products with at least one active arrangement."""
    active: CountsByCustomer
    """Ongoing authorisations that are active."""
