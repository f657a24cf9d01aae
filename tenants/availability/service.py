"""The data of Get Status and Get Outages, the outages that refuse calls, and the changes of outages."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from haas.database import Transaction
from tenants.availability import store
from tenants.availability.board import UNREADABLE_FOR, KnownOutages, OutageBoard
from tenants.availability.errors import InOutage, OutageRefused
from tenants.availability.models import EndpointClass, NewOutage, Outage
from tenants.availability.secondary_status import SecondaryStatus
from tenants.payloads.outages_v1 import DiscoveryOutage, DiscoveryOutages
from tenants.payloads.status_v1 import CommonDiscoveryStatus
from tenants.registry.models import Tenant

NOTICE: Final = timedelta(days=7)
"""The lead time of a planned outage (CDS, Availability Requirements): with less, it counts as unavailability."""
USUAL_LENGTH: Final = timedelta(hours=12)
"""A longer planned outage can hide unavailability (sm#660), so whoever opens it is warned."""
LONGEST_PLANNED: Final = timedelta(days=31)
MAXIMUM_OPEN: Final = 100
"""How many outages of a tenant that have not ended are stored, because all of them are kept in memory."""
MAXIMUM_EXPLANATION: Final = 500
_SUSPENDED: Final = "Data sharing with this brand is not available at the moment."


def current(outages: Iterable[Outage], now: datetime) -> Outage | None:
    """Return the outage that Get Status reports: the most severe open one, or None.

    Unplanned ones come before planned ones, and complete ones before partial ones. Of equal ones, the one that was
    updated last is chosen.
    """
    is_open = [outage for outage in outages if outage.is_open(now)]
    if not is_open:
        return None
    return min(is_open, key=lambda each: (each.planned, each.is_partial, -each.updated_at.timestamp(), each.id))


def refuse_in_outage(outages: Iterable[Outage], endpoint_class: EndpointClass, now: datetime) -> None:
    """Raise InOutage if an open outage covers all endpoints of a class. A partial one does not say which it covers."""
    for outage in outages:
        if not outage.partial and outage.endpoint_class in ("all", endpoint_class) and outage.is_open(now):
            raise InOutage(outage, now)


async def status(
    board: OutageBoard, tenant: Tenant, now: datetime, secondary: SecondaryStatus | None = None
) -> CommonDiscoveryStatus:
    """Return the tenant's status: suspended, in an unplanned outage, in a planned outage, or OK.

    An outage of the secondary data holder, AEMO, is not an outage of the tenant (CDS, Availability Requirements). The
    explanation names it. Raise Unavailable if the outages were never read and cannot be read now.
    """
    if tenant.suspended:
        return CommonDiscoveryStatus(status="UNAVAILABLE", explanation=_SUSPENDED, updateTime=now)
    known = await board.known(tenant)
    return _status(known, now, None if secondary is None else secondary.explanation(tenant, now))


def _status(known: KnownOutages, now: datetime, about_secondary: str | None) -> CommonDiscoveryStatus:
    outage = current(known.outages, now)
    unreadable = known.unreadable_since
    if (outage is None or outage.planned) and unreadable is not None and now - unreadable >= UNREADABLE_FOR:
        return CommonDiscoveryStatus(
            status="UNAVAILABLE", explanation=_SUSPENDED, detectionTime=unreadable, updateTime=unreadable
        )
    if outage is None:
        ended = [each.ends_at for each in known.outages if each.ends_at is not None and each.ends_at <= now]
        return CommonDiscoveryStatus(status="OK", explanation=about_secondary, updateTime=max(ended, default=now))
    explanation = " ".join(filter(None, (outage.explanation, about_secondary)))
    if outage.planned:
        return CommonDiscoveryStatus(
            status="SCHEDULED_OUTAGE", explanation=explanation, updateTime=max(outage.starts_at, outage.updated_at)
        )
    return CommonDiscoveryStatus(
        status="PARTIAL_FAILURE" if outage.is_partial else "UNAVAILABLE",
        explanation=explanation,
        detectionTime=outage.announced_at,
        expectedResolutionTime=outage.expected_end_at,
        updateTime=outage.updated_at,
    )


async def outages(board: OutageBoard, tenant: Tenant, now: datetime) -> DiscoveryOutages:
    """Return the scheduled outages that have not ended. Raise Unavailable if they were never read and cannot be now."""
    planned = [each for each in (await board.known(tenant)).outages if each.planned]
    return DiscoveryOutages(
        outages=[
            DiscoveryOutage(
                outageTime=each.starts_at,
                duration=iso_duration(each.ends_at - each.starts_at),
                isPartial=each.is_partial,
                explanation=each.explanation,
            )
            for each in sorted(planned, key=lambda each: (each.starts_at, each.id))
            if each.ends_at is not None and each.ends_at > now
        ]
    )


async def open_outage(tx: Transaction, new: NewOutage, *, actor: str, now: datetime) -> Outage:
    """Store an outage. It is announced now. Raise OutageRefused."""
    _check(new, now)
    if await store.number_of_open(tx, now) >= MAXIMUM_OPEN:
        raise OutageRefused(f"there are {MAXIMUM_OPEN} outages already that have not ended: close one first")
    outage = Outage(
        id=uuid4(),
        starts_at=new.starts_at,
        ends_at=new.ends_at if new.planned else None,
        expected_end_at=None if new.planned else new.ends_at,
        endpoint_class=new.endpoint_class,
        planned=new.planned,
        announced_at=now,
        partial=new.partial,
        explanation=new.explanation,
        opened_by=actor,
        updated_at=now,
    )
    await store.add(tx, outage)
    return outage


async def close_outage(tx: Transaction, outage_id: UUID, *, actor: str, now: datetime) -> None:
    """End an open outage, or withdraw a planned one that has not begun. Raise OutageRefused."""
    if await store.close(tx, outage_id, closed_by=actor, now=now):
        return
    if not await store.withdraw(tx, outage_id, now):
        raise OutageRefused(f"there is no outage {outage_id} that has not ended")


def warnings(outage: Outage) -> list[str]:
    """Return what whoever opens a planned outage should know about it (CDS, Availability Requirements; sm#660)."""
    found = []
    if outage.planned and outage.ends_at is not None:
        if outage.starts_at - outage.announced_at < NOTICE:
            found.append("It begins within a week, so it is not excluded from the availability that is reported.")
        if outage.ends_at - outage.starts_at > USUAL_LENGTH:
            hours = USUAL_LENGTH.total_seconds() / 3600
            found.append(
                f"It is longer than {hours:.0f} hours. Planned outages must be commensurate with those of the"
                " retailer's other digital channels."
            )
    return found


def _check(new: NewOutage, now: datetime) -> None:
    """Raise OutageRefused if the times or the explanation of an outage cannot be right."""
    if not 0 < len(new.explanation.strip()) <= MAXIMUM_EXPLANATION or not new.explanation.isprintable():
        raise OutageRefused(f"an explanation for end customers is required: one line, at most {MAXIMUM_EXPLANATION}")
    if new.ends_at is not None and new.ends_at <= max(new.starts_at, now):
        raise OutageRefused("an outage ends after it has begun, and not in the past")
    if not new.planned:
        if new.starts_at > now:
            raise OutageRefused("an outage that has not begun is a planned one")
        return
    if new.ends_at is None:
        raise OutageRefused("a planned outage has an end")
    if new.starts_at < now:
        raise OutageRefused("a planned outage does not begin in the past: announce it before it begins")
    if new.ends_at - new.starts_at > LONGEST_PLANNED:
        raise OutageRefused(f"a planned outage is not longer than {LONGEST_PLANNED.days} days")


def iso_duration(length: timedelta) -> str:
    """Return a duration in ISO 8601 form, in days, hours, minutes and seconds: "PT2H", "P1DT30M"."""
    minutes, seconds = divmod(round(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    date = f"{days}D" if days else ""
    time = "".join(f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if number)
    return f"P{date}T{time}" if time else f"P{date or 'T0S'}"
