"""The logins and the database of a deployment."""

import asyncpg
import pytest

from ops.migrations.cluster import DeploymentDatabase, create_deployment, with_login


@pytest.mark.parametrize("login", ["app", "operator", "backup"])
async def test_the_logins_that_own_nothing_have_no_privileges_before_they_are_granted(
    empty_deployment: DeploymentDatabase, login: str
) -> None:
    connection = await asyncpg.connect(getattr(empty_deployment, f"{login}_url"))
    try:
        attributes = "SELECT rolsuper OR rolcreaterole OR rolinherit FROM pg_roles WHERE rolname = current_user"
        assert await connection.fetchval(attributes) is False
        assert await connection.fetchval("SELECT current_user") == f"{empty_deployment.role_prefix}_{login}"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("CREATE SCHEMA mine")
    finally:
        await connection.close()


async def test_the_owner_login_can_create_roles_and_schemas(empty_deployment: DeploymentDatabase) -> None:
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


async def test_a_wrong_password_is_refused(empty_deployment: DeploymentDatabase) -> None:
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
