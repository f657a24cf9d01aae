"""The servers that tests run on: embedded ones in a temporary folder, or real ones that the environment names."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count, cycle
from pathlib import Path
from uuid import uuid4

import pytest

from haas.clock import MovableClock
from haas.database import Database
from haas.jose import KeySealer, new_key
from haas.settings import Settings
from ops.migrations.bootstrap import bootstrap
from ops.migrations.chains import TENANT
from ops.stack.cluster import DeploymentDatabase, create_deployment
from ops.stack.servers import Servers, servers
from tenants.keys.creation import generate_signing_keys
from tenants.keys.service import Keyring
from tenants.registry.administration import Administration
from tenants.registry.models import NewTenant, RegisterEnvironment, Tenant
from tenants.registry.provisioning import Provisioner
from tenants.registry.service import Registry


class Deployment:
    """A deployment in a database of its own. `new_tenant()` costs about a tenth of a second."""

    def __init__(self, databases: DeploymentDatabase, settings: Settings) -> None:
        self.databases = databases
        self.settings = settings
        self.clock = MovableClock(settings.clock_file or Path())
        self.database = Database.open(settings.database_url)
        self.owner = Database.open(settings.owner_database_url, pools=1)
        self.administration = Administration(self.owner, settings, self.clock)
        self.provisioner = Provisioner(
            self.owner, settings, KeySealer(settings.master_key), self.clock, TENANT.script()
        )
        self._keys = cycle(generate_signing_keys() for _ in range(4))
        self._numbers = count(1)

    @classmethod
    @asynccontextmanager
    async def open(cls, databases: DeploymentDatabase, redis_url: str, folder: Path) -> AsyncIterator["Deployment"]:
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
        deployment = cls(databases, settings)
        try:
            await deployment.administration.put_register_environment(
                RegisterEnvironment(
                    id="sandbox",
                    public_base_uri="https://register.cdr-sandbox.localhost:8443",
                    secure_base_uri="https://mtls.register.cdr-sandbox.localhost:8443",
                    jwks_uri="https://register.cdr-sandbox.localhost:8443/cdr-register/v1/jwks",
                ),
                actor="tests",
            )
            yield deployment
        finally:
            await deployment.database.close()
            await deployment.owner.close()

    async def new_tenant(self, slug: str | None = None, *, theme: dict[str, object] | None = None) -> Tenant:
        """Make a tenant. Its signing keys come round every four tenants: making RSA keys costs processor time."""
        slug = slug or f"brand-{next(self._numbers)}"
        new = NewTenant(
            slug=slug,
            name=slug.title(),
            retailer=f"{slug.title()} Pty Ltd",
            register_environment_id="sandbox",
            register_brand_id=str(uuid4()),
            theme=theme or {},
        )
        return await self.provisioner.create(new, actor="tests", signing_keys=next(self._keys))


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
async def empty_deployment(postgres: PostgresServer) -> DeploymentDatabase:
    """An empty database with its two logins and nothing in it. Ask `postgres.deployment()` for one of your own."""
    return await postgres.deployment()


@pytest.fixture(scope="session")
async def deployment(postgres: PostgresServer, valkey: str, state_folder: Path) -> AsyncIterator[Deployment]:
    """A deployment whose roles, control schema and sandbox register environment are in place, shared by the session."""
    async with Deployment.open(await postgres.deployment(), valkey, state_folder) as deployment:
        yield deployment


@pytest.fixture(scope="session")
def settings(deployment: Deployment) -> Settings:
    return deployment.settings


@pytest.fixture(scope="session")
def clock(deployment: Deployment) -> MovableClock:
    """The deployment's clock. A test that moves it calls `clock.reset()` when it ends."""
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
    return Keyring(deployment.database, KeySealer(deployment.settings.master_key), deployment.clock)


@pytest.fixture
async def tenant(deployment: Deployment) -> Tenant:
    """A new, empty tenant of the test's own."""
    return await deployment.new_tenant()


@pytest.fixture
async def two_tenants(deployment: Deployment) -> tuple[Tenant, Tenant]:
    """Two new, empty tenants of the test's own."""
    return await deployment.new_tenant(), await deployment.new_tenant()


@pytest.fixture(scope="module")
async def module_tenant(deployment: Deployment) -> Tenant:
    """A new tenant shared by one module's tests."""
    return await deployment.new_tenant()
