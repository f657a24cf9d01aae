"""`haas provisioner`: the process that executes the requests of the other commands."""

import asyncio
import os
import signal

import click

from haas.logs import configure
from haas.settings import ProvisionerSettings
from ops.provisioner.process import ProvisionerProcess


@click.command("provisioner")
def command() -> None:
    """Create, migrate, change and remove tenants, as requested in the database. Runs until SIGTERM.

    It alone has both HAAS_OWNER_DATABASE_URL and HAAS_MASTER_KEY. At its start it sets up an empty database, and brings
    the control schema to the newest revision.
    """
    settings = ProvisionerSettings.from_environment(os.environ)
    configure(settings.log_level)
    asyncio.run(_run(settings))


async def _run(settings: ProvisionerSettings) -> None:
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await ProvisionerProcess(settings).run(stopping)
