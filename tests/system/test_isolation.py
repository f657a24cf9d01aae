"""PostgreSQL separates the tenants, for each table of both schemas and each kind of statement."""

import re
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import Table, select
from sqlalchemy.exc import DBAPIError

from haas.database import Database, Namespace, Statement, Transaction
from haas.database.statement import SCHEMA_TOKEN
from haas.settings import Settings
from ops.deployment import Deployment
from ops.deployment_settings import DeploymentSettings
from tenants.registry.models import Tenant
from tenants.registry.names import (
    Roles,
    console_namespace,
    control_namespace,
    market_change_namespace,
    market_namespace,
)
from tenants.schema_metadata import CONTROL_SCHEMA, denied_privileges
from tenants.tables import control, tenant

TENANT_TABLES = sorted(tenant.tables.values(), key=lambda table: table.name)
CONTROL_TABLES = sorted(control.tables.values(), key=lambda table: table.name)
VERSION = "alembic_version"
_ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
async def tenant_pair(module_tenant: Tenant, module_neighbour: Tenant) -> tuple[Tenant, Tenant]:
    return module_tenant, module_neighbour


def _statements(schema: str, table: str, column: str) -> Iterator[tuple[str, str]]:
    name = f'"{schema}"."{table}"'
    yield "select", f"SELECT FROM {name}"
    yield "insert", f"INSERT INTO {name} DEFAULT VALUES"
    yield "update", f'UPDATE {name} SET "{column}" = "{column}"'
    yield "delete", f"DELETE FROM {name}"
    yield "lock", f"LOCK TABLE {name} IN ACCESS SHARE MODE"
    yield "truncate", f"TRUNCATE {name}"


async def _assert_refused(tx: Transaction, schema: str, table: str, column: str) -> None:
    for kind, statement in _statements(schema, table, column):
        await tx.driver.execute("SAVEPOINT before")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tx.driver.execute(statement)
            pytest.fail(f"{kind} on {schema}.{table} succeeded")
        await tx.driver.execute("ROLLBACK TO SAVEPOINT before")


def _columns(tables: list[Table]) -> list[tuple[str, str]]:
    return [(table.name, next(iter(table.columns)).name) for table in tables] + [(VERSION, "version_num")]


@pytest.mark.parametrize(("table", "column"), _columns(TENANT_TABLES))
async def test_a_tenant_cannot_use_a_table_of_another_tenant(
    database: Database, tenant_pair: tuple[Tenant, Tenant], table: str, column: str
) -> None:
    for mine, other in (tenant_pair, tenant_pair[::-1]):
        async with database.transaction(mine.namespace) as tx:
            await _assert_refused(tx, other.namespace.schema, table, column)


@pytest.mark.parametrize(("table", "column"), _columns(CONTROL_TABLES))
async def test_a_tenant_cannot_use_a_table_of_the_control_schema(
    database: Database, tenant_pair: tuple[Tenant, Tenant], table: str, column: str
) -> None:
    async with database.transaction(tenant_pair[0].namespace) as tx:
        await _assert_refused(tx, CONTROL_SCHEMA, table, column)


@pytest.mark.parametrize(("table", "column"), _columns(TENANT_TABLES))
async def test_the_roles_of_the_control_schema_cannot_use_a_table_of_a_tenant(
    deployment: Deployment, tenant_pair: tuple[Tenant, Tenant], table: str, column: str
) -> None:
    for role in ("control", "market", "market_change", "console"):
        async with _control(deployment, role) as tx:
            await _assert_refused(tx, tenant_pair[0].namespace.schema, table, column)


@pytest.mark.parametrize("table", TENANT_TABLES, ids=lambda table: table.name)
async def test_statements_on_another_schema_are_refused_through_the_driver_and_through_sqlalchemy(
    database: Database, tenant_pair: tuple[Tenant, Tenant], table: Table
) -> None:
    mine, other = tenant_pair
    crossed = Namespace(other.namespace.schema, mine.namespace.role)
    hot = Statement(select(table))
    for use in (Transaction.rows, Transaction.row, Transaction.scalar):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.transaction(crossed) as tx:
                await use(tx, hot)
    with pytest.raises(DBAPIError, match="permission denied"):
        async with database.transaction(crossed) as tx:
            await tx.execute(select(table))
    async with database.transaction(mine.namespace) as tx:
        assert isinstance(await tx.rows(hot), list)


@pytest.mark.parametrize(("table", "column"), _columns(TENANT_TABLES))
async def test_a_tenant_can_use_its_own_tables_except_the_table_of_revisions(
    database: Database, tenant_pair: tuple[Tenant, Tenant], table: str, column: str
) -> None:
    namespace = tenant_pair[0].namespace
    async with database.transaction(namespace) as tx:
        if table == VERSION:
            await _assert_refused(tx, namespace.schema, table, column)
            return
        privileges = "SELECT has_table_privilege($1, $2) AND NOT has_table_privilege($1, 'TRUNCATE,REFERENCES,TRIGGER')"
        not_given = denied_privileges(tenant.tables[f"{SCHEMA_TOKEN}.{table}"])
        for privilege in ("SELECT", "INSERT", "UPDATE", "DELETE"):
            may = await tx.driver.fetchval(privileges, f"{namespace.schema}.{table}", privilege)
            assert may == (privilege not in not_given), privilege


@pytest.mark.parametrize(
    ("table", "privilege"),
    [(table, privilege) for table in TENANT_TABLES for privilege in denied_privileges(table)],
    ids=str,
)
async def test_a_tenant_cannot_use_the_denied_privileges_of_its_own_tables(
    database: Database, tenant_pair: tuple[Tenant, Tenant], table: Table, privilege: str
) -> None:
    namespace, column = tenant_pair[0].namespace, next(iter(table.columns)).name
    statements = {kind.upper(): sql for kind, sql in _statements(namespace.schema, table.name, column)}
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.transaction(namespace) as tx:
            await tx.driver.execute(statements[privilege])


def test_audit_tables_deny_updates_and_deletions() -> None:
    assert {table.name: denied_privileges(table) for table in TENANT_TABLES if denied_privileges(table)} == {
        "audit": ("UPDATE", "DELETE"),
        "audit_head": ("DELETE",),
        "call": ("UPDATE",),
    }


# The privileges of each role in the control schema, by table. Every other statement is refused.
_BOTH_READ = dict.fromkeys(
    (
        "retailer",
        "register_environment",
        "brand",
        "theme_file",
        "host",
        "revision",
        "register_status",
        "brand_participant",
    ),
    frozenset({"select"}),
)
CONTROL_PRIVILEGES = _BOTH_READ | {
    "register_status": frozenset({"select", "insert", "update"}),
    "audit": frozenset({"select", "insert"}),
}
CONSOLE_PRIVILEGES = _BOTH_READ | {
    "database_node": frozenset({"select"}),
    "theme_version": frozenset({"select"}),
    "audit": frozenset({"select", "insert"}),
    "operator": frozenset({"select", "insert", "update"}),
    "session": frozenset({"select", "insert", "update", "delete"}),
    "provision_request": frozenset({"select", "insert"}),
    "market_participant": frozenset({"select", "insert", "update", "delete"}),
    "brand_participant": frozenset({"select", "insert", "delete"}),
}
MARKET_PRIVILEGES = dict.fromkeys(("market_participant", "brand_participant"), frozenset({"select"}))
ROLE_PRIVILEGES = [
    ("control", CONTROL_PRIVILEGES),
    ("console", CONSOLE_PRIVILEGES),
    ("market", MARKET_PRIVILEGES),
    ("market_change", MARKET_PRIVILEGES | {"brand": frozenset({"select"})}),
]
# Single columns that a role may update although it may not update the table.
COLUMN_PRIVILEGES = {
    ("control", "register_environment", "polled_at"),
    ("console", "provision_request", "approved_by"),
    *(
        ("market_change", "market_participant", column)
        for column in ("secret", "next_secret", "changed_at", "change_begun_at", "change_stopped_at")
    ),
}


@pytest.mark.parametrize("kind", ["select", "insert", "update", "delete", "truncate", "references", "trigger"])
@pytest.mark.parametrize("table", [*(table.name for table in CONTROL_TABLES), VERSION])
@pytest.mark.parametrize(("role", "may"), ROLE_PRIVILEGES)
async def test_a_role_of_the_control_schema_has_exactly_the_listed_privileges(
    deployment: Deployment, role: str, may: dict[str, frozenset[str]], table: str, kind: str
) -> None:
    allowed = kind in may.get(table, frozenset())
    async with _control(deployment, role) as tx:
        has = await tx.driver.fetchval("SELECT has_table_privilege($1, $2)", f"{CONTROL_SCHEMA}.{table}", kind)
        assert has == allowed


@pytest.mark.parametrize("table", CONTROL_TABLES, ids=lambda table: table.name)
@pytest.mark.parametrize(("role", "may"), ROLE_PRIVILEGES)
async def test_a_role_of_the_control_schema_cannot_run_any_other_statement(
    deployment: Deployment, role: str, may: dict[str, frozenset[str]], table: Table
) -> None:
    """The statements are run, because `has_table_privilege` does not consider privileges on columns."""
    allowed = may.get(table.name, frozenset())
    name = f"{CONTROL_SCHEMA}.{table.name}"
    async with _control(deployment, role) as tx:
        for column in table.columns:
            await _try(tx, f"SELECT {column.name} FROM {name}", refused="select" not in allowed)
            update = "update" in allowed or (role, table.name, column.name) in COLUMN_PRIVILEGES
            await _try(tx, f"UPDATE {name} SET {column.name} = NULL WHERE false", refused=not update)
        await _try(tx, f"INSERT INTO {name} SELECT * FROM {name} WHERE false", refused="insert" not in allowed)
        await _try(tx, f"DELETE FROM {name} WHERE false", refused="delete" not in allowed)
        await _try(tx, f"TRUNCATE {name}", refused=True)


async def test_only_the_owner_can_change_the_audit_table_of_the_control_schema(
    settings: Settings, superuser_url: str, tenant_pair: tuple[Tenant, Tenant]
) -> None:
    roles = Roles(settings.role_prefix)
    connection = await asyncpg.connect(_in_deployment(settings, superuser_url))
    try:
        everyone = await connection.fetch("SELECT rolname FROM pg_roles WHERE starts_with(rolname, $1)", roles.prefix)
        may = await connection.fetch(
            """
            SELECT rolname, privilege FROM pg_roles, unnest($2::text[]) privilege
             WHERE starts_with(rolname, $1) AND NOT rolsuper
               AND (has_table_privilege(rolname, 'control.audit', privilege)
                    OR privilege = 'UPDATE' AND has_any_column_privilege(rolname, 'control.audit', privilege))
            """,
            roles.prefix,
            ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"],
        )
    finally:
        await connection.close()
    assert {roles.control, roles.console, roles.app, roles.operator, tenant_pair[0].namespace.role} <= {
        row["rolname"] for row in everyone
    }
    # The login that creates tenants is a member of the owner role.
    owners = {roles.owner, f"{roles.prefix}_provisioner"}
    assert {tuple(row) for row in may if row["rolname"] not in owners} == {
        (roles.reader, "SELECT"),
        *((role, verb) for role in (roles.control, roles.console) for verb in ("SELECT", "INSERT")),
    }


def _control(deployment: Deployment, role: str) -> AbstractAsyncContextManager[Transaction]:
    """Begin a transaction with a role of the control schema, with the login that may take it."""
    if role == "console":
        return deployment.operator.transaction(console_namespace(deployment.settings))
    namespaces = {"control": control_namespace, "market": market_namespace, "market_change": market_change_namespace}
    return deployment.database.transaction(namespaces[role](deployment.settings))


def _in_deployment(settings: Settings, superuser_url: str) -> str:
    return f"{superuser_url.rpartition('/')[0]}/{settings.owner_database_url.rpartition('/')[2]}"


async def _try(tx: Transaction, statement: str, *, refused: bool) -> None:
    await tx.driver.execute("SAVEPOINT before")
    if refused:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tx.driver.execute(statement)
            pytest.fail(f"{statement} succeeded")
    else:
        await tx.driver.execute(statement)
    await tx.driver.execute("ROLLBACK TO SAVEPOINT before")


LOGINS = ("app", "operator")


def _url(settings: DeploymentSettings, login: str) -> str:
    return {"app": settings.database_url, "operator": settings.operator_database_url}[login]


@pytest.mark.parametrize("login", LOGINS)
async def test_without_a_role_a_login_cannot_use_any_table(
    deployment: Deployment, tenant_pair: tuple[Tenant, Tenant], login: str
) -> None:
    schemas = {CONTROL_SCHEMA: CONTROL_TABLES, **{each.namespace.schema: TENANT_TABLES for each in tenant_pair}}
    connection = await asyncpg.connect(_url(deployment.settings, login))
    try:
        for schema, tables in schemas.items():
            for table, column in _columns(tables):
                for kind, statement in _statements(schema, table, column):
                    with pytest.raises(asyncpg.InsufficientPrivilegeError):
                        async with connection.transaction():
                            await connection.execute(statement)
                        pytest.fail(f"{kind} on {schema}.{table} succeeded")
        assert await connection.fetch("SELECT * FROM information_schema.tables WHERE table_schema = $1", schema) == []
    finally:
        await connection.close()


@pytest.mark.parametrize("login", LOGINS)
async def test_a_login_cannot_create_objects_or_take_other_roles(
    deployment: Deployment, tenant_pair: tuple[Tenant, Tenant], login: str
) -> None:
    roles = Roles(deployment.settings.role_prefix)
    schema, role, _ = tenant_pair[0].namespace
    app = (roles.control, roles.market, roles.market_change)
    mine, of_the_other = (app, (roles.console,)) if login == "app" else ((roles.console,), app)
    connection = await asyncpg.connect(_url(deployment.settings, login))
    forbidden = (
        "CREATE SCHEMA mine",
        "CREATE ROLE somebody",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE TABLE public.mine (id int)",
        f"CREATE TABLE {schema}.mine (id int)",
        f"SET ROLE {roles.owner}",
        f"SET ROLE {roles.prefix}_provisioner",
        *(f"SET ROLE {other}" for other in of_the_other),
        *(f"SET LOCAL ROLE {other}" for other in of_the_other),
        f"SET SESSION AUTHORIZATION {roles.owner}",
        f"GRANT {roles.owner} TO {roles.prefix}_{login}",
        *(f"GRANT {other} TO {roles.prefix}_{login}" for other in of_the_other),
        f"GRANT {role} TO {tenant_pair[1].namespace.role}",
        f"ALTER TABLE {schema}.outbox ADD COLUMN more text",
        f"DROP TABLE {schema}.outbox",
    )
    try:
        for as_role in (None, role, *mine):
            for statement in forbidden:
                async with connection.transaction():
                    if as_role is not None:
                        await connection.execute(f"SET LOCAL ROLE {as_role}")
                    with pytest.raises(asyncpg.InsufficientPrivilegeError):
                        async with connection.transaction():
                            await connection.execute(statement)
                            pytest.fail(f"as {as_role}: {statement} succeeded")
    finally:
        await connection.close()


async def test_only_the_login_of_the_commands_can_ask_the_provisioner(deployment: Deployment) -> None:
    """Whoever controls the application or a worker, which have the same login, cannot give work to the provisioner."""
    roles = Roles(deployment.settings.role_prefix)
    request = (
        f"INSERT INTO {CONTROL_SCHEMA}.provision_request"
        " (id, kind, subject, arguments, asked_by, approved_by, asked_at)"
        " VALUES (gen_random_uuid(), 'remove', 'somebody', '{}', 'me', 'me', now())"
    )
    connection = await asyncpg.connect(deployment.settings.database_url)
    try:
        for as_role in (None, roles.control, roles.market, roles.market_change):
            async with connection.transaction():
                if as_role is not None:
                    await connection.execute(f"SET LOCAL ROLE {as_role}")
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match='permission denied to set role "'):
                    async with connection.transaction():
                        await connection.execute(f"SET LOCAL ROLE {roles.console}")
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
                    async with connection.transaction():
                        await connection.execute(request)
    finally:
        await connection.close()
    connection = await asyncpg.connect(deployment.settings.operator_database_url)
    try:
        # The statement itself is right: it is the login that decides.
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(f"SET LOCAL ROLE {roles.console}")
        assert await connection.execute(request) == "INSERT 0 1"
        await transaction.rollback()
    finally:
        await connection.close()


async def test_a_tenant_cannot_grant_access_to_its_tables(
    database: Database, tenant_pair: tuple[Tenant, Tenant]
) -> None:
    mine, other = (tenant.namespace for tenant in tenant_pair)
    async with database.transaction(mine) as tx:
        # The server answers with a warning and does nothing.
        await tx.driver.execute(f"GRANT SELECT ON {mine.schema}.outbox TO {other.role}")
        assert not await tx.driver.fetchval(
            "SELECT has_table_privilege($1, $2, 'SELECT')", other.role, f"{mine.schema}.outbox"
        )


@pytest.mark.parametrize("login", LOGINS)
async def test_a_login_may_take_exactly_its_roles_and_inherits_none_of_their_privileges(
    deployment: Deployment, superuser_url: str, tenant_pair: tuple[Tenant, Tenant], login: str
) -> None:
    roles = Roles(deployment.settings.role_prefix)
    connection = await asyncpg.connect(superuser_url)
    try:
        memberships = await connection.fetch(
            """
            SELECT roleid::regrole::text AS role, inherit_option, set_option, admin_option FROM pg_auth_members
             WHERE member = $1::regrole
            """,
            f"{roles.prefix}_{login}",
        )
        everyone = await connection.fetch(
            "SELECT rolname FROM pg_roles WHERE starts_with(rolname, $1) AND (rolsuper OR rolbypassrls)", roles.prefix
        )
    finally:
        await connection.close()
    granted = {row["role"]: (row["inherit_option"], row["set_option"], row["admin_option"]) for row in memberships}
    of_tenants = {role for role in granted if role.startswith(roles.every_tenant)}
    assert {each.namespace.role for each in tenant_pair} <= of_tenants
    assert granted.keys() - of_tenants == (
        {roles.control, roles.market, roles.market_change} if login == "app" else {roles.console}
    )
    assert set(granted.values()) == {(False, True, False)}
    assert everyone == []


async def test_the_schema_of_a_tenant_contains_only_tables_and_indexes_of_the_owner(
    settings: Settings, superuser_url: str, tenant_pair: tuple[Tenant, Tenant]
) -> None:
    connection = await asyncpg.connect(_in_deployment(settings, superuser_url))
    schema = tenant_pair[0].namespace.schema
    try:
        kinds = await connection.fetch(
            "SELECT DISTINCT relkind::text AS kind, relowner::regrole::text AS owner FROM pg_class"
            " WHERE relnamespace = to_regnamespace($1)",
            schema,
        )
        types = await connection.fetch(
            "SELECT typname FROM pg_type WHERE typnamespace = to_regnamespace($1) AND (typtype IN ('e', 'd', 'r')"
            " OR typrelid <> 0 AND (SELECT relkind FROM pg_class WHERE oid = typrelid) = 'c')",
            schema,
        )
        routines = await connection.fetch("SELECT 1 FROM pg_proc WHERE pronamespace = to_regnamespace($1)", schema)
        crossing = await connection.fetch(
            "SELECT conname FROM pg_constraint JOIN pg_class referred ON referred.oid = confrelid"
            " WHERE connamespace = to_regnamespace($1) AND referred.relnamespace <> connamespace",
            schema,
        )
    finally:
        await connection.close()
    # Tables and indexes: no view, sequence or sequence-backed id, whose privileges would have to be separated too.
    assert {(row["kind"], row["owner"]) for row in kinds} == {
        ("r", Roles(settings.role_prefix).owner),
        ("i", Roles(settings.role_prefix).owner),
    }
    assert (types, routines, crossing) == ([], [], [])


def test_no_source_file_sets_a_role_or_search_path_for_a_whole_session() -> None:
    pattern = re.compile(r"\bSET\s+(SESSION\s|ROLE\b|search_path)", re.IGNORECASE)
    sources = [
        path for folder in ("platform/haas", "tenants", "apps", "workers") for path in (_ROOT / folder).rglob("*.py")
    ]
    assert [str(path) for path in sources if pattern.search(path.read_text(encoding="utf-8"))] == []
