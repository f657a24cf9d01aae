"""The backup and the restore of a tenant on another database node."""

from pathlib import Path
from typing import Any

import msgspec

from ops.backup.keys import make_keys
from ops.deployment import Deployment
from tests.support.backups import BackupKeys, all_rows, backing_up, backup_url, restoring
from tests.support.nodes import SECOND

SLUG = "northern"


async def test_a_tenant_on_another_node_is_restored_there(
    two_nodes: Deployment, superuser_url: str, second_superuser_url: str, tmp_path: Path
) -> None:
    settings = two_nodes.settings
    second = msgspec.structs.replace(settings, owner_database_url=settings.owner_nodes[SECOND])
    made = BackupKeys(tmp_path / "keys")
    make_keys(made.folder)
    haas = backing_up(settings, await backup_url(superuser_url, settings))
    create = ("backup", "create", str(tmp_path / "made"), *made.writing, "--tenant", SLUG)
    tenant = await two_nodes.new_tenant(SLUG, node=SECOND)

    async def rows() -> dict[str, list[Any]]:
        found = await all_rows(second_superuser_url, settings.role_prefix)
        return {table: rows for table, rows in found.items() if table.startswith(f"{tenant.namespace.schema}.")}

    before = await rows()
    refused = await haas(*create)
    assert "HAAS_BACKUP_DATABASE_URL_SECOND is not set" in refused.stderr
    for unfinished in (tmp_path / "made").iterdir():
        unfinished.rename(tmp_path / "unfinished")
    done = await haas(*create, HAAS_BACKUP_DATABASE_URL_SECOND=await backup_url(second_superuser_url, second))
    assert done.exit_code == 0, done.output
    await two_nodes.administration.remove(SLUG, actor="tests")
    assert await rows() == {}
    restored = await restoring(settings)("restore", done.stdout.strip(), *made.reading, "--tenant", SLUG, "--serve")
    assert restored.exit_code == 0, restored.output
    assert await rows() == before
    assert (await two_nodes.administration.find(SLUG)).state == "active"
