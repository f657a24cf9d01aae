"""The call tables: adding to them, and folding seconds into peaks."""

from collections import defaultdict
from datetime import datetime

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from haas.database import Transaction
from tenants.calls.aggregate import RollupKey, Sums, TenantCalls
from tenants.calls.tables import call_peak, call_rollup, call_second

_INSERT_ROLLUP = insert(call_rollup)
_ADD_ROLLUP = _INSERT_ROLLUP.on_conflict_do_update(
    index_elements=list(RollupKey._fields),
    set_={name: call_rollup.c[name] + _INSERT_ROLLUP.excluded[name] for name in Sums.__struct_fields__},
)
_INSERT_SECOND = insert(call_second)
_ADD_SECOND = _INSERT_SECOND.on_conflict_do_update(
    index_elements=["second"],
    set_={name: call_second.c[name] + _INSERT_SECOND.excluded[name] for name in ("authenticated", "unauthenticated")},
)


async def add(tx: Transaction, calls: TenantCalls) -> None:
    """Add a tenant's counted calls to what is there, in one order, so that two processes never deadlock."""
    if not calls.rollup:
        return
    rollup = sorted(calls.rollup.items())
    await tx.execute(_ADD_ROLLUP, [{**key._asdict(), **msgspec.structs.asdict(sums)} for key, sums in rollup])
    seconds: dict[datetime, dict[str, int]] = defaultdict(lambda: {"authenticated": 0, "unauthenticated": 0})
    for (second, authenticated), count in calls.seconds.items():
        seconds[second]["authenticated" if authenticated else "unauthenticated"] += count
    await tx.execute(_ADD_SECOND, [{"second": second, **counts} for second, counts in sorted(seconds.items())])


async def fold_seconds(tx: Transaction, before: datetime) -> int:
    """Fold the seconds before `before` into the peak of their hour; return how many there were."""
    folded = delete(call_second).where(call_second.c.second < before).returning(*call_second.c).cte("folded")
    hour = func.date_trunc("hour", folded.c.second, "UTC")
    peaks = insert(call_peak).from_select(
        ["hour", "aggregate", "authenticated", "unauthenticated"],
        select(
            hour,
            func.max(folded.c.authenticated + folded.c.unauthenticated),
            func.max(folded.c.authenticated),
            func.max(folded.c.unauthenticated),
        ).group_by(hour),
    )
    highest = {
        name: func.greatest(call_peak.c[name], peaks.excluded[name])
        for name in ("aggregate", "authenticated", "unauthenticated")
    }
    result = await tx.execute(peaks.on_conflict_do_update(index_elements=["hour"], set_=highest))
    return int(result.rowcount)
