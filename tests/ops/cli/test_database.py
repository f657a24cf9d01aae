"""`haas database`, run as an operator runs it."""

import asyncio
import os
import shlex

import asyncpg
from click.testing import CliRunner

from ops.cli import main
from ops.migrations.cluster import with_login


async def test_logins_of_the_database_command_can_be_used(superuser_url: str) -> None:
    arguments = ["database", "--superuser-url", superuser_url, "--role-prefix", f"t{os.getpid()}made"]
    done = await asyncio.to_thread(CliRunner().invoke, main, arguments)
    assert done.exit_code == 0, done.output
    variables = dict(line.split("=", 1) for line in done.output.splitlines())
    for name in ("HAAS_DATABASE_URL", "HAAS_OWNER_DATABASE_URL"):
        connection = await asyncpg.connect(shlex.split(variables[name])[0])
        await connection.close()


async def test_database_command_says_what_the_server_says(superuser_url: str) -> None:
    wrong = with_login(superuser_url, "postgres", "wrong")
    done = await asyncio.to_thread(CliRunner().invoke, main, ["database", "--superuser-url", wrong])
    assert done.exit_code == 1
    assert "PostgreSQL refuses: password authentication failed" in done.output
