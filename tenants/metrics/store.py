"""The SQL of the figures. Periods are given by their edges: period `n` is from `edges[n]` to `edges[n + 1]`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ARRAY, BigInteger, ColumnElement, and_, cast, func, literal, or_, select, union_all

from haas.database import Transaction
from tenants.arrangements.tables import arrangement, authorisation
from tenants.calls.tables import call_peak, call_quarter_hour, call_rollup, call_second
from tenants.clients.cdr_register import CLIENT_ID
from tenants.clients.tables import client
from tenants.parties.tables import customer
from tenants.schema_metadata import Moment

_LONGEST_ONCE_OFF: Final = timedelta(days=1)
"""An authorisation for at most a day is once-off in Get Metrics, with or without a refresh token (K-5)."""
_IS_ONGOING: Final = authorisation.c.sharing_duration > int(_LONGEST_ONCE_OFF.total_seconds())
_IS_INDIVIDUAL: Final = customer.c.kind == "person"
_COUNTED: Final = (
    "calls",
    "within_limit",
    "latency_total",
    "throttled",
    "tokens_issued",
    "secondary_requests",
    "secondary_within_limit",
    "secondary_latency_total",
    "secondary_errors",
    "secondary_rejections",
)


class CallCounts(NamedTuple):
    """The sums of calls in a period with the same tier, class and status."""

    period: int
    tier: str
    authenticated: bool
    status: int
    calls: int
    within_limit: int
    latency_total: int
    throttled: int
    tokens_issued: int
    secondary_requests: int
    secondary_within_limit: int
    secondary_latency_total: int
    secondary_errors: int
    secondary_rejections: int


class AuthorisationCount(NamedTuple):
    """How many authorisations began, changed or ended in a period."""

    period: int
    change: str
    """`new`, `amended`, `revoked` or `expired`."""
    ongoing: bool
    individual: bool
    number: int


class ActiveCounts(NamedTuple):
    """The arrangements that are active at a moment."""

    customers: int
    products: int
    ongoing_individual: int
    ongoing_non_individual: int


async def live_since(tx: Transaction) -> datetime | None:
    """Return when the tenant was created: then the client of the CDR Register was added."""
    query = select(client.c.created_at).where(client.c.client_id == CLIENT_ID)
    created: datetime | None = (await tx.execute(query)).scalar_one_or_none()
    return created


async def call_counts(tx: Transaction, edges: Sequence[datetime]) -> list[CallCounts]:
    """Return the sums of calls. The calls of the last hours are in the rows of minutes, the others in quarter hours."""
    parts = [
        select(
            time.label("at"),
            *(table.c[name] for name in ("tier", "authenticated", "status", *_COUNTED)),
        ).where(time >= edges[0], time < edges[-1])
        for table, time in ((call_rollup, call_rollup.c.minute), (call_quarter_hour, call_quarter_hour.c.starts_at))
    ]
    counted = union_all(*parts).subquery()
    groups = (_period(counted.c.at, edges), counted.c.tier, counted.c.authenticated, counted.c.status)
    query = select(*groups, *(cast(func.sum(counted.c[name]), BigInteger) for name in _COUNTED)).group_by(*groups)
    return [CallCounts._make(row) for row in await tx.execute(query)]


async def peaks(tx: Transaction, edges: Sequence[datetime]) -> dict[int, dict[str, int]]:
    """Return by period the highest number of calls in a second: of all, and of each class."""
    seconds = select(
        call_second.c.second.label("at"),
        (call_second.c.authenticated + call_second.c.unauthenticated).label("aggregate"),
        call_second.c.authenticated,
        call_second.c.unauthenticated,
    ).where(call_second.c.second >= edges[0], call_second.c.second < edges[-1])
    stored = select(
        call_peak.c.starts_at.label("at"),
        call_peak.c.aggregate,
        call_peak.c.authenticated,
        call_peak.c.unauthenticated,
    ).where(call_peak.c.starts_at >= edges[0], call_peak.c.starts_at < edges[-1])
    found = union_all(seconds, stored).subquery()
    period = _period(found.c.at, edges)
    names = ("aggregate", "authenticated", "unauthenticated")
    query = select(period, *(func.max(found.c[name]).label(name) for name in names)).group_by(period)
    return {row[0]: {name: row[index] for index, name in enumerate(names, 1)} for row in await tx.execute(query)}


async def authorisation_changes(tx: Transaction, edges: Sequence[datetime], now: datetime) -> list[AuthorisationCount]:
    """Return what happened to authorisations.

    One that was given and whose code was never exchanged is not counted. An expiry belongs to the day on which sharing
    ended, also if housekeeping has not ended the arrangement yet.
    """
    began = authorisation.c.active_at
    is_first = authorisation.c.version == 1
    ended, expires = arrangement.c.ended_at, authorisation.c.expires_at
    in_force = arrangement.c.authorisation_id == authorisation.c.id
    was_active = arrangement.c.active_at.is_not(None)
    has_expired = or_(arrangement.c.ended_by == "expiry", and_(ended.is_(None), expires <= now))
    counts = [
        _changes(edges, "new", began, is_first),
        _changes(edges, "amended", began, ~is_first),
        _changes(edges, "revoked", ended, in_force, was_active, arrangement.c.ended_by != "expiry"),
        _changes(edges, "expired", expires, in_force, was_active, has_expired),
    ]
    return [AuthorisationCount._make(row) for row in await tx.execute(union_all(*counts))]


async def active_counts(tx: Transaction, now: datetime) -> ActiveCounts:
    """Return the numbers of customers, software products and ongoing authorisations that are active now."""
    query = (
        select(
            func.count(arrangement.c.customer_id.distinct()),
            func.count(client.c.software_id.distinct()),
            func.count().filter(_IS_ONGOING, _IS_INDIVIDUAL),
            func.count().filter(_IS_ONGOING, ~_IS_INDIVIDUAL),
        )
        .join(authorisation, authorisation.c.id == arrangement.c.authorisation_id)
        .join(customer, customer.c.id == arrangement.c.customer_id)
        .join(client, client.c.client_id == arrangement.c.client_id)
        .where(arrangement.c.ended_at.is_(None), arrangement.c.active_at.is_not(None), authorisation.c.expires_at > now)
    )
    return ActiveCounts._make((await tx.execute(query)).one())


def _changes(edges: Sequence[datetime], change: str, time: ColumnElement[Any], *conditions: ColumnElement[bool]) -> Any:
    groups = (_period(time, edges), literal(change).label("change"), _IS_ONGOING, _IS_INDIVIDUAL)
    return (
        select(*groups, func.count())
        .select_from(authorisation)
        .join(arrangement, arrangement.c.id == authorisation.c.arrangement_id)
        .join(customer, customer.c.id == arrangement.c.customer_id)
        .where(time >= edges[0], time < edges[-1], *conditions)
        .group_by(*groups)
    )


def _period(time: ColumnElement[Any], edges: Sequence[datetime]) -> ColumnElement[int]:
    return (func.width_bucket(time, literal(list(edges), type_=ARRAY(Moment))) - 1).label("period")
