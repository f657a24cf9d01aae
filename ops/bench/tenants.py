"""Measures how long it takes to create and to migrate many tenants, and compares the times with budgets.

Run as `python -m ops.bench.tenants [--tenants 1000]`.

It starts an embedded PostgreSQL in a temporary folder, with fsync as in a deployment. A provisioner runs in this
process. Tenants whose creation or removal is timed are created and removed as operators do it: by requests to it.
"""

import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

import click
import msgspec

from haas.jose import new_key
from haas.progress import ConsoleProgress, Progress
from haas.settings import CommandSettings, ProvisionerSettings
from ops.demonstration import create_many
from ops.demonstration.brands import REGISTER_ENVIRONMENT
from ops.demonstration.setup import sandbox_register
from ops.deployment import Deployment
from ops.deployment_settings import DeploymentSettings
from ops.migrations.bootstrap import bootstrap
from ops.migrations.chains import TENANT, Chain
from ops.migrations.cluster import DeploymentDatabase, create_deployment
from ops.migrations.run import migrate_tenants
from ops.operator_access import OperatorAccess
from ops.provisioner.process import ProvisionerProcess
from ops.stack.servers import servers
from tenants.registry.models import NewTenant

SAMPLES: Final = 20
ONBOARD_BUDGET: Final = 1.0
MIGRATE_BUDGET: Final = 60.0  # for a thousand schemas
_REVISION: Final = """
import sqlalchemy as sa
from alembic import op

revision = "bench"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = op.get_context().version_table_schema
    op.add_column("arrangement", sa.Column("bench_note", sa.Text()), schema=schema)
    op.create_index("arrangement_bench_note_ix", "arrangement", ["bench_note"], schema=schema)
    op.create_table("bench", sa.Column("id", sa.Text(), primary_key=True), schema=schema)
"""


class Timing(msgspec.Struct, frozen=True):
    """One measurement in seconds, and its budget."""

    what: str
    seconds: float
    budget: float | None = None

    def __str__(self) -> str:
        """Return the line of the table."""
        budget = "" if self.budget is None else f"  budget {self.budget:>6.1f} s  {'ok' if self.met else 'MISSED'}"
        return f"{self.what:<52}{self.seconds:>9.3f} s{budget}"

    @property
    def met(self) -> bool:
        """Whether the time is within the budget."""
        return self.budget is None or self.seconds <= self.budget


@click.command()
@click.option("--tenants", "number", type=click.IntRange(SAMPLES), default=1000, show_default=True)
def main(number: int) -> None:
    """Measure the creation and the migration of many tenants."""
    with tempfile.TemporaryDirectory(prefix="haas-bench-") as folder:
        Path(folder).chmod(0o711)  # as root, the server runs as `nobody` and must be able to enter this folder
        lines = asyncio.run(measure(Path(folder), number, ConsoleProgress()))
    for line in lines:
        click.echo(str(line))
    if not all(line.met for line in lines):
        raise click.ClickException("a budget was missed")


async def measure(root: Path, number: int, progress: Progress) -> list[Timing]:
    """Create `number` tenants and migrate them. Return the time of each step. All files are below `root`."""
    async with _settings(root) as settings:
        await bootstrap(settings)
        async with Deployment.open(settings) as deployment, _operator(settings) as operator:
            await deployment.administration.put_register_environment(sandbox_register(settings), actor="bench")
            await _create(operator, "warm-up")
            lines = await _onboard(operator, "first")
            creating = await _seconds_for(lambda: create_many(deployment, number, progress=progress))
            lines.append(Timing(f"create {number} tenants with shared signing keys", creating))
            lines += await _onboard(operator, f"with {number} others")
            extended = _extended_chain(root / "chain")
            migrating = await _seconds_for(lambda: migrate_tenants(settings, progress, chain=extended))
            again = await _seconds_for(lambda: migrate_tenants(settings, progress, chain=extended))
            lines.append(Timing(f"migrate {number} tenants", migrating, MIGRATE_BUDGET * max(number / 1000, 1)))
            lines.append(Timing(f"migrate {number} tenants that are up to date", again))
            lines.append(Timing("remove a tenant", await _seconds_for(lambda: operator.ask("remove", "warm-up"))))
    return lines


@asynccontextmanager
async def _operator(settings: DeploymentSettings) -> AsyncIterator[OperatorAccess]:
    """Yield the access of an operator's command, and run the provisioner that it asks until the block ends."""
    stopping = asyncio.Event()
    running = asyncio.create_task(ProvisionerProcess(settings.of(ProvisionerSettings)).run(stopping))
    try:
        async with OperatorAccess.open(settings.of(CommandSettings)) as access:
            yield access
    finally:
        stopping.set()
        await running


async def _onboard(operator: OperatorAccess, prefix: str) -> list[Timing]:
    """Measure the creation of tenants one after another, each with new keys."""
    slugs = [f"{prefix.replace(' ', '-')}-{position}" for position in range(SAMPLES)]
    times = [await _seconds_for(partial(_create, operator, slug)) for slug in slugs]
    return [
        Timing(f"onboard a tenant, {prefix}, median", statistics.median(times), ONBOARD_BUDGET),
        Timing(f"onboard a tenant, {prefix}, slowest of {SAMPLES}", max(times), ONBOARD_BUDGET),
    ]


async def _create(operator: OperatorAccess, slug: str) -> None:
    new = NewTenant(
        slug=slug,
        name=slug.title(),
        retailer=f"{slug.title()} Pty Ltd",
        register_environment_id=REGISTER_ENVIRONMENT,
        register_brand_id=slug,
    )
    await operator.ask("create", slug, new)


async def _seconds_for(work: Callable[[], Awaitable[object]]) -> float:
    start = time.perf_counter()
    await work()
    return time.perf_counter() - start


def _extended_chain(folder: Path) -> Chain:
    """Return the tenant chain with a revision that adds a column, an index and a table."""
    shutil.copytree(TENANT.folder / "versions", folder / "versions")
    (folder / "versions" / "bench.py").write_text(_REVISION.format(head=TENANT.head), encoding="utf-8")
    return Chain(TENANT.name, TENANT.tables, folder)


@asynccontextmanager
async def _settings(root: Path) -> AsyncIterator[DeploymentSettings]:
    async with servers(root / "state", durable=True) as running:
        databases = await create_deployment(running.superuser_url, "bench")
        yield embedded_settings(databases, running.redis_url, root)


def embedded_settings(databases: DeploymentDatabase, redis_url: str, root: Path) -> DeploymentSettings:
    """Return the settings of a deployment of a benchmark, with a new master key."""
    return DeploymentSettings(
        environment="sandbox",
        domain="haas.localhost",
        database_url=databases.app_url,
        owner_database_url=databases.owner_url,
        operator_database_url=databases.operator_url,
        redis_url=redis_url,
        smtp_url="smtp://127.0.0.1:1",
        sms_url="https://sms.cdr-sandbox.localhost",
        master_key=new_key(),
        role_prefix=databases.role_prefix,
        certificates=root,
    )


if __name__ == "__main__":
    main()
