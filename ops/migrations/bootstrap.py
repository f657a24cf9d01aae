"""Prepares the databases for a deployment: roles, the control schema at its newest revision, and its grants.

The owner's login needs CREATEROLE and to own the database; it is no superuser. Repeatable.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from haas.clock import clock_from
from haas.errors import HaasError
from haas.progress import NO_PROGRESS, Progress
from haas.settings import MAIN_NODE, Settings, database_variable
from ops.migrations.chains import CONTROL
from ops.migrations.connection import as_owner, owner_connection
from tenants.registry.names import Roles
from tenants.registry.tables import database_node, revision
from tenants.schema import CONTROL_SCHEMA

MINIMUM_SERVER: Final = 160000  # GRANT … WITH INHERIT FALSE, SET TRUE
_BOTH_READ: Final = (
    "retailer",
    "register_environment",
    "brand",
    "host",
    "revision",
    "register_status",
    "brand_participant",
)
# What the two roles may do beside: by role, table and verb. What is not listed is refused to both.
_CONTROL_MAY: Final = {
    "register_status": "INSERT, UPDATE",
    "register_environment": "UPDATE (polled_at)",
    "audit": "SELECT, INSERT",
}
_CONSOLE_MAY: Final = {
    "audit": "SELECT, INSERT",
    "operator": "SELECT, INSERT, UPDATE",
    "session": "SELECT, INSERT, UPDATE, DELETE",
    # The provisioner, as the owner, writes what becomes of a request.
    "provision_request": "SELECT, INSERT, UPDATE (approved_by)",
    "market_participant": "SELECT, INSERT, UPDATE, DELETE",
    "brand_participant": "INSERT, DELETE",
}


class BootstrapError(HaasError):
    """The database cannot be made ready; the message says what to change."""


async def bootstrap(settings: Settings, progress: Progress = NO_PROGRESS) -> None:
    """Create the deployment's roles on every database node and bring the control schema, on the main one, up to date.

    Raises BootstrapError, Unavailable.
    """
    roles, now = Roles(settings.role_prefix), clock_from(settings.clock_file).now()
    with _refusals(MAIN_NODE):
        await _main_node(settings, roles, now)
    progress.line(f"control schema at revision {CONTROL.head}")
    for node in settings.nodes:
        with _refusals(node):
            await _further_node(settings, roles, node, now)
        progress.line(f"database node {node} can hold tenants")


async def _main_node(settings: Settings, roles: Roles, now: datetime) -> None:
    async with owner_connection(settings) as connection, connection.begin():
        await _lock(connection)
        await _check(connection, roles, MAIN_NODE)
        await _make_owner(connection, roles)
        await _make_control(connection, roles)
        await connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {CONTROL_SCHEMA} AUTHORIZATION {roles.owner}")
        await as_owner(connection, roles)
        await connection.run_sync(CONTROL.upgrade, CONTROL_SCHEMA)
        await connection.execute(insert(revision).values(id=1, number=1).on_conflict_do_nothing())
        await _add_node(connection, MAIN_NODE, now)
        await _grant(connection, roles)


async def _further_node(settings: Settings, roles: Roles, node: str, now: datetime) -> None:
    """Make the role that will own the tenants' schemas, then let the registry place tenants on the node."""
    async with owner_connection(settings, node) as connection, connection.begin():
        await _lock(connection)
        await _check(connection, roles, node)
        await _make_owner(connection, roles)
    async with owner_connection(settings) as connection, connection.begin():
        await as_owner(connection, roles)
        await _add_node(connection, node, now)


async def _add_node(connection: AsyncConnection, node: str, now: datetime) -> None:
    new = insert(database_node).values(id=node, state="active", created_at=now)
    await connection.execute(new.on_conflict_do_nothing())


@contextmanager
def _refusals(node: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise BootstrapError(
            f"the database refused: {error.orig}. The login of {database_variable(node, owner=True)} must be the one"
            " that made this deployment's roles and schemas"
        ) from error


async def _lock(connection: AsyncConnection) -> None:
    """Let one bootstrap at a time run in this database."""
    await connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('haas bootstrap'))")


async def _check(connection: AsyncConnection, roles: Roles, node: str) -> None:
    version = int((await connection.exec_driver_sql("SHOW server_version_num")).scalar_one())
    if version < MINIMUM_SERVER:
        raise BootstrapError(f"PostgreSQL {version // 10000} is too old: 16 or newer is needed")
    if not await _exists(connection, roles.app):
        raise BootstrapError(
            f"the application's login does not exist: CREATE ROLE {roles.app} LOGIN NOINHERIT PASSWORD '…'"
        )
    may = await connection.exec_driver_sql(
        "SELECT has_database_privilege(current_database(), 'CREATE'), rolcreaterole OR rolsuper"
        " FROM pg_roles WHERE rolname = current_user"
    )
    if not all(may.one()):
        raise BootstrapError(
            f"the login of {database_variable(node, owner=True)} must own the database (or have CREATE on it) and have"
            " CREATEROLE"
        )


async def _make_owner(connection: AsyncConnection, roles: Roles) -> None:
    await _make_role(connection, roles.owner)
    # A role's creator may administer it but not take it unless it grants itself that too.
    await connection.exec_driver_sql(f"GRANT {roles.owner} TO CURRENT_USER WITH INHERIT TRUE, SET TRUE")


async def _make_control(connection: AsyncConnection, roles: Roles) -> None:
    for role in (roles.control, roles.console):
        await _make_role(connection, role)
        await connection.exec_driver_sql(f"GRANT {role} TO {roles.app} WITH INHERIT FALSE, SET TRUE")


async def _make_role(connection: AsyncConnection, role: str) -> None:
    if not await _exists(connection, role):
        await connection.exec_driver_sql(f"CREATE ROLE {role} NOLOGIN")


async def _grant(connection: AsyncConnection, roles: Roles) -> None:
    """Give each role what it needs of the control schema and no more: tenants are made by the owner's login."""
    for role, may in ((roles.control, _CONTROL_MAY), (roles.console, _CONSOLE_MAY)):
        # A right that an earlier release gave, on a column as well, is taken back first.
        await connection.exec_driver_sql(f"REVOKE ALL ON ALL TABLES IN SCHEMA {CONTROL_SCHEMA} FROM {role}")
        await connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {CONTROL_SCHEMA} TO {role}")
        for verbs, table in (*(("SELECT", table) for table in _BOTH_READ), *((may[table], table) for table in may)):
            await connection.exec_driver_sql(f"GRANT {verbs} ON {CONTROL_SCHEMA}.{table} TO {role}")


async def _exists(connection: AsyncConnection, role: str) -> bool:
    found = await connection.exec_driver_sql("SELECT 1 FROM pg_roles WHERE rolname = $1", (role,))
    return found.first() is not None
