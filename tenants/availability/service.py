"""The data of Get Status and Get Outages."""

from datetime import datetime, timedelta

from haas.database import Database
from tenants.availability import store
from tenants.payloads.outages_v1 import DiscoveryOutage, DiscoveryOutages
from tenants.payloads.status_v1 import CommonDiscoveryStatus
from tenants.registry.models import Tenant

_SUSPENDED = "Data sharing with this brand is not available at the moment."


async def status(database: Database, tenant: Tenant, now: datetime) -> CommonDiscoveryStatus:
    """Return the tenant's status: suspended, in an unplanned outage, in a planned outage, or OK."""
    if tenant.suspended:
        return CommonDiscoveryStatus(status="UNAVAILABLE", explanation=_SUSPENDED, updateTime=now)
    async with database.transaction(tenant.namespace, "public") as tx:
        outage = await store.current_or_last(tx, now)
    if outage is None or not outage.is_open(now):
        ended_at = None if outage is None else outage.ends_at
        return CommonDiscoveryStatus(status="OK", updateTime=ended_at or now)
    if outage.planned:
        return CommonDiscoveryStatus(
            status="SCHEDULED_OUTAGE", explanation=outage.explanation, updateTime=outage.starts_at
        )
    return CommonDiscoveryStatus(
        status="PARTIAL_FAILURE" if outage.partial else "UNAVAILABLE",
        explanation=outage.explanation,
        detectionTime=outage.announced_at,
        expectedResolutionTime=outage.expected_end_at,
        updateTime=outage.updated_at,
    )


async def outages(database: Database, tenant: Tenant, now: datetime) -> DiscoveryOutages:
    """Return the scheduled outages that have not ended."""
    async with database.transaction(tenant.namespace, "public") as tx:
        planned = await store.planned(tx, now)
    return DiscoveryOutages(
        outages=[
            DiscoveryOutage(
                outageTime=each.starts_at,
                duration=iso_duration(each.ends_at - each.starts_at),
                isPartial=each.partial,
                explanation=each.explanation,
            )
            for each in planned
            if each.ends_at is not None
        ]
    )


def iso_duration(length: timedelta) -> str:
    """Return a duration in ISO 8601 form, in days, hours, minutes and seconds: "PT2H", "P1DT30M"."""
    minutes, seconds = divmod(round(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    date = f"{days}D" if days else ""
    time = "".join(f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if number)
    return f"P{date}T{time}" if time else f"P{date or 'T0S'}"
