"""`haas database`, run as an operator runs it."""

import asyncio
import os
import shlex

import asyncpg
import pytest
from click.testing import CliRunner

from ops.cli import main
from ops.migrations.cluster import with_login


@pytest.mark.parametrize(("options", "ending"), [((), ""), (("--node", "north"), "_NORTH")])
async def test_the_logins_that_the_database_command_creates_can_connect(
    superuser_url: str, options: tuple[str, ...], ending: str
) -> None:
    arguments = ["database", "--superuser-url", superuser_url, "--role-prefix", f"t{os.getpid()}made", *options]
    done = await asyncio.to_thread(CliRunner().invoke, main, arguments)
    assert done.exit_code == 0, done.output
    variables = dict(line.split("=", 1) for line in done.output.splitlines())
    for login in ("", "OWNER_", "OPERATOR_", "BACKUP_"):
        connection = await asyncpg.connect(shlex.split(variables[f"HAAS_{login}DATABASE_URL{ending}"])[0])
        await connection.close()


async def test_the_database_command_shows_the_error_of_the_server(superuser_url: str) -> None:
    wrong = with_login(superuser_url, "postgres", "wrong")
    done = await asyncio.to_thread(CliRunner().invoke, main, ["database", "--superuser-url", wrong])
    assert done.exit_code == 1
    assert "PostgreSQL refused a statement or the connection: password authentication failed" in done.output
