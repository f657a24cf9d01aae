"""Service points as the store has them, with everything that the standards define."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from haas.database import Database
from tenants.accounts.internal_ids import service_point_id
from tenants.accounts.tables import service_point, supply
from tenants.registry.models import Tenant
from tenants.sources.tables import der_record
from tests.support.rows import execute

LIST_MEMBERS: Mapping[str, Any] = {
    "servicePointClassification": "SMALL",
    "servicePointStatus": "ACTIVE",
    "jurisdictionCode": "VIC",
    "isGenerator": False,
    "validFromDate": "2025-07-01",
    "lastUpdateDateTime": "2026-06-30T02:00:00Z",
    "lastConsumerChangeDate": "2023-02-11",
    "consumerProfile": {"classification": "RESIDENTIAL", "threshold": "LOW"},
}
METER: Mapping[str, Any] = {
    "meterId": "M-1",
    "specifications": {"status": "CURRENT", "installationType": "COMMS4D", "nextScheduledReadDate": "2026-12-01"},
    "registers": [
        {"registerId": "E1", "registerSuffix": "E1", "registerConsumptionType": "INTERVAL", "timeOfDay": "OFFPEAK"},
        {"registerId": "11", "registerConsumptionType": "BASIC", "averagedDailyLoad": 12, "multiplier": 1.5},
    ],
}
DETAIL_MEMBERS: Mapping[str, Any] = {
    "distributionLossFactor": {"code": "NLV1", "description": "Low voltage", "lossValue": "1.0523"},
    "relatedParticipants": [{"party": "Southern Networks", "role": "LNSP"}],
    "location": {
        "addressUType": "simple",
        "simple": {"addressLine1": "1 A St", "city": "Carlton", "state": "VIC", "postcode": "3053"},
    },
    "meters": [METER],
}
NO_DER: Mapping[str, Any] = {
    "approvedCapacity": 0,
    "availablePhasesCount": 0,
    "installedPhasesCount": 0,
    "islandableInstallation": False,
    "acConnections": [],
}
SOLAR: Mapping[str, Any] = {
    "approvedCapacity": 10.5,
    "availablePhasesCount": 3,
    "installedPhasesCount": 1,
    "islandableInstallation": True,
    "hasCentralProtectionControl": True,
    "protectionMode": {"exportLimitKva": 5},
    "acConnections": [
        {
            "connectionIdentifier": 7101,
            "count": 1,
            "equipmentType": "INVERTER",
            "manufacturerName": "W",
            "inverterSeries": "WB",
            "inverterModelNumber": "8",
            "commissioningDate": "2022-10-14",
            "status": "ACTIVE",
            "inverterDeviceCapacity": 8,
            "derDevices": [
                {"deviceIdentifier": 1, "count": 22, "type": "SOLAR_PV", "nominalRatedCapacity": 0.41},
                {
                    "deviceIdentifier": 2,
                    "count": 1,
                    "type": "STORAGE",
                    "nominalRatedCapacity": 5,
                    "nominalStorageCapacity": 13.5,
                },
            ],
        }
    ],
}
SINCE = date(2020, 1, 1)


def detail_of(nmi: str, identifier: str, **changes: Any) -> dict[str, Any]:
    """Return Get Service Point Detail of a service point; a change to None leaves a member out."""
    members = {"servicePointId": identifier, "nationalMeteringId": nmi, **LIST_MEMBERS, **DETAIL_MEMBERS, **changes}
    return {name: value for name, value in members.items() if value is not None}


class ServicePoints:
    """Adds service points to a tenant."""

    def __init__(self, database: Database, tenant: Tenant, now: datetime) -> None:
        self._database, self._tenant, self._now = database, tenant, now

    async def add(self, nmi: str, *accounts: UUID, **changes: Any) -> UUID:
        """Add a service point that supplies accounts since 2020; return its id. `changes` are of its detail."""
        point = service_point_id(nmi)
        row = {"id": point, "reference": f"SP {nmi}", "national_metering_id": nmi, "updated_at": self._now}
        await self._insert(service_point, {**row, "detail": detail_of(nmi, str(point), **changes)})
        for account in accounts:
            await self.supply(point, account)
        return point

    async def supply(self, point: UUID, account: UUID, first: date = SINCE, last: date | None = None) -> None:
        """Add a period in which a service point supplies an account."""
        row = {"account_id": account, "service_point_id": point, "valid_from": first, "valid_to": last}
        await self._insert(supply, row)

    async def add_der(self, point: UUID, record: Mapping[str, Any] = SOLAR) -> None:
        """Store the DER record of a service point."""
        row = {"service_point_id": point, "detail": {"servicePointId": str(point), **record}, "updated_at": self._now}
        await self._insert(der_record, row)

    async def _insert(self, table: Any, row: dict[str, Any]) -> None:
        await execute(self._database, self._tenant, insert(table).values(row))
