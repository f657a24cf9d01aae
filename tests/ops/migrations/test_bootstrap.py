"""Setting up an empty database, as an owner who is not a superuser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import msgspec
import pytest

from haas.errors import Unavailable
from haas.settings import Settings
from ops.deployment import Deployment
from ops.migrations.bootstrap import BootstrapError, bootstrap
from ops.migrations.cluster import DeploymentDatabase
from ops.migrations.run import migrate_tenants, status


@pytest.fixture
def empty(settings: Settings, empty_deployment: DeploymentDatabase) -> Settings:
    return msgspec.structs.replace(
        settings,
        database_url=empty_deployment.app_url,
        owner_database_url=empty_deployment.owner_url,
        role_prefix=empty_deployment.role_prefix,
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


async def test_bootstrap_is_refused_without_the_application_login_or_createrole(
    empty: Settings, superuser_url: str
) -> None:
    assert (await status(empty)).control is None
    app, owner = f"{empty.role_prefix}_app", f"{empty.role_prefix}_provisioner"
    # A role keeps its SCRAM password when it is renamed; an MD5 password would be cleared.
    async with _changed(
        superuser_url, f"ALTER ROLE {app} RENAME TO elsewhere", f"ALTER ROLE elsewhere RENAME TO {app}"
    ):
        with pytest.raises(BootstrapError, match="login does not exist: CREATE ROLE"):
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
