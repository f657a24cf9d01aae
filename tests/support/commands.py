"""The `haas` command in tests: run as an operator runs it, with a deployment's settings in its environment."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from click.testing import CliRunner, Result

from haas.settings import CommandSettings, ProvisionerSettings
from ops.cli import main
from ops.deployment_settings import DeploymentSettings
from ops.provisioner.process import ProvisionerProcess
from tests.support.processes import environment

Haas = Callable[..., Awaitable[Result]]
CREATE_KESTREL = ("tenant", "create", "kestrel", "--name", "Kestrel Energy", "--retailer", "Kestrel Pty Ltd")


def command_environment(settings: DeploymentSettings, folder: Path) -> dict[str, str]:
    """Return the variables that make `haas` use a deployment; its state folder and its certificates are in `folder`."""
    return {
        **environment(settings, CommandSettings),
        "HAAS_STATE": str(folder),
        "HAAS_CERTIFICATES": str(folder / "certificates"),
    }


def command_runner(variables: dict[str, str]) -> Haas:
    """Return a function that runs `haas` with these variables."""

    async def run(*arguments: str, typed: str | None = None, **changed: str) -> Result:
        return await asyncio.to_thread(
            CliRunner().invoke, main, arguments, input=typed, env={**variables, **changed}, catch_exceptions=False
        )

    return run


@asynccontextmanager
async def running_provisioner(settings: DeploymentSettings) -> AsyncIterator[None]:
    """Run a provisioner in this process until the block ends. Commands ask it for everything that they change."""
    stopping = asyncio.Event()
    running = asyncio.create_task(ProvisionerProcess(settings.of(ProvisionerSettings)).run(stopping))
    try:
        yield
    finally:
        stopping.set()
        await running
