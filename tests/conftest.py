"""The servers that tests run on: embedded ones in a temporary folder, or real ones that the environment names."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from haas.clock import MovableClock
from haas.database import Database
from haas.outbound import Outbound
from haas.settings import Settings
from ops.demonstration import set_up_demonstration
from ops.deployment import Deployment
from ops.migrations.cluster import DeploymentDatabase
from ops.pki.authority import Validity, chain_pem, name, new_root
from ops.sandbox.recipient.client import RecipientClient
from ops.stack import ports
from ops.stack.embedded import Stack, running
from ops.stack.options import PATIENT, WITHOUT_TRAFFIC_LIMIT, Options
from ops.stack.servers import Servers, servers
from tenants.keys.creation import generate_signing_keys
from tenants.keys.service import Keyring
from tenants.registry.models import Tenant
from tenants.registry.service import Registry
from tests.support.application import Application, KeySets, open_application
from tests.support.clients import registered_client
from tests.support.deployments import PostgresServer, open_deployment, real_servers
from tests.support.https_server import HttpsServer
from tests.support.mail_server import MailServer
from tests.support.nodes import with_second_node
from tests.support.scheduling import Scheduling, uses_the_stack
from tests.support.spare_tenants import SpareTenants

_SLOWEST_FOLDERS = ("ops", "system", "workers")
"""The folders whose tests start processes of their own, and whose files take longest."""


SHARED_DEPLOYMENT = pytest.StashKey[Deployment]()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the slowest tests first, so that the processes of the whole suite end at about the same time."""
    items.sort(key=lambda item: (not uses_the_stack(item.nodeid), item.nodeid.split("/")[1] not in _SLOWEST_FOLDERS))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    return Scheduling(config, log)


@pytest.fixture(scope="session", autouse=True)
def _ports_of_this_process() -> None:
    """Processes that run tests (pytest-xdist) never choose the same free port before one of them uses it."""
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        number, processes = int(worker.removeprefix("gw")), int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
        ports.PORT_RANGE = ports.PORT_RANGE[number::processes]


@pytest.fixture(scope="session", autouse=True)
def _one_root_of_the_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test connects to a server of others, and loading the system's 140 roots takes 30 ms for each TLS context.

    This also applies to the processes that tests start. The variables are those of OpenSSL; nobody has the root's key.
    """
    folder = tmp_path_factory.mktemp("system")
    root = new_root(name("A root of the system"), Validity.starting(datetime.now(UTC), timedelta(days=1)))
    (folder / "roots.pem").write_bytes(chain_pem([root.certificate]))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SSL_CERT_FILE", str(folder / "roots.pem"))
        environment.setenv("SSL_CERT_DIR", str(folder))
        yield


@pytest.fixture(scope="session")
def state_folder() -> Iterator[Path]:
    """A temporary folder with a short path, which server processes may enter when root runs the tests."""
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
    """An empty database with its three logins and nothing in it. Ask `postgres.deployment()` for one of your own."""
    return await postgres.deployment()


@pytest.fixture(scope="session")
async def deployment(
    postgres: PostgresServer, valkey: str, state_folder: Path, pytestconfig: pytest.Config
) -> AsyncIterator[Deployment]:
    """A deployment shared by the session; `await deployment.new_tenant()` makes a tenant in a tenth of a second."""
    async with open_deployment(postgres, valkey, state_folder) as deployment:
        pytestconfig.stash[SHARED_DEPLOYMENT] = deployment
        yield deployment
        del pytestconfig.stash[SHARED_DEPLOYMENT]


@pytest.fixture(scope="module")
async def own_deployment(postgres: PostgresServer, valkey: str, state_folder: Path) -> AsyncIterator[Deployment]:
    """A deployment of one module's own, for tests that do something to all tenants or make many."""
    async with open_deployment(postgres, valkey, state_folder) as deployment:
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
async def application(
    deployment: Deployment, signing_keys: KeySets, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Application]:
    """The application over the shared deployment, and the web server of the Register and of the data recipients."""
    async with (
        HttpsServer(tmp_path_factory.mktemp("web")).serving() as web,
        open_application(deployment, web, signing_keys) as opened,
    ):
        yield opened


@pytest.fixture(scope="session")
async def aurora(application: Application) -> Tenant:
    """A brand that the application serves, shared by the session."""
    return await application.new_tenant("identity-aurora")


@pytest.fixture(scope="session")
async def banksia(application: Application) -> Tenant:
    """Another brand that the application serves, shared by the session."""
    return await application.new_tenant("identity-banksia")


@pytest.fixture(scope="session")
async def recipient(application: Application, aurora: Tenant) -> RecipientClient:
    """A product registered at aurora, which signs with PS256; tests that change its registration make their own."""
    return await registered_client(application, aurora)


@pytest.fixture(scope="session")
def https_server(tmp_path_factory: pytest.TempPathFactory) -> HttpsServer:
    """The HTTPS server of `https`, which keeps its certificate and port between tests."""
    return HttpsServer(tmp_path_factory.mktemp("https"))


@pytest.fixture
async def https(https_server: HttpsServer) -> AsyncIterator[HttpsServer]:
    """An HTTPS server at `https.origin(<first label>)`, found through `https.settings(settings)`."""
    https_server.reset()
    async with https_server.serving():
        yield https_server


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    """An SMTP server."""
    async with MailServer().serving() as server:
        yield server


@pytest.fixture
async def outbound(settings: Settings, https: HttpsServer) -> AsyncIterator[Outbound]:
    """Outbound HTTP that finds `https`."""
    async with Outbound(https.settings(settings)) as client:
        yield client


@pytest.fixture(scope="session")
def signing_keys() -> KeySets:
    """Eight key sets that are used in turn, because the generation of RSA keys takes processor time."""
    return cycle(generate_signing_keys() for _ in range(8))


@pytest.fixture(scope="session")
def settings(deployment: Deployment) -> Settings:
    return deployment.settings


@pytest.fixture
def clock(deployment: Deployment) -> Iterator[MovableClock]:
    """The shared deployment's clock, which a test may move; it is set back when the test ends."""
    assert isinstance(deployment.clock, MovableClock)
    yield deployment.clock
    deployment.clock.reset()


@pytest.fixture(autouse=True)
def _no_moved_clock(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves the shared deployment's clock moved: the tests after it would run at another time."""
    yield
    if deployment := request.config.stash.get(SHARED_DEPLOYMENT, None):
        assert isinstance(deployment.clock, MovableClock)
        assert deployment.clock.offset == timedelta(0)


@pytest.fixture(scope="session")
def database(deployment: Deployment) -> Database:
    """The application's connection pools, as services receive them."""
    return deployment.database


@pytest.fixture(scope="session")
def registry(deployment: Deployment) -> Registry:
    return Registry(deployment.database, deployment.settings, deployment.clock)


@pytest.fixture
def keyring(deployment: Deployment) -> Keyring:
    """The keys of tenants, of which this test has read none yet."""
    return Keyring(deployment.database, deployment.sealer, deployment.clock)


@pytest.fixture(scope="session")
async def spare_tenants(
    deployment: Deployment, postgres: PostgresServer, signing_keys: KeySets
) -> AsyncIterator[SpareTenants]:
    """Empty tenants of the shared deployment, which tests borrow."""
    async with SpareTenants.open(deployment, postgres.superuser_url, signing_keys) as spare:
        yield spare


@pytest.fixture
async def tenant(spare_tenants: SpareTenants) -> AsyncIterator[Tenant]:
    """An empty tenant of the test's own."""
    async with spare_tenants.borrow() as tenant:
        yield tenant


@pytest.fixture
async def two_tenants(spare_tenants: SpareTenants) -> AsyncIterator[tuple[Tenant, Tenant]]:
    """Two empty tenants of the test's own."""
    async with spare_tenants.borrow() as first, spare_tenants.borrow() as second:
        yield first, second


@pytest.fixture(scope="module")
async def module_tenant(spare_tenants: SpareTenants) -> AsyncIterator[Tenant]:
    """An empty tenant shared by one module's tests."""
    async with spare_tenants.borrow() as tenant:
        yield tenant


@pytest.fixture(scope="module")
async def module_neighbour(spare_tenants: SpareTenants) -> AsyncIterator[Tenant]:
    """Another empty tenant shared by one module's tests."""
    async with spare_tenants.borrow() as tenant:
        yield tenant


@pytest.fixture(scope="session")
async def stack(state_folder: Path) -> AsyncIterator[Stack]:
    """The whole embedded stack with its two demonstration brands, one for the session. All share its clock."""
    servers = await real_servers()
    options = Options(
        state=state_folder / "the stack", port=0, durable=False, variables=PATIENT | WITHOUT_TRAFFIC_LIMIT, **servers
    )
    async with running(options, set_up_demonstration) as stack:
        yield stack
