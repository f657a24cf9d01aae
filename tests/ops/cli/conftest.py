"""`haas` on the deployment of the tests, the tenant `kestrel` in it, and an nginx for the commands of the proxy."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from haas.settings import Settings
from ops.deployment import Deployment
from tests.support.commands import CREATE_KESTREL, Haas, command_environment, command_runner, running_provisioner
from tests.support.proxy import Proxy, running_proxy
from tests.support.revocation_lists import Publish, file_server


@pytest.fixture
def variables(settings: Settings, tmp_path: Path) -> dict[str, str]:
    return command_environment(settings, tmp_path)


@pytest.fixture
def haas(variables: dict[str, str]) -> Haas:
    return command_runner(variables)


@pytest.fixture(scope="module")
async def provisioner(deployment: Deployment) -> AsyncIterator[None]:
    """A provisioner of the tests' deployment."""
    async with running_provisioner(deployment.settings):
        yield


@pytest.fixture
async def kestrel(haas: Haas, deployment: Deployment, provisioner: None) -> None:
    if "kestrel" not in {tenant.slug for tenant in await deployment.administration.all()}:
        assert (await haas(*CREATE_KESTREL)).exit_code == 0


@pytest.fixture(scope="module")
async def own_proxy(state_folder: Path) -> AsyncIterator[Proxy]:
    """A proxy whose authorities a module may change."""
    async with running_proxy(state_folder / "proxy-of-commands", headers_more=False) as proxy:
        yield proxy


@pytest.fixture
async def publish() -> AsyncIterator[Publish]:
    async with file_server() as publish:
        yield publish
