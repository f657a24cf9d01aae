"""Counting of calls in memory, so that a call needs no database write."""

from bisect import bisect_left
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

import msgspec

from tenants.calls.disclosures import Disclosures, EntryLimit
from tenants.calls.models import CalledTenant, CallRecord, CallTier
from tenants.calls.refusals import Refusals
from tenants.cds.tiers import SECONDARY_THRESHOLD_MILLISECONDS, THRESHOLD_MILLISECONDS

# The buckets include the thresholds of the standards: 1,000, 1,500, 4,000 and 6,000 ms (CDS, Performance requirements).
LATENCY_BUCKETS: Final = (5, 10, 25, 50, 100, 250, 500, 1_000, 1_500, 2_500, 4_000, 6_000, 10_000)
ABOVE_THE_LAST_BUCKET: Final = 0
ANY_BUCKET: Final = -1
MAXIMUM_KEYS: Final = 50_000
MAXIMUM_ROWS: Final = 50_000
SECONDS_OF_A_QUARTER_HOUR: Final = 900
_BOUNDS: Final = tuple(bound * 1_000 for bound in LATENCY_BUCKETS)
_BUCKET_OF_INDEX: Final = (*LATENCY_BUCKETS, ABOVE_THE_LAST_BUCKET)
_LIMIT: Final[dict[CallTier, int]] = {tier: bound * 1_000 for tier, bound in THRESHOLD_MILLISECONDS.items()}
_SECONDARY_LIMIT: Final[dict[CallTier, int]] = {
    tier: bound * 1_000 for tier, bound in SECONDARY_THRESHOLD_MILLISECONDS.items()
}


class RollupKey(NamedTuple):
    """The primary key of `call_rollup`: calls with equal keys are counted together. `minute` is in seconds since 1970.

    The times are numbers, because a number is compared in a tenth of the time that a datetime takes.
    """

    minute: int
    operation: str
    tier: str
    status: int
    error: str
    authenticated: bool
    latency_bucket: int


class CallSums(msgspec.Struct):
    """The sums of `call_rollup` for one key. Latencies are in microseconds."""

    calls: int = 0
    within_limit: int = 0
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

    disclosures: Disclosures
    refusals: Refusals
    rollup: dict[RollupKey, CallSums] = {}
    seconds: dict[tuple[int, bool], int] = {}
    """The number of calls in a second, in seconds since 1970, by whether the endpoint requires authentication."""
    rows: list[CallRecord] = []
    """The calls of which a row of their own is written."""

    @property
    def number(self) -> int:
        """The number of calls."""
        return sum(sums.calls for sums in self.rollup.values())

    @property
    def keys(self) -> int:
        """The number of keys."""
        return len(self.rollup) + len(self.seconds)


class CallCounter:
    """The calls that this process has answered and not yet written, for every tenant. Its size is limited.

    Every call is counted. When there are too many different keys, what is less important is left out: first the error
    and the range of the latency, then the operation and the minute. Then there is one key for a quarter hour, tier and
    status, so that their number remains small. The peak of calls in a second and the rows of single calls are left out
    too.

    It is not thread-safe: only the event loop's thread may use it.
    """

    def __init__(
        self,
        maximum_keys: int = MAXIMUM_KEYS,
        maximum_rows: int = MAXIMUM_ROWS,
        disclosure_limit: EntryLimit | None = None,
    ) -> None:
        """Keep about `maximum_keys` keys and `maximum_rows` rows, with those that were taken and not yet released.

        `combined` counts the calls that were counted with less detail, `rows_lost` those without a row of their own.
        """
        self._tenants: dict[CalledTenant, TenantCalls] = {}
        self._maximum_keys = maximum_keys
        self._maximum_rows = maximum_rows
        self._keys = 0
        self._rows = 0
        self.combined = 0
        self.rows_lost = 0
        self.disclosure_limit = disclosure_limit or EntryLimit()

    def count(self, call: CallRecord, number: int = 1) -> None:
        """Count a call, or a `number` of equal calls. Calls without an interaction id get no row of their own."""
        tenant = self._tenants.get(call.tenant) or self._add_tenant(call.tenant)
        if call.disclosed is not None:
            tenant.disclosures.add(call.disclosed, call.at)
        for reason in call.refused:
            tenant.refusals.add(reason, call.arrangement_id, call.at)
        second, latency, tier = int(call.at.timestamp()), call.latency * number, call.tier
        key = RollupKey(
            second - second % 60,
            call.operation,
            tier,
            call.status,
            call.error,
            call.authenticated,
            _BUCKET_OF_INDEX[bisect_left(_BOUNDS, call.latency)],
        )
        sums = tenant.rollup.get(key)
        if sums is None:
            sums = self._add_key(tenant, key, second)
        sums.calls += number
        sums.latency_total += latency
        if call.throttled:
            sums.throttled += number
        elif call.latency <= _LIMIT.get(tier, -1):
            sums.within_limit += number
        if call.token_issued:
            sums.tokens_issued += 1
        if call.secondary_latency is not None:
            sums.secondary_requests += 1
            sums.secondary_within_limit += call.secondary_latency <= _SECONDARY_LIMIT.get(tier, 0)
            sums.secondary_latency_total += call.secondary_latency
            sums.secondary_calls += call.secondary_calls
            sums.secondary_errors += call.secondary_errors
            sums.secondary_rejections += call.secondary_rejections
        self._count_second(tenant, (second, call.authenticated), number)
        if call.interaction_id:
            self._keep_row(tenant, call)

    def _keep_row(self, tenant: TenantCalls, call: CallRecord) -> None:
        if self._rows < self._maximum_rows:
            self._rows += 1
            tenant.rows.append(call)
        else:
            self.rows_lost += 1

    def _add_tenant(self, called: CalledTenant) -> TenantCalls:
        limit = self.disclosure_limit
        added = self._tenants[called] = TenantCalls(Disclosures(limit), Refusals(limit))
        return added

    def _add_key(self, tenant: TenantCalls, key: RollupKey, second: int) -> CallSums:
        """Return the sums for a key that is new, or for a key with less detail if there are too many."""
        if self._keys >= self._maximum_keys:
            self.combined += 1
            key = key._replace(error="", latency_bucket=ANY_BUCKET)
            if key not in tenant.rollup and self._keys >= 2 * self._maximum_keys:
                key = key._replace(minute=second - second % SECONDS_OF_A_QUARTER_HOUR, operation="")
        sums = tenant.rollup.get(key)
        if sums is None:
            self._keys += 1
            sums = tenant.rollup[key] = CallSums()
        return sums

    def _count_second(self, tenant: TenantCalls, key: tuple[int, bool], number: int) -> None:
        counted = tenant.seconds.get(key)
        if counted is not None:
            tenant.seconds[key] = counted + number
        elif self._keys < self._maximum_keys:
            self._keys += 1
            tenant.seconds[key] = number

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
        """Make room for other keys and rows: `calls`, which `take` has returned, are no longer in memory."""
        self._keys -= calls.keys
        self._rows -= len(calls.rows)
        calls.disclosures.release()
        calls.refusals.release()
