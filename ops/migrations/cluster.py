"""What a deployment needs in a PostgreSQL cluster before its migrations run: two logins and a database."""

import secrets
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import msgspec


class DeploymentDatabase(msgspec.Struct, frozen=True):
    """A deployment's database. Roles are shared by a cluster's databases, hence the prefix on their names."""

    role_prefix: str
    owner_url: str
    """Login for provisioning and migrations: owns the database, may create roles, is no superuser."""
    app_url: str
    """The application's login: owns nothing, may do nothing until tenant roles are granted to it."""


def with_database(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def with_login(url: str, user: str, password: str) -> str:
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:{password}@{place}"))


async def create_deployment(
    superuser_url: str, role_prefix: str, *, owner_password: str | None = None, app_password: str | None = None
) -> DeploymentDatabase:
    """Create (or bring up to date) the logins `{prefix}_provisioner` and `{prefix}_app` and the database `{prefix}`.

    Repeatable: passwords are set anew, what exists stays.
    """
    owner, app = f"{role_prefix}_provisioner", f"{role_prefix}_app"
    owner_password = owner_password or secrets.token_urlsafe(24)
    app_password = app_password or secrets.token_urlsafe(24)
    # Statements here carry passwords: none of them belongs in the server's log.
    connection = await asyncpg.connect(superuser_url, server_settings={"log_min_duration_statement": "-1"})
    try:
        await _ensure_login(connection, owner, owner_password, "CREATEROLE NOCREATEDB INHERIT")
        await _ensure_login(connection, app, app_password, "NOCREATEROLE NOCREATEDB NOINHERIT")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", role_prefix):
            await connection.execute(await _format(connection, "CREATE DATABASE %I OWNER %I", role_prefix, owner))
        await connection.execute(await _format(connection, "REVOKE ALL ON DATABASE %I FROM PUBLIC", role_prefix))
        await connection.execute(await _format(connection, "GRANT CONNECT ON DATABASE %I TO %I", role_prefix, app))
    finally:
        await connection.close()
    database_url = with_database(superuser_url, role_prefix)
    return DeploymentDatabase(
        role_prefix=role_prefix,
        owner_url=with_login(database_url, owner, owner_password),
        app_url=with_login(database_url, app, app_password),
    )


async def _ensure_login(connection: asyncpg.Connection, name: str, password: str, attributes: str) -> None:
    if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name):
        await connection.execute(await _format(connection, "CREATE ROLE %I", name))
    statement = f"ALTER ROLE %I LOGIN NOSUPERUSER {attributes} PASSWORD %L"
    await connection.execute(await _format(connection, statement, name, password))


async def _format(connection: asyncpg.Connection, statement: str, *names: str) -> str:
    """Quote names and literals by the server's own rules, as utility statements take no parameters."""
    places = ", ".join(f"${number}::text" for number in range(2, len(names) + 2))
    quoted: str = await connection.fetchval(f"SELECT format($1, {places})", statement, *names)
    return quoted
