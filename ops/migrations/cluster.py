"""Creates the logins and the database of a deployment in a PostgreSQL cluster, before the migrations."""

import secrets
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import msgspec


class DeploymentDatabase(msgspec.Struct, frozen=True):
    """The database of a deployment. All databases of a cluster share roles, hence the prefix of their names."""

    role_prefix: str
    owner_url: str
    """URL with the login for provisioning and migrations. It owns the database and may create roles."""
    app_url: str
    """URL with the login of the application. It owns nothing and has no privileges until roles are granted to it."""
    operator_url: str
    """URL with the login of the operator's commands. It owns nothing, as that of the application."""
    backup_url: str
    """URL with the login of backups. It owns nothing, and may only read."""


def with_database(url: str, database: str) -> str:
    """Return `url` with another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def with_login(url: str, user: str, password: str) -> str:
    """Return `url` with another user and password."""
    parts = urlsplit(url)
    address = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:{password}@{address}"))


def login_statements(login: str, database: str) -> str:
    """Return the statements with which a DBA creates a login that owns nothing. The password is to be filled in."""
    return f"CREATE ROLE {login} LOGIN NOINHERIT PASSWORD '…'; {connect_statement(login, database)}"


def connect_statement(login: str, database: str) -> str:
    """Return the statement with which a DBA lets a login connect to a database."""
    return f"GRANT CONNECT ON DATABASE {database} TO {login}"


async def create_deployment(
    superuser_url: str,
    role_prefix: str,
    *,
    owner_password: str | None = None,
    app_password: str | None = None,
    operator_password: str | None = None,
    backup_password: str | None = None,
) -> DeploymentDatabase:
    """Create the database `{prefix}` and its four logins, if they do not exist.

    The logins are `{prefix}_provisioner`, `{prefix}_app`, `{prefix}_operator` and `{prefix}_backup`. Their attributes
    and passwords are always set. A password that is None is made.
    """
    owner, app, operator, backup = (f"{role_prefix}_{name}" for name in ("provisioner", "app", "operator", "backup"))
    owner_password = owner_password or secrets.token_urlsafe(24)
    app_password = app_password or secrets.token_urlsafe(24)
    operator_password = operator_password or secrets.token_urlsafe(24)
    backup_password = backup_password or secrets.token_urlsafe(24)
    # The statements contain passwords, so the server must not log them.
    connection = await asyncpg.connect(superuser_url, server_settings={"log_min_duration_statement": "-1"})
    try:
        await _ensure_login(connection, owner, owner_password, "CREATEROLE NOCREATEDB INHERIT")
        await _ensure_login(connection, app, app_password, "NOCREATEROLE NOCREATEDB NOINHERIT")
        await _ensure_login(connection, operator, operator_password, "NOCREATEROLE NOCREATEDB NOINHERIT")
        await _ensure_login(connection, backup, backup_password, "NOCREATEROLE NOCREATEDB NOINHERIT")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", role_prefix):
            await connection.execute(await _format(connection, "CREATE DATABASE %I OWNER %I", role_prefix, owner))
        await connection.execute(await _format(connection, "REVOKE ALL ON DATABASE %I FROM PUBLIC", role_prefix))
        for login in (app, operator, backup):
            await connection.execute(
                await _format(connection, "GRANT CONNECT ON DATABASE %I TO %I", role_prefix, login)
            )
    finally:
        await connection.close()
    database_url = with_database(superuser_url, role_prefix)
    return DeploymentDatabase(
        role_prefix=role_prefix,
        owner_url=with_login(database_url, owner, owner_password),
        app_url=with_login(database_url, app, app_password),
        operator_url=with_login(database_url, operator, operator_password),
        backup_url=with_login(database_url, backup, backup_password),
    )


async def _ensure_login(connection: asyncpg.Connection, name: str, password: str, attributes: str) -> None:
    if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name):
        await connection.execute(await _format(connection, "CREATE ROLE %I", name))
    statement = f"ALTER ROLE %I LOGIN NOSUPERUSER {attributes} PASSWORD %L"
    await connection.execute(await _format(connection, statement, name, password))


async def _format(connection: asyncpg.Connection, statement: str, *names: str) -> str:
    """Return `statement` with names and literals quoted by the server. Utility statements take no parameters."""
    placeholders = ", ".join(f"${number}::text" for number in range(2, len(names) + 2))
    quoted: str = await connection.fetchval(f"SELECT format($1, {placeholders})", statement, *names)
    return quoted
