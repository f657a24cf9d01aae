"""The measurement of backups: what is timed is a backup of every tenant, and a restore of it."""

from pathlib import Path

import asyncpg

from haas.progress import NO_PROGRESS
from ops.bench.backups import Places, measure, table
from tests.support.backups import backup_url
from tests.support.deployments import PostgresServer, open_deployment


async def test_every_tenant_is_backed_up_and_restored(postgres: PostgresServer, valkey: str, tmp_path: Path) -> None:
    empty = await postgres.deployment()
    try:
        async with open_deployment(postgres, valkey, tmp_path) as deployment:
            settings = deployment.settings
            places = Places(settings, await backup_url(postgres.superuser_url, settings), empty)
            taken, size = await measure(places, tmp_path, 2, 2, NO_PROGRESS)
        connection = await asyncpg.connect(empty.owner_url)
        try:
            await connection.execute(f"SET ROLE {empty.role_prefix}_owner")
            restored = await connection.fetch("SELECT slug, state FROM control.brand ORDER BY slug")
        finally:
            await connection.close()
    finally:
        await postgres.discard(empty)
    assert [tuple(row) for row in restored] == [("many-1", "suspended"), ("many-2", "suspended")]
    assert all(each.seconds > 0 and each.own > 0 for each in taken)
    assert [each.what for each in taken if each.programs > 0] == ["back up", "restore"]
    assert size > 1000
    lines = table(taken, 2).splitlines()
    assert len(lines) == 2 + len(taken)
    assert [line.split("|")[3].strip() for line in lines if "create" in line] == ["1.00"]
