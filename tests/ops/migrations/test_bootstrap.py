"""Setting up an empty database, as an owner who is not a superuser."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
import msgspec
import pytest
from sqlalchemy import select

from haas.database import RoleRefused
from haas.errors import Unavailable
from haas.settings import Settings
from ops.deployment import Deployment
from ops.migrations.bootstrap import BootstrapError, bootstrap
from ops.migrations.run import migrate_tenants, status
from tenants.keys.creation import NewSigningKey
from tenants.notices.tables import outbox
from tenants.provisioning.owner import owner_transaction
from tenants.registry.names import Roles, console_namespace
from tests.support.deployments import PostgresServer
from tests.support.nodes import SECOND

NODES: Final = ("main", SECOND)
_MEMBERSHIPS: Final = """
    SELECT inherit_option, set_option, admin_option FROM pg_auth_members
     WHERE member = to_regrole($1) AND roleid = to_regrole($2)
"""


@pytest.fixture
async def empty(settings: Settings, postgres: PostgresServer) -> Settings:
    """The settings of a new deployment, whose database is empty."""
    database = await postgres.deployment()
    return msgspec.structs.replace(
        settings,
        database_url=database.app_url,
        owner_database_url=database.owner_url,
        operator_database_url=database.operator_url,
        role_prefix=database.role_prefix,
    )


@asynccontextmanager
async def _changed(superuser_url: str, change: str, back: str) -> AsyncIterator[None]:
    connection = await asyncpg.connect(superuser_url)
    try:
        await connection.execute(change)
        yield
        await connection.execute(back)
    finally:
        await connection.close()


async def test_bootstrap_is_refused_without_one_of_the_logins_or_createrole(
    empty: Settings, superuser_url: str
) -> None:
    assert (await status(empty)).control is None
    owner, database = f"{empty.role_prefix}_provisioner", empty.role_prefix
    for login in (f"{empty.role_prefix}_app", f"{empty.role_prefix}_operator"):
        connect = f"GRANT CONNECT ON DATABASE {database} TO {login}"
        # A role keeps its SCRAM password when it is renamed; an MD5 password would be cleared.
        async with _changed(
            superuser_url, f"ALTER ROLE {login} RENAME TO elsewhere", f"ALTER ROLE elsewhere RENAME TO {login}"
        ):
            with pytest.raises(BootstrapError, match=f"CREATE ROLE {login} LOGIN NOINHERIT PASSWORD '…'; {connect}"):
                await bootstrap(empty)
        async with _changed(superuser_url, f"REVOKE CONNECT ON DATABASE {database} FROM {login}", connect):
            with pytest.raises(BootstrapError, match=f"may not connect .* allows it: {connect}"):
                await bootstrap(empty)
    async with _changed(superuser_url, f"ALTER ROLE {owner} NOCREATEROLE", f"ALTER ROLE {owner} CREATEROLE"):
        with pytest.raises(BootstrapError, match="CREATEROLE"):
            await bootstrap(empty)
    assert (await status(empty)).control is None, "a refused bootstrap changes nothing"


async def test_bootstrap_can_be_repeated(empty: Settings) -> None:
    for _ in range(2):
        await bootstrap(empty)
    assert (await migrate_tenants(empty)).failed == []
    state = await status(empty)
    assert (state.control, state.tenants) == (state.control_head, {})
    async with Deployment.open(empty) as deployment:
        assert await deployment.administration.all() == []


async def test_a_deployment_of_an_earlier_release_gets_the_login_of_the_commands(
    two_nodes: Deployment, signing_keys: Iterator[Sequence[NewSigningKey]]
) -> None:
    """There, the application's login could take the console role, and no other login could take a tenant's role."""
    settings = two_nodes.settings
    roles = Roles(settings.role_prefix)
    tenants = {node: await two_nodes.new_tenant(node, signing_keys=next(signing_keys), node=node) for node in NODES}
    async with owner_transaction(two_nodes.owner, settings) as tx:
        await tx.driver.execute(f"SET LOCAL ROLE NONE; GRANT {roles.console} TO {roles.app} WITH INHERIT FALSE")
        await tx.driver.execute(f"REVOKE {roles.console} FROM {roles.operator}")
    async with two_nodes.database.transaction(console_namespace(settings)) as tx:
        assert await tx.driver.fetchval("SELECT current_user") == roles.console
    for tenant in tenants.values():
        async with owner_transaction(two_nodes.owner, settings, tenant.namespace) as tx:
            await tx.driver.execute(f"SET LOCAL ROLE NONE; REVOKE {tenant.namespace.role} FROM {roles.operator}")
        with pytest.raises(RoleRefused):
            async with two_nodes.operator.transaction(tenant.namespace):
                pass
    for _ in range(2):
        await bootstrap(settings)
    for tenant in tenants.values():
        async with two_nodes.operator.transaction(tenant.namespace) as tx:
            await tx.execute(select(outbox))
            assert await tx.driver.fetch(_MEMBERSHIPS, roles.operator, tenant.namespace.role) == [(False, True, False)]
    async with two_nodes.operator.transaction(console_namespace(settings)) as tx:
        assert await tx.driver.fetch(_MEMBERSHIPS, roles.operator, roles.console) == [(False, True, False)]
    with pytest.raises(RoleRefused):
        async with two_nodes.database.transaction(console_namespace(settings)):
            pass
    for tenant in tenants.values():
        await two_nodes.administration.remove(tenant.slug, actor="tests")


async def test_bootstrap_is_refused_while_the_application_may_take_the_console_role(
    own_deployment: Deployment, superuser_url: str
) -> None:
    """The login of the provisioner cannot revoke what a superuser has granted, directly or through another role."""
    settings = own_deployment.settings
    roles = Roles(settings.role_prefix)
    between = f"{roles.prefix}_between"
    for grant, revoke in (
        (f"GRANT {roles.console} TO {roles.app}", f"REVOKE {roles.console} FROM {roles.app}"),
        (
            f"CREATE ROLE {between}; GRANT {roles.console} TO {between}; GRANT {between} TO {roles.app}",
            f"DROP ROLE {between}",
        ),
    ):
        async with _changed(superuser_url, grant, revoke):
            with pytest.raises(BootstrapError, match=f"REVOKE {roles.console} FROM {roles.app}"):
                await bootstrap(settings)
        await bootstrap(settings)


async def test_bootstrap_of_a_database_of_another_owner_is_refused(empty: Settings, postgres) -> None:  # noqa: ANN001 - a class of the conftest
    await bootstrap(empty)
    stranger = await postgres.deployment()
    database = empty.owner_database_url.rpartition("/")[2]
    other = msgspec.structs.replace(empty, owner_database_url=f"{stranger.owner_url.rpartition('/')[0]}/{database}")
    with pytest.raises(Unavailable, match="permission denied for database"):
        await bootstrap(other)


async def test_an_unreachable_server_is_reported_without_its_password(empty: Settings) -> None:
    unreachable = msgspec.structs.replace(empty, owner_database_url="postgresql://nobody:secret@127.0.0.1:1/nothing")
    with pytest.raises(Unavailable, match="HAAS_OWNER_DATABASE_URL accepted no connection") as caught:
        await bootstrap(unreachable)
    assert "secret" not in str(caught.value)
