"""Counting of calls in memory, so that a call needs no database write."""

from collections import Counter
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from tenants.calls.models import CalledTenant, CallRecord, CallTier
from tenants.cds.tiers import SECONDARY_THRESHOLD_MILLISECONDS

# The buckets include the thresholds of the standards: 1,000, 1,500, 4,000 and 6,000 ms (CDS, Performance requirements).
LATENCY_BUCKETS: Final = (5, 10, 25, 50, 100, 250, 500, 1_000, 1_500, 2_500, 4_000, 6_000, 10_000)
ABOVE_THE_LAST_BUCKET: Final = 0
MAXIMUM_KEYS = 50_000
_SECONDARY_LIMIT: Final[dict[CallTier, int]] = {
    tier: bound * 1_000 for tier, bound in SECONDARY_THRESHOLD_MILLISECONDS.items()
}


class RollupKey(NamedTuple):
    """The primary key of `call_rollup`: calls with equal keys are counted together."""

    minute: datetime
    operation: str
    tier: str
    status: int
    error: str
    latency_bucket: int


class CallSums(msgspec.Struct):
    """The sums of `call_rollup` for one key. Latencies are in microseconds."""

    calls: int = 0
    latency_total: int = 0
    throttled: int = 0
    tokens_issued: int = 0
    secondary_requests: int = 0
    secondary_within_limit: int = 0
    secondary_latency_total: int = 0
    secondary_calls: int = 0
    secondary_errors: int = 0
    secondary_rejections: int = 0


class TenantCalls(msgspec.Struct):
    """The calls of one tenant since the last write."""

    rollup: dict[RollupKey, CallSums] = {}
    seconds: Counter[tuple[datetime, bool]] = msgspec.field(default_factory=Counter)

    @property
    def number(self) -> int:
        """The number of calls."""
        return sum(sums.calls for sums in self.rollup.values())


class CallCounter:
    """The calls that this process has answered and not yet written, for every tenant. Its size is limited.

    It is not thread-safe: only the event loop's thread may use it.
    """

    def __init__(self, maximum_keys: int = MAXIMUM_KEYS) -> None:
        """Keep at most `maximum_keys` different keys, with those that were taken and not yet released.

        `lost` counts the calls that would need more keys.
        """
        self._tenants: dict[CalledTenant, TenantCalls] = {}
        self._maximum_keys = maximum_keys
        self._keys = 0
        self.lost = 0

    def count(self, call: CallRecord) -> None:
        """Count a call."""
        tenant = self._tenants.get(call.tenant)
        if tenant is None:
            tenant = self._tenants[call.tenant] = TenantCalls()
        key = RollupKey(
            call.at.replace(second=0, microsecond=0),
            call.operation,
            call.tier,
            call.status,
            call.error,
            _bucket(call.latency),
        )
        sums = tenant.rollup.get(key)
        if sums is None:
            if self._keys >= self._maximum_keys:
                self.lost += 1
                return
            self._keys += 1
            sums = tenant.rollup[key] = CallSums()
        sums.calls += 1
        sums.latency_total += call.latency
        sums.throttled += call.throttled
        sums.tokens_issued += call.token_issued
        if call.secondary_latency is not None:
            sums.secondary_requests += 1
            sums.secondary_within_limit += call.secondary_latency <= _SECONDARY_LIMIT.get(call.tier, 0)
            sums.secondary_latency_total += call.secondary_latency
            sums.secondary_calls += call.secondary_calls
            sums.secondary_errors += call.secondary_errors
            sums.secondary_rejections += call.secondary_rejections
        tenant.seconds[call.at.replace(microsecond=0), call.authenticated] += 1

    @property
    def number(self) -> int:
        """The number of calls that were counted and not taken."""
        return sum(calls.number for calls in self._tenants.values())

    def tenants(self) -> AbstractSet[CalledTenant]:
        """Return the tenants of the calls that were counted and not taken."""
        return self._tenants.keys()

    def take(self, called: CalledTenant) -> TenantCalls | None:
        """Return the calls of a tenant, and start again with nothing; return None if there are none.

        The caller keeps them in memory until it calls `release`.
        """
        return self._tenants.pop(called, None)

    def release(self, calls: TenantCalls) -> None:
        """Make room for other keys: `calls`, which `take` has returned, are no longer in memory."""
        self._keys -= len(calls.rollup)


def _bucket(microseconds: int) -> int:
    for bound in LATENCY_BUCKETS:
        if microseconds <= bound * 1_000:
            return bound
    return ABOVE_THE_LAST_BUCKET
