"""The drill: everything is lost and restored, and consents, tokens, keys and ids are the same."""

import shutil
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from ops.backup.keys import make_keys
from ops.backup.restore import MARK
from ops.deployment import Deployment
from ops.deployment_settings import DeploymentSettings
from ops.migrations.cluster import with_database
from tenants.schema_metadata import CONTROL_SCHEMA
from tests.ops.backup.conftest import KESTREL, MERLIN
from tests.support.application import KeySets, open_application
from tests.support.backups import NOT_RESTORED, BackupKeys, Lost, all_rows, restoring, written_again
from tests.support.clients import product_client
from tests.support.commands import Haas
from tests.support.deployments import PostgresServer
from tests.support.https_server import HttpsServer


def of_tenants(rows: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Return the rows of the tenants' tables that a restore does not change."""
    return {
        table: found
        for table, found in rows.items()
        if not table.startswith(f"{CONTROL_SCHEMA}.") and table.partition(".")[2] not in NOT_RESTORED
    }


async def test_consents_tokens_keys_and_ids_are_the_same_after_everything_was_lost(
    haas: Haas,
    lost: Lost,
    cluster: DeploymentSettings,
    postgres: PostgresServer,
    web: HttpsServer,
    signing_keys: KeySets,
) -> None:
    restored = await haas("restore", str(lost.backup), *lost.keys.reading)
    assert restored.exit_code == 0, restored.output
    assert f"  {KESTREL}\n  {MERLIN}\n" in restored.stdout
    rows = await all_rows(postgres.superuser_url, cluster.role_prefix)
    assert of_tenants(rows) == of_tenants(lost.rows)
    assert rows["tenant_kestrel.session"] == rows["tenant_kestrel.challenge"] == []
    # The tenant that was half created is not there, and nobody executes what was asked for before the backup.
    assert {row["slug"]: row["state"] for row in rows["control.brand"]} == {KESTREL: "suspended", MERLIN: "suspended"}
    assert lost.manifest.omitted == ("osprey",)
    assert ["restored from a backup" in row["error"] for row in rows["control.provision_request"]] == [True]
    for table in ("retailer", "host", "register_environment", "database_node", "alembic_version"):
        assert rows[f"control.{table}"] == lost.rows[f"control.{table}"], table
    assert [row["action"] for row in rows["control.audit"]].count("deployment.restore") == 1
    async with Deployment.open(cluster) as deployment, open_application(deployment, web, signing_keys) as application:
        kestrel = await deployment.administration.find(KESTREL)
        client = await product_client(application, kestrel, lost.product, client_id=lost.client_id)
        refused = await client.resource("/energy/accounts", lost.tokens.access_token, version=2)
        assert refused.status_code == 503
        await deployment.administration.resume(KESTREL, actor="tests")
    async with Deployment.open(cluster) as deployment, open_application(deployment, web, signing_keys) as application:
        client = await product_client(application, kestrel, lost.product, client_id=lost.client_id)
        listed = await client.resource("/energy/accounts", lost.tokens.access_token, version=2)
        assert [each["accountId"] for each in listed.json()["data"]["accounts"]] == lost.account_ids
        assert lost.tokens.refresh_token is not None
        renewed = await client.refresh(lost.tokens.refresh_token)
        assert renewed.cdr_arrangement_id == lost.tokens.cdr_arrangement_id
        assert (await client.userinfo(renewed.access_token))["sub"] == lost.subject
        assert (await client.http.get(f"{kestrel.issuer}/jwks")).json() == lost.jwks
        await deployment.new_tenant("made-now")
    await assert_the_rights_are_those_of_a_new_schema(postgres, cluster, "made_now", KESTREL)


async def assert_the_rights_are_those_of_a_new_schema(
    postgres: PostgresServer, cluster: DeploymentSettings, made: str, restored: str
) -> None:
    query = """
        SELECT replace(relname || ' ' || relkind::text || ' ' || relowner::regrole::text || ' ' ||
                       coalesce(relacl::text, ''), replace(nspname, 'tenant_', ''), '')
          FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = $1 ORDER BY 1
        """
    connection = await asyncpg.connect(with_database(postgres.superuser_url, cluster.role_prefix))
    try:
        new, old = [await connection.fetch(query, f"tenant_{name}") for name in (made, restored)]
        assert len(new) > 100
        assert [row[0] for row in old] == [row[0] for row in new]
        schemas = "SELECT replace(nspacl::text, nspname, '') FROM pg_namespace WHERE nspname ~ '^tenant_'"
        assert len({row[0] for row in await connection.fetch(schemas)}) == 1
    finally:
        await connection.close()


async def test_one_tenant_is_restored_after_its_removal_and_in_the_place_of_what_it_has(
    haas: Haas,
    lost: Lost,
    cluster: DeploymentSettings,
    postgres: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr("ops.backup.restore_tenant.SECONDS_UNTIL_SUSPENDED", 0.0)
    backup = (str(lost.backup), *lost.keys.reading)
    assert (await haas("restore", *backup, "--serve")).exit_code == 0
    before = await all_rows(postgres.superuser_url, cluster.role_prefix)
    async with Deployment.open(cluster) as deployment:
        await deployment.administration.remove(KESTREL, actor="tests")
        # A backup of an earlier release has the published theme only.
        parts = [part for part in lost.manifest.parts if part not in lost.manifest.themes.values()]
        earlier = str(written_again(lost, tmp_path / "earlier", parts=parts))
        assert (await haas("restore", earlier, *lost.keys.reading, "--tenant", KESTREL)).exit_code == 0
        rows = await all_rows(postgres.superuser_url, cluster.role_prefix)
        kestrel = str((await deployment.administration.find(KESTREL)).id)
        [version] = [row for row in rows["control.theme_version"] if row["brand_id"] == kestrel]
        [brand] = [row for row in rows["control.brand"] if row["id"] == kestrel]
        assert (version["note"], version["theme"]) == ("from a backup", brand["theme"])
        await deployment.administration.remove(KESTREL, actor="tests")
        added = await haas("restore", *backup, "--tenant", KESTREL)
        assert added.exit_code == 0, added.output
        assert (await deployment.administration.find(KESTREL)).state == "suspended"
        async with deployment.operator.transaction((await deployment.administration.find(MERLIN)).namespace) as tx:
            await tx.driver.execute("DELETE FROM tenant_merlin.signing_key")
        refused = await haas("restore", *backup, "--tenant", MERLIN)
        assert refused.exit_code == 1
        assert "--replace" in refused.stderr
        stopped = await haas("restore", *backup, "--tenant", MERLIN, "--replace", typed="kestrel\n")
        assert "nothing was changed" in stopped.stderr
        replaced = await haas("restore", *backup, "--tenant", MERLIN, "--replace", "--serve", typed="merlin\n")
        assert replaced.exit_code == 0, replaced.output
        assert (await deployment.administration.find(MERLIN)).state == "active"
    after = await all_rows(postgres.superuser_url, cluster.role_prefix)
    assert of_tenants(after) == of_tenants(before)
    assert sorted(map(str, after["control.host"])) == sorted(map(str, before["control.host"]))
    assert [row["action"] for row in after["control.audit"]].count("tenant.restore") == 3
    # The tenant that was removed has all its themes again, with the font, the draft, and who published what.
    assert [row["note"] for row in before["control.theme_version"]].count("with a font") == 1
    for table in ("theme_version", "theme_file"):
        assert after[f"control.{table}"] == before[f"control.{table}"] != [], table


async def test_a_failed_restore_leaves_nothing_and_the_next_one_drops_what_a_killed_one_left(
    haas: Haas, lost: Lost, cluster: DeploymentSettings, postgres: PostgresServer, tmp_path: Path
) -> None:
    rows = lost.contents.tenants[MERLIN].rows
    more = msgspec.structs.replace(lost.contents.tenants[MERLIN], rows={**rows, "signing_key": 99})
    changed = msgspec.structs.replace(lost.contents, tenants={**lost.contents.tenants, MERLIN: more})
    failed = await haas("restore", str(written_again(lost, tmp_path / "changed", contents=changed)), *lost.keys.reading)
    assert failed.exit_code == 1
    assert "the table tenant_merlin.signing_key does not have 99 rows" in failed.stderr
    owner = await asyncpg.connect(cluster.owner_database_url)
    try:
        left = "SELECT nspname FROM pg_namespace WHERE nspname ~ '^tenant_'"
        assert await owner.fetch(left) == []
        assert await owner.fetchval("SELECT to_regrole($1)", f"{cluster.role_prefix}_tenant_kestrel") is None
        await owner.execute("CREATE SCHEMA tenant_merlin")
        refused = await haas("restore", str(lost.backup), *lost.keys.reading)
        assert "is of no tenant: drop it by hand" in refused.stderr
        await owner.execute(f"COMMENT ON SCHEMA tenant_merlin IS '{MARK}'")
    finally:
        await owner.close()
    done = await haas("restore", str(lost.backup), *lost.keys.reading)
    assert done.exit_code == 0, done.output
    assert of_tenants(await all_rows(postgres.superuser_url, cluster.role_prefix)) == of_tenants(lost.rows)
    second = await haas("restore", str(lost.backup), *lost.keys.reading)
    assert "this deployment has tenants already" in second.stderr


async def test_what_cannot_be_restored_is_refused_before_anything_is_changed(
    haas: Haas, lost: Lost, cluster: DeploymentSettings, tmp_path: Path
) -> None:
    others = BackupKeys(tmp_path / "others")
    make_keys(others.folder)
    newer = [msgspec.structs.replace(part, revision="9999") for part in lost.manifest.parts if part.schema]
    damaged, missing = tmp_path / "damaged", tmp_path / "missing"
    for folder in (damaged, missing):
        shutil.copytree(lost.backup, folder)
    file = damaged / "tenant-kestrel.dump.age"
    file.write_bytes(file.read_bytes()[:-1] + b"\0")
    (missing / "tenant-kestrel.dump.age").unlink()
    one_tenant = written_again(
        lost, tmp_path / "one", parts=[part for part in lost.manifest.parts if part.schema != "control"]
    )
    refusals = [
        (haas, lost.backup, (*others.verifying, *lost.keys.identity), "not of this verification key"),
        (haas, lost.backup, (*lost.keys.verifying, *others.identity), "cannot be decrypted with this identity"),
        (haas, damaged, lost.keys.reading, "is not what was written"),
        (haas, missing, lost.keys.reading, "tenant-kestrel.dump.age is missing"),
        (haas, written_again(lost, tmp_path / "newer", parts=newer), lost.keys.reading, "made by a newer release"),
        (haas, one_tenant, lost.keys.reading, "this is the backup of one tenant"),
        (haas, lost.backup, (*lost.keys.reading, "--tenant", "osprey"), "the backup has no tenant 'osprey'"),
        (
            restoring(cluster, HAAS_MASTER_KEY=urlsafe_b64encode(bytes(32)).decode()),
            lost.backup,
            lost.keys.reading,
            "HAAS_MASTER_KEY is not the master key",
        ),
    ]
    for run, backup, options, reason in refusals:
        refused = await run("restore", str(backup), *options)
        assert refused.exit_code == 1, reason
        assert reason in refused.stderr
    owner = await asyncpg.connect(cluster.owner_database_url)
    try:
        assert await owner.fetchval("SELECT to_regnamespace('control')") is None
    finally:
        await owner.close()
