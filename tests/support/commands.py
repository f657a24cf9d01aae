"""The `haas` command in tests: run as an operator runs it, with a deployment's settings in its environment."""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from pathlib import Path

from click.testing import CliRunner, Result

from haas.settings import Settings
from ops.cli import main

Haas = Callable[..., Awaitable[Result]]
CREATE_KESTREL = ("tenant", "create", "kestrel", "--name", "Kestrel Energy", "--retailer", "Kestrel Pty Ltd")


def environment_of(settings: Settings, folder: Path) -> dict[str, str]:
    """Return the variables that name a deployment; its state folder and its certificates are in `folder`."""
    return {
        "HAAS_STATE": str(folder),
        "HAAS_ENVIRONMENT": settings.environment,
        "HAAS_DOMAIN": settings.domain,
        "HAAS_PUBLIC_PORT": str(settings.public_port),
        "HAAS_DATABASE_URL": settings.database_url,
        "HAAS_OWNER_DATABASE_URL": settings.owner_database_url,
        "HAAS_REDIS_URL": settings.redis_url,
        "HAAS_SMTP_URL": settings.smtp_url,
        "HAAS_SMS_URL": settings.sms_url,
        "HAAS_MASTER_KEY": urlsafe_b64encode(settings.master_key).decode(),
        "HAAS_ROLE_PREFIX": settings.role_prefix,
        "HAAS_CERTIFICATES": str(folder / "certificates"),
        "HAAS_CLOCK_FILE": str(settings.clock_file),
    }


def command_runner(variables: dict[str, str]) -> Haas:
    """Return a function that runs `haas` with these variables."""

    async def run(*arguments: str, typed: str | None = None, **changed: str) -> Result:
        return await asyncio.to_thread(
            CliRunner().invoke, main, arguments, input=typed, env={**variables, **changed}, catch_exceptions=False
        )

    return run
