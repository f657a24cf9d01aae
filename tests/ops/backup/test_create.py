"""`haas backup`: what is written, what the login may do, and how a backup is verified."""

import stat
from pathlib import Path

import asyncpg
import pytest

from ops.backup import keys
from ops.deployment import Deployment
from ops.migrations.cluster import create_deployment
from tests.ops.backup.conftest import KESTREL, MERLIN
from tests.support.backups import PROGRAMS, Lost, backing_up, backup_url
from tests.support.commands import command_runner
from tests.support.deployments import PostgresServer


async def test_a_backup_has_nothing_that_others_can_read(lost: Lost) -> None:
    files = sorted(lost.backup.iterdir())
    assert [file.name for file in files] == sorted(
        ["manifest.json", "manifest.sig", *(part.file for part in lost.manifest.parts)]
    )
    assert set(lost.manifest.tenants) == {KESTREL, MERLIN}
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        if file.suffix == ".age":
            assert file.read_bytes().startswith(b"age-encryption.org/v1\n-> X25519 ")
    for row in (lost.rows["tenant_kestrel.login"][0]["email"], lost.subject, lost.tokens.cdr_arrangement_id):
        assert all(str(row).encode() not in file.read_bytes() for file in files)
    assert stat.S_IMODE(lost.backup.stat().st_mode) == 0o700


async def test_verify_says_how_much_is_known(lost: Lost, postgres: PostgresServer) -> None:
    haas = command_runner({"HAAS_POSTGRES_PROGRAMS": str(PROGRAMS)})
    backup = ("backup", "verify", str(lost.backup), *lost.keys.verifying)
    scratch = await create_deployment(postgres.superuser_url, f"{lost.settings.role_prefix}scratch")
    try:
        for options, said in (
            ((), "Without --identity it is not known whether it can be decrypted"),
            (lost.keys.identity, "Every file can be decrypted"),
            (
                (*lost.keys.identity, "--scratch-url", scratch.owner_url),
                "each table has the number of rows that it had",
            ),
        ):
            done = await haas(*backup, *options)
            assert done.exit_code == 0, done.output
            assert said in done.stdout
            assert "2 tenants" in done.stdout
        connection = await asyncpg.connect(scratch.owner_url)
        try:
            assert (
                await connection.fetchval("SELECT count(*) FROM pg_namespace WHERE nspname ~ '^(tenant_|control)'") == 0
            )
        finally:
            await connection.close()
    finally:
        await postgres.discard(scratch)


async def test_the_login_of_backups_may_read_every_table_and_change_none(
    deployment: Deployment, superuser_url: str
) -> None:
    tenant = await deployment.new_tenant()
    prefix = deployment.settings.role_prefix
    connection = await asyncpg.connect(await backup_url(superuser_url, deployment.settings))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch(f"SELECT * FROM {tenant.namespace.schema}.login")
        for other in ("owner", "control", "console", "market", tenant.namespace.role.removeprefix(f"{prefix}_")):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(f"SET ROLE {prefix}_{other}")
        await connection.execute(f"SET ROLE {prefix}_reader")
        may = await connection.fetch(
            "SELECT has_table_privilege(oid, 'SELECT') AS read, relname, nspname, has_table_privilege(oid,"
            " 'INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER') OR has_any_column_privilege(oid, 'INSERT,UPDATE')"
            " AS change FROM pg_class JOIN (SELECT oid AS namespace, nspname FROM pg_namespace) ON namespace ="
            " relnamespace WHERE relkind = 'r' AND (nspname = 'control' OR nspname = $1)",
            tenant.namespace.schema,
        )
        assert len(may) > 50
        assert {(row["read"], row["change"]) for row in may} == {(True, False)}
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(f"DELETE FROM {tenant.namespace.schema}.login")
    finally:
        await connection.close()
        await deployment.administration.remove(tenant.slug, actor="tests")


async def test_a_backup_that_cannot_be_complete_is_not_written(
    deployment: Deployment, superuser_url: str, lost: Lost, tmp_path: Path
) -> None:
    """A backup of a tenant that does not exist, with programs of no server, without rights, and with a wrong key."""
    url = await backup_url(superuser_url, deployment.settings)
    haas = backing_up(deployment.settings, url)
    made = tmp_path / "made"
    backup = ("backup", "create", str(made), *lost.keys.writing)
    swapped = (
        *("--recipient", str(lost.keys.folder / keys.VERIFICATION_KEY)),
        *("--signing-key", str(lost.keys.folder / keys.VERIFICATION_KEY)),
    )
    application = backing_up(deployment.settings, deployment.settings.database_url)
    for run, arguments, changed, reason in (
        (haas, (*backup, "--tenant", "osprey"), {}, "there is no tenant 'osprey'"),
        (haas, backup, {"HAAS_POSTGRES_PROGRAMS": str(tmp_path)}, "pg_dump of PostgreSQL was not found"),
        (application, backup, {}, "may not take the role"),
        (haas, ("backup", "create", str(made), *swapped), {}, "no public key of age"),
        (haas, backup, {"HAAS_MASTER_KEY": "x"}, "a backup must not have it"),
    ):
        refused = await run(*arguments, **changed)
        assert refused.exit_code == 1, reason
        assert reason in refused.stderr
    assert [file.name for file in made.iterdir() if not file.name.endswith(".unfinished")] == []


def test_existing_keys_are_never_replaced(tmp_path: Path) -> None:
    keys.make_keys(tmp_path)
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(keys.BackupError, match="already"):
        keys.make_keys(tmp_path)
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in (keys.IDENTITY, keys.SIGNING_KEY)} == {0o600}
