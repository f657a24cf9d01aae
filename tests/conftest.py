"""The servers that tests run on: embedded ones in a temporary folder, or real ones that the environment names."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import pytest

from ops.stack.cluster import DeploymentDatabase, create_deployment
from ops.stack.servers import Servers, servers


class PostgresServer:
    """A real PostgreSQL. `deployment()` makes a fresh database with its two logins and a role prefix of its own."""

    def __init__(self, superuser_url: str) -> None:
        self.superuser_url = superuser_url
        self._numbers = count(1)

    async def deployment(self) -> DeploymentDatabase:
        """`.owner_url` (provisioning, migrations), `.app_url` (the application's login), `.role_prefix`."""
        return await create_deployment(self.superuser_url, f"t{os.getpid()}x{next(self._numbers)}")


@pytest.fixture(scope="session")
def state_folder() -> Iterator[Path]:
    """A short temporary folder that an unprivileged server process can pass through when root runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix="haas-test-"))
    if os.geteuid() == 0:
        folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
async def embedded_servers(state_folder: Path) -> AsyncIterator[Servers]:
    """Embedded PostgreSQL and Valkey. Ask for `postgres` and `valkey` instead, which honour the environment."""
    async with servers(state_folder / "servers") as running:
        yield running


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> PostgresServer:
    """A PostgreSQL server: HAAS_TEST_DATABASE_URL (a superuser's URL) or an embedded one."""
    url = os.environ.get("HAAS_TEST_DATABASE_URL")
    return PostgresServer(url or request.getfixturevalue("embedded_servers").superuser_url)


@pytest.fixture(scope="session")
def superuser_url(postgres: PostgresServer) -> str:
    return postgres.superuser_url


@pytest.fixture(scope="session")
def valkey(request: pytest.FixtureRequest) -> str:
    """URL of a Valkey or Redis server: HAAS_TEST_REDIS_URL or an embedded one."""
    url = os.environ.get("HAAS_TEST_REDIS_URL")
    return url or request.getfixturevalue("embedded_servers").redis_url


@pytest.fixture(scope="session")
async def database(postgres: PostgresServer) -> DeploymentDatabase:
    """One empty deployment database shared by the session. Ask `postgres.deployment()` for one of your own."""
    return await postgres.deployment()
