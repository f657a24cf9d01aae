"""Measures importing NEM12 files into an embedded PostgreSQL: reading, checking, packing, writing, and the report."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

from haas.jose import new_key
from ops.bench.processes import cpu_seconds as cpu_seconds_of
from ops.bench.processes import own_cpu_seconds
from ops.bench.report import markdown
from ops.demonstration.generator import generate
from ops.deployment import Deployment
from ops.deployment_settings import DeploymentSettings
from ops.migrations.bootstrap import bootstrap
from ops.migrations.cluster import create_deployment
from ops.stack.servers import servers
from tenants.cds.resource_ids import ServicePointId
from tenants.imports.files import MEBIBYTE, FileLimits
from tenants.imports.located_record import LocatedRecord
from tenants.imports.nem12_import import import_nem12
from tenants.imports.records import ServicePointRecord
from tenants.imports.report import FileLocation, Report
from tenants.imports.service import import_records
from tenants.registry.models import RegisterEnvironment, Tenant

_LIMITS: Final = FileLimits(file_bytes=1024 * 1024 * MEBIBYTE)
_PREFIX: Final = "nem12"
_REGISTER: Final = RegisterEnvironment(
    id="sandbox",
    public_base_uri="https://register.test",
    secure_base_uri="https://mtls.register.test",
    jwks_uri="https://register.test/jwks",
)


class ImportSpeed(msgspec.Struct, frozen=True, kw_only=True):
    """What an import stored, and what it took: in all, of the importing process, and of PostgreSQL."""

    file: str
    reads: int
    stored: int
    unchanged: int
    reported: int
    seconds: float
    cpu_seconds: float
    server_cpu_seconds: float

    @property
    def per_minute(self) -> float:
        """Interval reads in a minute. It depends on what else runs on the machine."""
        return self.reads / self.seconds * 60

    @property
    def per_minute_of_a_processor(self) -> float:
        """Interval reads in a minute of the busier one of two processors: one reads the file, the other writes."""
        return self.reads / max(self.cpu_seconds, self.server_cpu_seconds) * 60


@asynccontextmanager
async def empty_tenant(folder: Path) -> AsyncIterator[tuple[Deployment, Tenant]]:
    """Run PostgreSQL, which writes to the disk as in production, with one tenant, until the block ends."""
    async with servers(folder / "servers", durable=True) as running:
        databases = await create_deployment(running.superuser_url, _PREFIX)
        settings = DeploymentSettings(
            environment="sandbox",
            domain="haas.localhost",
            public_port=8443,
            database_url=databases.app_url,
            owner_database_url=databases.owner_url,
            operator_database_url=databases.operator_url,
            redis_url=running.redis_url,
            smtp_url="smtp://127.0.0.1:1",
            sms_url="https://sms.test",
            master_key=new_key(),
            role_prefix=databases.role_prefix,
            certificates=folder / "certificates",
            clock_file=folder / "clock",
        )
        await bootstrap(settings)
        async with Deployment.open(settings) as deployment:
            await deployment.administration.put_register_environment(_REGISTER, actor="bench")
            yield deployment, await deployment.new_tenant()


async def add_service_points(deployment: Deployment, tenant: Tenant, nmis: Iterable[str]) -> None:
    """Import a service point for each NMI."""
    [example, *_] = [each.record for each in generate("bench") if isinstance(each.record, ServicePointRecord)]
    records = (
        LocatedRecord(FileLocation("points", number), _service_point(example, nmi))
        for number, nmi in enumerate(nmis, 1)
    )
    await import_records(deployment.operator, tenant.namespace, records, Report(), now=deployment.clock.now())


def _service_point(example: ServicePointRecord, nmi: str) -> ServicePointRecord:
    point = msgspec.structs.replace(example.service_point, servicePointId=ServicePointId(nmi), nationalMeteringId=nmi)
    return ServicePointRecord(service_point=point)


async def measure_import(
    deployment: Deployment, tenant: Tenant, path: Path, name: str, reads_of_a_day: int
) -> ImportSpeed:
    """Import a file as `haas import` does."""
    report = Report()
    began, cpu_began, server_began = time.perf_counter(), time.process_time(), _children_cpu_seconds()
    await import_nem12(deployment.operator, tenant.namespace, path, report, now=deployment.clock.now(), limits=_LIMITS)
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    server_cpu_seconds = _children_cpu_seconds() - server_began
    stored, unchanged = report.loaded["day of interval reads"], report.loaded["day of interval reads unchanged"]
    return ImportSpeed(
        file=name,
        reads=(stored + unchanged) * reads_of_a_day,
        stored=stored,
        unchanged=unchanged,
        reported=report.problem_count,
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        server_cpu_seconds=server_cpu_seconds,
    )


def _children_cpu_seconds() -> float:
    """Return the processor time that PostgreSQL has used. Valkey runs too, and does nothing."""
    return cpu_seconds_of({"all": os.getpid()})["all"] - own_cpu_seconds()


def measure_imports(
    folder: Path, files: Iterable[tuple[str, int, Callable[[], Path]]], nmis: Iterable[str]
) -> list[ImportSpeed]:
    """Import each file into the same tenant, and again, which changes nothing.

    `files` has the name of each, the number of reads of a day, and a function that writes it.
    """

    async def run() -> list[ImportSpeed]:
        async with empty_tenant(folder) as (deployment, tenant):
            await add_service_points(deployment, tenant, nmis)
            return [
                await measure_import(deployment, tenant, path, each, reads_of_a_day)
                for name, reads_of_a_day, write in files
                for path in [write()]
                for each in (name, f"{name}, again")
            ]

    return asyncio.run(run())


def import_table(speeds: list[ImportSpeed]) -> list[str]:
    """Return the lines of a Markdown table."""
    head = [
        "import",
        "days stored",
        "unchanged",
        "reported",
        "s",
        "CPU s of the import",
        "CPU s of PostgreSQL",
        "million reads/min",
        "per min of a CPU",
    ]
    body = [
        [
            speed.file,
            f"{speed.stored:,}",
            f"{speed.unchanged:,}",
            f"{speed.reported:,}",
            f"{speed.seconds:.1f}",
            f"{speed.cpu_seconds:.1f}",
            f"{speed.server_cpu_seconds:.1f}",
            f"{speed.per_minute / 1e6:.0f}",
            f"{speed.per_minute_of_a_processor / 1e6:.0f}",
        ]
        for speed in speeds
    ]
    return markdown([head, *body])
