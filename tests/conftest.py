"""The servers that tests run on: embedded ones in a temporary folder, or real ones that the environment names."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count, cycle
from pathlib import Path

import asyncpg
import pytest

from haas.clock import MovableClock
from haas.database import Database
from haas.jose import new_key
from haas.settings import Settings
from ops.demonstration import set_up_demonstration
from ops.deployment import Deployment
from ops.migrations.bootstrap import bootstrap
from ops.migrations.cluster import DeploymentDatabase, create_deployment
from ops.stack.embedded import Stack, running
from ops.stack.options import Options
from ops.stack.servers import Servers, servers
from tenants.keys.creation import NewSigningKey, generate_signing_keys
from tenants.keys.service import Keyring
from tenants.registry.errors import UnknownTenant
from tenants.registry.models import RegisterEnvironment, Tenant
from tenants.registry.service import Registry
from tests.support.nodes import with_second_node

KeySets = Iterator[Sequence[NewSigningKey]]


class PostgresServer:
    """A real PostgreSQL. `deployment()` makes a fresh database with its two logins and a role prefix of its own."""

    def __init__(self, superuser_url: str) -> None:
        self.superuser_url = superuser_url
        self._numbers = count(1)

    async def deployment(self) -> DeploymentDatabase:
        """`.owner_url` (provisioning, migrations), `.app_url` (the application's login), `.role_prefix`."""
        return await create_deployment(self.superuser_url, f"t{os.getpid()}x{next(self._numbers)}")

    async def discard(self, databases: DeploymentDatabase) -> None:
        """Drop a deployment's database and all of its roles."""
        connection = await asyncpg.connect(self.superuser_url)
        try:
            await connection.execute(f"DROP DATABASE {databases.role_prefix} WITH (FORCE)")
            roles = await connection.fetchval(
                "SELECT string_agg(quote_ident(rolname), ', ') FROM pg_roles WHERE starts_with(rolname, $1)",
                f"{databases.role_prefix}_",
            )
            await connection.execute(f"DROP ROLE {roles}")
        finally:
            await connection.close()


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
async def empty_deployment(postgres: PostgresServer) -> DeploymentDatabase:
    """An empty database with its two logins and nothing in it. Ask `postgres.deployment()` for one of your own."""
    return await postgres.deployment()


@asynccontextmanager
async def opened(postgres: PostgresServer, redis_url: str, folder: Path) -> AsyncIterator[Deployment]:
    """A deployment in a database of its own, with roles, control schema and the sandbox's register environment."""
    databases = await postgres.deployment()
    settings = Settings(
        environment="sandbox",
        domain="haas.localhost",
        public_port=8443,
        database_url=databases.app_url,
        owner_database_url=databases.owner_url,
        redis_url=redis_url,
        smtp_url="smtp://127.0.0.1:1",
        sms_url="https://sms.cdr-sandbox.localhost",
        master_key=new_key(),
        role_prefix=databases.role_prefix,
        certificates=folder / "certificates",
        clock_file=folder / f"clock-{databases.role_prefix}",
    )
    await bootstrap(settings)
    register = RegisterEnvironment(
        id="sandbox",
        public_base_uri="https://register.cdr-sandbox.localhost:8443",
        secure_base_uri="https://mtls.register.cdr-sandbox.localhost:8443",
        jwks_uri="https://register.cdr-sandbox.localhost:8443/cdr-register/v1/jwks",
    )
    try:
        async with Deployment.open(settings) as deployment:
            await deployment.administration.put_register_environment(register, actor="tests")
            yield deployment
    finally:
        await postgres.discard(databases)


@pytest.fixture(scope="session")
async def deployment(postgres: PostgresServer, valkey: str, state_folder: Path) -> AsyncIterator[Deployment]:
    """A deployment shared by the session; `await deployment.new_tenant()` makes a tenant in a tenth of a second."""
    async with opened(postgres, valkey, state_folder) as deployment:
        yield deployment


@pytest.fixture(scope="module")
async def own_deployment(postgres: PostgresServer, valkey: str, state_folder: Path) -> AsyncIterator[Deployment]:
    """A deployment of one module's own, for tests that do something to all tenants or make many."""
    async with opened(postgres, valkey, state_folder) as deployment:
        yield deployment


@pytest.fixture(scope="session")
async def second_superuser_url(state_folder: Path) -> AsyncIterator[str]:
    """URL of the superuser of another embedded PostgreSQL server."""
    async with servers(state_folder / "second") as running:
        yield running.superuser_url


@pytest.fixture(scope="module")
async def two_nodes(own_deployment: Deployment, second_superuser_url: str) -> AsyncIterator[Deployment]:
    """A deployment of one module's own with two database nodes, on two servers."""
    async with with_second_node(own_deployment, second_superuser_url) as deployment:
        yield deployment


@pytest.fixture(scope="session")
def signing_keys() -> KeySets:
    """Key sets that come round every eight tenants: making RSA keys costs processor time."""
    return cycle(generate_signing_keys() for _ in range(8))


@pytest.fixture(scope="session")
def settings(deployment: Deployment) -> Settings:
    return deployment.settings


@pytest.fixture(scope="session")
def clock(deployment: Deployment) -> MovableClock:
    """The deployment's clock. A test that moves it calls `clock.reset()` when it ends."""
    assert isinstance(deployment.clock, MovableClock)
    return deployment.clock


@pytest.fixture(scope="session")
def database(deployment: Deployment) -> Database:
    """The application's pools: what services are given."""
    return deployment.database


@pytest.fixture(scope="session")
def registry(deployment: Deployment) -> Registry:
    return Registry(deployment.database, deployment.settings, deployment.clock)


@pytest.fixture(scope="session")
def keyring(deployment: Deployment) -> Keyring:
    return Keyring(deployment.database, deployment.sealer, deployment.clock)


@asynccontextmanager
async def borrowed(deployment: Deployment, keys: Sequence[NewSigningKey]) -> AsyncIterator[Tenant]:
    """A new, empty tenant that is removed in the end: each is thousands of small files."""
    tenant = await deployment.new_tenant(signing_keys=keys)
    yield tenant
    with suppress(UnknownTenant):
        await deployment.administration.remove(tenant.slug, actor="tests")


@pytest.fixture
async def tenant(deployment: Deployment, signing_keys: KeySets) -> AsyncIterator[Tenant]:
    """A new, empty tenant of the test's own."""
    async with borrowed(deployment, next(signing_keys)) as tenant:
        yield tenant


@pytest.fixture
async def two_tenants(deployment: Deployment, signing_keys: KeySets) -> AsyncIterator[tuple[Tenant, Tenant]]:
    """Two new, empty tenants of the test's own."""
    async with (
        borrowed(deployment, next(signing_keys)) as first,
        borrowed(deployment, next(signing_keys)) as second,
    ):
        yield first, second


@pytest.fixture(scope="module")
async def module_tenant(deployment: Deployment, signing_keys: KeySets) -> AsyncIterator[Tenant]:
    """A new tenant shared by one module's tests."""
    async with borrowed(deployment, next(signing_keys)) as tenant:
        yield tenant


@pytest.fixture(scope="module")
async def module_neighbour(deployment: Deployment, signing_keys: KeySets) -> AsyncIterator[Tenant]:
    """Another new tenant shared by one module's tests."""
    async with borrowed(deployment, next(signing_keys)) as tenant:
        yield tenant


@pytest.fixture(scope="session")
async def stack(state_folder: Path) -> AsyncIterator[Stack]:
    """The whole embedded stack with its two demonstration brands, one for the session. All share its clock."""
    options = Options(state=state_folder / "the stack", port=0, durable=False, **await real_servers())
    async with running(options, set_up_demonstration) as stack:
        yield stack


async def real_servers(name: str = "stack") -> dict[str, str]:
    """What a stack is to use instead of embedded servers, where the environment names real ones."""
    servers = {}
    if url := os.environ.get("HAAS_TEST_DATABASE_URL"):
        deployment = await create_deployment(url, f"t{os.getpid()}{name}")
        servers["database_url"] = deployment.app_url
        servers["owner_database_url"] = deployment.owner_url
        servers["role_prefix"] = deployment.role_prefix
    if url := os.environ.get("HAAS_TEST_REDIS_URL"):
        servers["redis_url"] = url
    return servers
