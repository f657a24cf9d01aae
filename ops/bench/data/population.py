"""Loads the data of a tenant of the benchmark in bulk."""

from collections.abc import Iterator
from itertools import count
from typing import Final

from haas.errors import HaasError
from haas.progress import Progress
from ops.bench.data.customers import customer_records
from ops.bench.data.reads import Reads
from ops.bench.data.sizes import Sizes
from ops.deployment import Deployment
from ops.migrations.connection import owner_connection
from ops.stack.embedded import Stack
from tenants.accounts.service import market_day
from tenants.imports.files import FileLimits
from tenants.imports.located_record import LocatedRecord
from tenants.imports.records import CustomerRecord
from tenants.imports.report import FileLocation, Report
from tenants.imports.service import import_records
from tenants.registry.models import Tenant
from tenants.tables import tenant as tenant_metadata
from tenants.usage.store import save_reads
from tenants.usage.stored_reads import StoredRead

_NO_LIMIT: Final = FileLimits(records=1_000_000_000)

_READS_AT_ONCE: Final = 4_000


class LoadingFailed(HaasError):
    """A record of the benchmark was refused. The message has the first problem."""


async def load_customers(deployment: Deployment, tenant: Tenant, sizes: Sizes, progress: Progress) -> None:
    """Import the customers with everything that they have except meter reads. Raises LoadingFailed."""
    now, report = deployment.clock.now(), Report()
    with progress.bar(f"{tenant.slug}: customers", sizes.customers) as advance:

        def located() -> Iterator[LocatedRecord]:
            for number, record in zip(count(1), customer_records(sizes, market_day(now)), strict=False):
                if isinstance(record, CustomerRecord):
                    advance()
                yield LocatedRecord(FileLocation("benchmark", number), record)

        await import_records(deployment.operator, tenant.namespace, located(), report, now=now, limits=_NO_LIMIT)
    if report.problem_count:
        raise LoadingFailed(str(report.problems[0]))


async def load_reads(deployment: Deployment, tenant: Tenant, sizes: Sizes, progress: Progress) -> None:
    """Store the meter reads of all service points."""
    reads = Reads(sizes, market_day(deployment.clock.now()))
    pending: list[StoredRead] = []
    with progress.bar(f"{tenant.slug}: service points with reads", len(sizes.sites)) as advance:
        for site in sizes.sites:
            pending.extend(reads.of(site))
            if len(pending) >= _READS_AT_ONCE:
                await _save(deployment, tenant, pending)
                pending.clear()
            advance()
        await _save(deployment, tenant, pending)


async def _save(deployment: Deployment, tenant: Tenant, reads: list[StoredRead]) -> None:
    async with deployment.operator.transaction(tenant.namespace, "long") as tx:
        await save_reads(tx, reads)


async def clean_up(stack: Stack, tenant: Tenant) -> None:
    """Vacuum and analyse the tables of a tenant, as PostgreSQL does by itself after some minutes."""
    schema = tenant.namespace.schema
    tables = ", ".join(f"{schema}.{table.name}" for table in tenant_metadata.sorted_tables)
    async with owner_connection(stack.settings) as connection:
        outside_of_transactions = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await outside_of_transactions.exec_driver_sql(f"VACUUM (ANALYZE) {tables}")
