"""The embedded servers answer, listen on loopback only and ask for passwords."""

import asyncio
import os
import shlex

import asyncpg
import pytest
import redis.asyncio
from click.testing import CliRunner

from ops.cli import main
from ops.migrations.cluster import DeploymentDatabase, create_deployment, with_login


async def test_app_login_may_nothing_until_granted(empty_deployment: DeploymentDatabase) -> None:
    connection = await asyncpg.connect(empty_deployment.app_url)
    try:
        assert (
            await connection.fetchval("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
            is False
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("CREATE SCHEMA mine")
    finally:
        await connection.close()


async def test_owner_login_provisions_roles_and_schemas(empty_deployment: DeploymentDatabase) -> None:
    connection = await asyncpg.connect(empty_deployment.owner_url)
    prefix = empty_deployment.role_prefix
    try:
        async with connection.transaction():
            await connection.execute(f"CREATE ROLE {prefix}_tenant NOLOGIN")
            await connection.execute(f"GRANT {prefix}_tenant TO {prefix}_app WITH INHERIT FALSE, SET TRUE")
            await connection.execute(f"CREATE SCHEMA {prefix}_tenant")
        assert await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    finally:
        await connection.close()


async def test_wrong_password_is_refused(empty_deployment: DeploymentDatabase) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(with_login(empty_deployment.app_url, f"{empty_deployment.role_prefix}_app", "wrong"))


async def test_creating_a_deployment_again_keeps_what_is_in_it(
    empty_deployment: DeploymentDatabase, superuser_url: str
) -> None:
    first = await create_deployment(superuser_url, f"{empty_deployment.role_prefix}again")
    connection = await asyncpg.connect(first.owner_url)
    await connection.execute("CREATE TABLE kept (id int)")
    await connection.close()
    again = await create_deployment(superuser_url, f"{empty_deployment.role_prefix}again")
    connection = await asyncpg.connect(again.owner_url)
    assert await connection.fetch("SELECT * FROM kept") == []
    await connection.close()


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


async def test_valkey_needs_its_password(valkey: str) -> None:
    async with redis.asyncio.Redis.from_url(valkey) as client:
        assert await client.ping()
    async with redis.asyncio.Redis.from_url(f"redis://{valkey.rpartition('@')[2]}") as client:
        with pytest.raises(redis.exceptions.AuthenticationError):
            await client.ping()
