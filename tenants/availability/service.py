"""What Get Status and Get Outages answer."""

from datetime import datetime

from haas.database import Database, Transaction
from tenants.availability import store
from tenants.payloads.outages_v1 import DiscoveryOutage, DiscoveryOutages
from tenants.payloads.status_v1 import CommonDiscoveryStatus
from tenants.registry.models import Tenant

_SUSPENDED = "Data sharing with this brand is not available at the moment."


async def status(database: Database, tenant: Tenant, now: datetime) -> CommonDiscoveryStatus:
    """Return how the tenant does: suspended, as its staff last said, in a scheduled outage, or OK."""
    if tenant.suspended:
        return CommonDiscoveryStatus(status="UNAVAILABLE", explanation=_SUSPENDED, updateTime=now)
    async with database.transaction(tenant.namespace) as tx:
        said = await store.latest_status(tx)
        if said is not None and said["status"] != "OK":
            return CommonDiscoveryStatus(
                status=said["status"],
                explanation=said["explanation"] or "",
                detectionTime=said["detected_at"],
                expectedResolutionTime=said["expected_resolution_at"],
                updateTime=said["updated_at"],
            )
        for outage in (await _to_come(tx, now)).outages:
            if outage.outageTime <= now:
                return CommonDiscoveryStatus(
                    status="SCHEDULED_OUTAGE", explanation=outage.explanation, updateTime=outage.outageTime
                )
    return CommonDiscoveryStatus(status="OK", updateTime=said["updated_at"] if said is not None else now)


async def outages(database: Database, tenant: Tenant, now: datetime) -> DiscoveryOutages:
    """Return the scheduled outages that are not over."""
    async with database.transaction(tenant.namespace) as tx:
        return await _to_come(tx, now)


async def _to_come(tx: Transaction, now: datetime) -> DiscoveryOutages:
    return DiscoveryOutages(
        outages=[
            DiscoveryOutage(
                outageTime=row["starts_at"],
                duration=row["duration"],
                isPartial=row["partial"],
                explanation=row["explanation"],
            )
            for row in await store.outages_to_come(tx, now)
        ]
    )
