"""Prepares the databases of a deployment: roles, the control schema at the newest revision, and its grants.

The owner's login must have CREATEROLE and own the database, but need not be a superuser. Bootstrapping can be repeated.
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
from haas.settings import MAIN_NODE, OwnerSettings, database_variable
from ops.migrations.chains import CONTROL
from ops.migrations.cluster import connect_statement, login_statements
from ops.migrations.connection import as_owner, owner_connection
from tenants.registry.names import Roles
from tenants.registry.tables import database_node, revision
from tenants.schema_metadata import CONTROL_SCHEMA

MINIMUM_SERVER: Final = 160000  # the first version with GRANT … WITH INHERIT FALSE, SET TRUE
_READABLE_BY_BOTH: Final = (
    "retailer",
    "register_environment",
    "brand",
    "host",
    "revision",
    "theme_file",
    "register_status",
    "brand_participant",
)
# Further privileges of the roles of the control schema, by table. No role has a privilege that is not listed.
_CONTROL_PRIVILEGES: Final = {
    "register_status": "INSERT, UPDATE",
    "register_environment": "UPDATE (polled_at)",
    "audit": "SELECT, INSERT",
}
_MARKET_PRIVILEGES: Final = {"market_participant": "SELECT", "brand_participant": "SELECT"}
_MARKET_CHANGE_PRIVILEGES: Final = {
    "market_participant": "SELECT, UPDATE (secret, next_secret, changed_at, change_begun_at, change_stopped_at)",
    "brand_participant": "SELECT",
    "brand": "SELECT",  # the settings name the hosts in private networks
}
_CONSOLE_PRIVILEGES: Final = {
    "audit": "SELECT, INSERT",
    "theme_version": "SELECT",
    "database_node": "SELECT",
    "operator": "SELECT, INSERT, UPDATE",
    "session": "SELECT, INSERT, UPDATE, DELETE",
    # The provisioner updates the other columns. It works as the owner.
    "provision_request": "SELECT, INSERT, UPDATE (approved_by)",
    "market_participant": "SELECT, INSERT, UPDATE, DELETE",
    "brand_participant": "INSERT, DELETE",
}


class BootstrapError(HaasError):
    """The database cannot be prepared. The message says what to change."""


async def bootstrap(settings: OwnerSettings, progress: Progress = NO_PROGRESS) -> None:
    """Create the roles of the deployment on every database node, and upgrade the control schema on the main node.

    Raise BootstrapError, Unavailable.
    """
    roles, now = Roles(settings.role_prefix), clock_from(settings.clock_file).now()
    with _bootstrap_errors(MAIN_NODE):
        await _prepare_main_node(settings, roles, now)
    progress.line(f"control schema at revision {CONTROL.head}")
    for node in sorted(settings.owner_database_urls.keys() - {MAIN_NODE}):
        with _bootstrap_errors(node):
            await _prepare_further_node(settings, roles, node, now)
        progress.line(f"database node {node} can hold tenants")


async def _prepare_main_node(settings: OwnerSettings, roles: Roles, now: datetime) -> None:
    async with owner_connection(settings) as connection, connection.begin():
        await _lock(connection)
        await _check(connection, roles, MAIN_NODE)
        await _create_owner_role(connection, roles)
        await _create_control_roles(connection, roles)
        await _grant_tenants_to_operator(connection, roles)
        await connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {CONTROL_SCHEMA} AUTHORIZATION {roles.owner}")
        await as_owner(connection, roles)
        await connection.run_sync(CONTROL.upgrade, CONTROL_SCHEMA)
        await connection.execute(insert(revision).values(id=1, number=1).on_conflict_do_nothing())
        await _add_node(connection, MAIN_NODE, now)
        await _grant(connection, roles)
        await _grant_reading(connection, roles)


async def _prepare_further_node(settings: OwnerSettings, roles: Roles, node: str, now: datetime) -> None:
    """Create the role that owns the schemas of tenants, then add the node to the registry."""
    async with owner_connection(settings, node) as connection, connection.begin():
        await _lock(connection)
        await _check(connection, roles, node)
        await _create_owner_role(connection, roles)
        await _grant_tenants_to_operator(connection, roles)
        await _grant_reading(connection, roles)
    async with owner_connection(settings) as connection, connection.begin():
        await as_owner(connection, roles)
        await _add_node(connection, node, now)


async def _add_node(connection: AsyncConnection, node: str, now: datetime) -> None:
    new = insert(database_node).values(id=node, state="active", created_at=now)
    await connection.execute(new.on_conflict_do_nothing())


@contextmanager
def _bootstrap_errors(node: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise BootstrapError(
            f"PostgreSQL refused a statement: {error.orig}. The login of {database_variable(node, 'owner')} must be"
            " the one that created the roles and schemas of this deployment"
        ) from error


async def _lock(connection: AsyncConnection) -> None:
    """Wait until no other bootstrap runs in this database, and lock it until the transaction ends."""
    await connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('haas bootstrap'))")


async def _check(connection: AsyncConnection, roles: Roles, node: str) -> None:
    version = int((await connection.exec_driver_sql("SHOW server_version_num")).scalar_one())
    if version < MINIMUM_SERVER:
        raise BootstrapError(f"PostgreSQL {version // 10000} is too old: 16 or newer is needed")
    await _check_login(connection, roles.app, "the application's login", node)
    await _check_login(connection, roles.operator, "the login of the operator's commands", node)
    privileges = await connection.exec_driver_sql(
        "SELECT has_database_privilege(current_database(), 'CREATE'), rolcreaterole OR rolsuper"
        " FROM pg_roles WHERE rolname = current_user"
    )
    if not all(privileges.one()):
        raise BootstrapError(
            f"the login of {database_variable(node, 'owner')} must own the database (or have CREATE on it) and have"
            " CREATEROLE"
        )


async def _check_login(connection: AsyncConnection, login: str, title: str, node: str) -> None:
    """Raise BootstrapError with the statements that create the login, because only a person can give it a password."""
    query = (
        "SELECT current_database() AS name, (SELECT has_database_privilege(oid, current_database(), 'CONNECT')"
        " FROM pg_roles WHERE rolname = $1) AS may_connect"
    )
    found = (await connection.exec_driver_sql(query, (login,))).mappings().one()
    database, may_connect = found["name"], found["may_connect"]
    if may_connect is None:
        raise BootstrapError(
            f"{title} does not exist. On the database node {node}, a database administrator creates it:"
            f" {login_statements(login, database)}"
        )
    if not may_connect:
        raise BootstrapError(
            f"{title} may not connect to the database node {node}. A database administrator allows it:"
            f" {connect_statement(login, database)}"
        )


async def _create_owner_role(connection: AsyncConnection, roles: Roles) -> None:
    await _create_role(connection, roles.owner)
    # The creator of a role may administer it, but cannot set it before it is granted to the creator.
    await connection.exec_driver_sql(f"GRANT {roles.owner} TO CURRENT_USER WITH INHERIT TRUE, SET TRUE")


async def _create_control_roles(connection: AsyncConnection, roles: Roles) -> None:
    of_the_application = (roles.control, roles.market, roles.market_change)
    for role, login in (*((role, roles.app) for role in of_the_application), (roles.console, roles.operator)):
        await _create_role(connection, role)
        await connection.exec_driver_sql(f"GRANT {role} TO {login} WITH INHERIT FALSE, SET TRUE")
    # An earlier release granted it. With it, the application could ask the provisioner for changes of the deployment.
    if await _is_member(connection, roles.app, roles.console):
        await connection.exec_driver_sql(f"REVOKE {roles.console} FROM {roles.app}")
        if await _is_member(connection, roles.app, roles.console):
            raise BootstrapError(
                f"the application's login may take the role {roles.console}, and only a superuser can revoke that:"
                f" REVOKE {roles.console} FROM {roles.app}"
            )


async def _grant_tenants_to_operator(connection: AsyncConnection, roles: Roles) -> None:
    """Grant the operator's login each tenant's role of this server that only the application's login may take.

    New tenants have both grants. An earlier release granted the role to the application's login only.
    """
    missing = await connection.exec_driver_sql(
        "SELECT DISTINCT rolname FROM pg_auth_members granted JOIN pg_roles ON pg_roles.oid = granted.roleid"
        " WHERE granted.member = to_regrole($1) AND starts_with(rolname, $3) AND NOT EXISTS"
        " (SELECT FROM pg_auth_members WHERE roleid = granted.roleid AND member = to_regrole($2))",
        (roles.app, roles.operator, roles.every_tenant),
    )
    names = missing.scalars().all()
    if names:
        await connection.exec_driver_sql(f"GRANT {', '.join(names)} TO {roles.operator} WITH INHERIT FALSE, SET TRUE")


async def _create_role(connection: AsyncConnection, role: str) -> None:
    if not await _exists(connection, role):
        await connection.exec_driver_sql(f"CREATE ROLE {role} NOLOGIN")


async def _grant(connection: AsyncConnection, roles: Roles) -> None:
    """Grant each role only the privileges that it needs. Tenants are created with the owner's login."""
    readable = tuple((table, "SELECT") for table in _READABLE_BY_BOTH)
    for role, privileges in (
        (roles.control, (*readable, *_CONTROL_PRIVILEGES.items())),
        (roles.console, (*readable, *_CONSOLE_PRIVILEGES.items())),
        (roles.market, tuple(_MARKET_PRIVILEGES.items())),
        (roles.market_change, tuple(_MARKET_CHANGE_PRIVILEGES.items())),
    ):
        # This also revokes privileges on columns, and those that an earlier release granted.
        await connection.exec_driver_sql(f"REVOKE ALL ON ALL TABLES IN SCHEMA {CONTROL_SCHEMA} FROM {role}")
        await connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {CONTROL_SCHEMA} TO {role}")
        for table, granted in privileges:
            await connection.exec_driver_sql(f"GRANT {granted} ON {CONTROL_SCHEMA}.{table} TO {role}")


async def _grant_reading(connection: AsyncConnection, roles: Roles) -> None:
    """Let the role of backups read every table of this database, also those that are created later (decision 0049)."""
    await connection.exec_driver_sql("SET LOCAL ROLE NONE")
    await _create_role(connection, roles.reader)
    if await _exists(connection, roles.backup):
        await connection.exec_driver_sql(f"GRANT {roles.reader} TO {roles.backup} WITH INHERIT FALSE, SET TRUE")
    await as_owner(connection, roles)
    for privilege, kind in (("USAGE", "SCHEMAS"), ("SELECT", "TABLES")):
        await connection.exec_driver_sql(f"ALTER DEFAULT PRIVILEGES GRANT {privilege} ON {kind} TO {roles.reader}")
    earlier = await connection.exec_driver_sql(
        "SELECT nspname FROM pg_namespace WHERE nspowner = to_regrole($1)"
        " AND NOT has_schema_privilege($2::name, oid, 'USAGE')",
        (roles.owner, roles.reader),
    )
    for schema in earlier.scalars().all():
        await connection.exec_driver_sql(f'GRANT USAGE ON SCHEMA "{schema}" TO {roles.reader}')
        await connection.exec_driver_sql(f'GRANT SELECT ON ALL TABLES IN SCHEMA "{schema}" TO {roles.reader}')


async def _is_member(connection: AsyncConnection, login: str, role: str) -> bool:
    """Return whether `login` may take `role`, directly or through another role."""
    found = await connection.exec_driver_sql("SELECT pg_has_role($1::name, $2::name, 'MEMBER')", (login, role))
    return bool(found.scalar_one())


async def _exists(connection: AsyncConnection, role: str) -> bool:
    found = await connection.exec_driver_sql("SELECT 1 FROM pg_roles WHERE rolname = $1", (role,))
    return found.first() is not None
