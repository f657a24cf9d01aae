"""Which thresholds a call uses, and when a refused call may be repeated (CDS, Traffic Thresholds).

A call is counted in all of its thresholds or, if it is refused, in none. Calls "in a second" are counted in the seconds
of the clock, so a client that stays below a threshold in every period of a second is never refused.
"""

from collections.abc import Awaitable, Iterator
from datetime import datetime
from math import ceil
from typing import Final, NamedTuple
from uuid import UUID, uuid4

from haas.clock import Clock
from haas.digest import digest
from haas.shared_limits import CountLimit, EventLimit, Limit, LimitExceeded, SharedLimits
from tenants.registry.models import Tenant
from tenants.traffic import thresholds
from tenants.traffic.active_authorisations import ActiveAuthorisations
from tenants.traffic.errors import ThresholdExceeded

_TEXTS: Final = {
    "customer": "{most} calls per customer in a second",
    "product": "{most} calls per software product in a second",
    "secure": "{most} calls to this brand in a second",
    "public": "{most} public calls to this brand in a second",
    "session": "{most} unattended calls per session in a second",
    "session-calls": "{most} unattended calls per session in the low-traffic period",
    "sessions": "{most} sessions per customer and software product in a day with unattended calls in the low-traffic"
    " period",
    "pushed": "{most} pushed authorisation requests of the client in 90 seconds",
    "velocity": "{most} calls for the same low velocity data under an arrangement within 24 hours",
}


class DataTraffic(NamedTuple):
    """What the thresholds need to know about a call for a customer's data."""

    customer_id: UUID
    arrangement_id: UUID
    software_id: str
    session: str
    """A hash of the access token: "a session is defined as the life span of a unique Access Token" (CDS)."""
    session_begins_at: datetime
    session_ends_at: datetime
    customer_present: bool


class Traffic:
    """Counts calls and refuses those above a threshold. Each method returns None, or something to await.

    Both the method and the awaited object raise ThresholdExceeded.
    """

    def __init__(
        self, limits: SharedLimits, active: ActiveAuthorisations, clock: Clock, *, factor: int, pushed_requests: int
    ) -> None:
        """Multiply the thresholds of the standards by `factor`, which is 1 unless a deployment answers more.

        A client can push `pushed_requests` authorisation requests in 90 seconds. This is not multiplied.
        """
        self._limits = limits
        self._active = active
        self._clock = clock
        self._factor = factor
        self._pushed_requests = pushed_requests

    def data_call(self, tenant: Tenant, call: DataTraffic) -> Awaitable[None] | None:
        """Count a call for a customer's data."""
        now = self._clock.timestamp()
        return self._admit(tuple(self._data_limits(tenant, call, now)), now)

    def authorisation_call(
        self, tenant: Tenant, software_id: str, customer_id: UUID | None = None, *, secure: bool = True
    ) -> Awaitable[None] | None:
        """Count authorisation traffic, which has the thresholds of calls with the customer present.

        `customer_id` is None where the request does not say whose authorisation it is about. `secure` says that the
        call belongs to the secure traffic of the tenant.
        """
        now = self._clock.timestamp()
        limits: list[Limit] = []
        if customer_id is not None:
            limits.append(self._second(tenant, "customer", customer_id, thresholds.CALLS_OF_A_CUSTOMER, now))
        limits.append(self._second(tenant, "product", software_id, thresholds.CALLS_OF_A_PRODUCT, now))
        if secure:
            limits.append(self._all_secure(tenant, now))
        return self._admit(tuple(limits), now)

    def pushed_request(self, tenant: Tenant, client_id: str) -> Awaitable[None] | None:
        """Count an authorisation request that a client pushes, and that is about to be stored (decision 0031)."""
        now, period = self._clock.timestamp(), thresholds.PUSH_PERIOD.total_seconds()
        begins = now // period * period
        key = (tenant.id, client_id)
        return self._admit((CountLimit("pushed", key, self._pushed_requests, begins, begins + period),), now)

    def public_call(self, tenant: Tenant) -> Awaitable[None] | None:
        """Count a call of a public operation."""
        now = self._clock.timestamp()
        return self._admit((self._second(tenant, "public", "", thresholds.PUBLIC_CALLS, now),), now)

    def low_velocity_call(self, tenant: Tenant, arrangement_id: UUID, resource: str) -> Awaitable[None] | None:
        """Count a call for low velocity data, if the tenant has a limit on them. By default it has none.

        `resource` contains everything that makes a resource the same: the operation, ids, filters and the page. The
        answer of the Data Standards Body in standards#288 treats each page as a resource of its own.
        """
        most = tenant.settings.low_velocity_limit
        if most is None:
            return None
        now, period = self._clock.timestamp(), thresholds.VELOCITY_PERIOD.total_seconds()
        key = (tenant.id, arrangement_id, digest(resource).hex())
        limit = EventLimit("velocity", key, most * self._factor, now - period, now + period, uuid4().hex)
        return self._admit((limit,), now)

    def _data_limits(self, tenant: Tenant, call: DataTraffic, now: float) -> Iterator[Limit]:
        if call.customer_present:
            by = tenant.settings.customer_calls_counted_by
            counted = call.customer_id if by == "customer" else call.arrangement_id
            yield self._second(tenant, "customer", counted, thresholds.CALLS_OF_A_CUSTOMER, now)
            yield self._second(tenant, "product", call.software_id, thresholds.CALLS_OF_A_PRODUCT, now)
            yield self._all_secure(tenant, now)
            return
        low = thresholds.low_traffic(datetime.fromtimestamp(now, tenant.time_zone))
        if low is not None:
            most, ends = thresholds.SESSIONS_OF_A_DAY * self._factor, call.session_ends_at.timestamp()
            if call.session_begins_at.timestamp() >= low.begins:  # the sessions "initiated in a calendar day"
                customer = (tenant.id, call.customer_id, call.software_id)
                yield EventLimit("sessions", customer, most, low.begins, low.ends, call.session)
            most, session = thresholds.CALLS_OF_A_SESSION * self._factor, (tenant.id, call.session)
            yield CountLimit("session-calls", session, most, low.begins, min(ends, low.ends))
            yield self._second(tenant, "session", call.session, thresholds.CALLS_OF_A_SESSION_IN_A_SECOND, now)
        yield self._second(tenant, "product", call.software_id, thresholds.CALLS_OF_A_PRODUCT, now)
        yield self._all_secure(tenant, now, best_effort=low is None)

    def _all_secure(self, tenant: Tenant, now: float, *, best_effort: bool = False) -> CountLimit:
        """Return the limit of all secure calls. While the number of authorisations is unknown, it is the highest."""
        active = self._active.number(tenant)
        most = thresholds.ALL_CALLS if active is None else thresholds.all_calls(active)
        return self._second(tenant, "secure", "", int(most * thresholds.BEST_EFFORT) if best_effort else most, now)

    def _second(self, tenant: Tenant, name: str, key: UUID | str, most: int, now: float) -> CountLimit:
        second = float(int(now))
        return CountLimit(name, (tenant.id, key), most * self._factor, second, second + 1)

    def _admit(self, limits: tuple[Limit, ...], now: float) -> Awaitable[None] | None:
        try:
            asking = self._limits.admit(limits)
        except LimitExceeded as exceeded:
            raise _refusal(exceeded, now) from exceeded
        return None if asking is None else _awaited(asking, now)


async def _awaited(asking: Awaitable[None], now: float) -> None:
    try:
        await asking
    except LimitExceeded as exceeded:
        raise _refusal(exceeded, now) from exceeded


def _refusal(exceeded: LimitExceeded, now: float) -> ThresholdExceeded:
    limit = exceeded.limit
    ends = limit.ends
    if limit.name == "velocity" and exceeded.oldest is not None:
        ends = exceeded.oldest + thresholds.VELOCITY_PERIOD.total_seconds()
    return ThresholdExceeded(_TEXTS[limit.name].format(most=limit.most), max(1, ceil(ends - now)))
