"""Imports NEM12 files into a tenant, and shows the stored reads."""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from haas.database import Database
from tenants.accounts.internal_ids import service_point_id
from tenants.accounts.tables import service_point
from tenants.imports.files import FileLimits
from tenants.imports.nem12_import import NEM12_LIMITS, import_nem12
from tenants.imports.report import Report
from tenants.registry.models import Tenant
from tenants.usage.packed_values import unpack_values
from tenants.usage.tables import usage_read
from tests.support.nem12 import NMI
from tests.support.rows import execute


class UsageFiles:
    """Writes NEM12 files and imports them."""

    def __init__(self, database: Database, now: datetime, tenant: Tenant, folder: Path) -> None:
        self.database, self.now, self.tenant, self.folder = database, now, tenant, folder

    async def add_point(self, nmi: str = NMI) -> UUID:
        """Add a service point, and return its id."""
        point = service_point_id(nmi)
        row = {"id": point, "reference": nmi, "national_metering_id": nmi, "detail": {}, "updated_at": self.now}
        await execute(self.database, self.tenant, insert(service_point).values(**row))
        return point

    async def load(self, *lines: str, limits: FileLimits = NEM12_LIMITS, **options: Any) -> Report:
        """Import a file with these lines, and return the report."""
        path = self.folder / "reads.csv"
        path.write_text("".join(f"{line}\r\n" for line in lines))
        report = Report()
        await import_nem12(self.database, self.tenant.namespace, path, report, now=self.now, limits=limits, **options)
        return report

    async def rows(self) -> list[Any]:
        """Return the stored reads, in the order of NMI, day and register."""
        query = (
            select(service_point.c.national_metering_id, usage_read)
            .join(service_point, service_point.c.id == usage_read.c.service_point_id)
            .order_by(service_point.c.national_metering_id, usage_read.c.read_start_date, usage_read.c.register_suffix)
        )
        return await execute(self.database, self.tenant, query)

    async def values(self) -> dict[tuple[str, str, str], tuple[int, ...]]:
        """Return the values of the stored days, by NMI, day and register."""
        return {
            (row.national_metering_id, str(row.read_start_date), row.register_suffix): unpack_values(
                row.packed, 1440 // row.interval_minutes
            )
            for row in await self.rows()
        }


def problems(report: Report) -> list[str]:
    return [str(finding) for finding in report.problems]


def fixes(report: Report) -> list[str]:
    return [str(finding) for finding in report.fixes]
