"""Which process of the running stack holds which secret."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from ops.settings_file import read_settings
from ops.stack.embedded import Stack
from tenants.registry.names import Roles

APPLICATION_LOGIN = "the login of the application"
OWNER_LOGIN = "the login that owns the database"
OPERATOR_LOGIN = "the login of the operator's commands"
SUPERUSER = "the superuser of PostgreSQL"
BROKER = "the password of the broker"
MASTER_KEY = "the master key"
HELD = {
    "app": {APPLICATION_LOGIN, MASTER_KEY, BROKER},
    "worker": {APPLICATION_LOGIN, MASTER_KEY, BROKER},
    "schedule": {APPLICATION_LOGIN, MASTER_KEY, BROKER},
    "provisioner": {OWNER_LOGIN, MASTER_KEY},
    "sandbox": set(),
    "ehub": set(),
    "nginx": set(),
    "postgres": set(),
    "valkey": set(),
}


def environment(pid: int) -> Mapping[str, str]:
    """Return the environment with which a process was started."""
    entries = Path(f"/proc/{pid}/environ").read_bytes().decode("utf-8", "replace").split("\0")
    return dict(entry.partition("=")[::2] for entry in entries if entry)


def command_line(pid: int) -> str:
    """Return the command line of a process, which every user of the machine can read."""
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")


async def test_each_process_holds_only_the_secrets_that_it_uses(stack: Stack) -> None:
    settings = stack.settings
    recognised_by = {
        APPLICATION_LOGIN: [urlsplit(settings.database_url).password],
        OWNER_LOGIN: [urlsplit(settings.owner_database_url).password],
        OPERATOR_LOGIN: [urlsplit(settings.operator_database_url).password],
        SUPERUSER: [(stack.folder.secrets / "postgres").read_text()] if _embedded(stack, "postgres") else ["SUPERUSER"],
        BROKER: [urlsplit(settings.redis_url).password or "HAAS_REDIS_URL"],
        MASTER_KEY: [str(stack.folder.master_key), stack.folder.master_key.read_text(), "HAAS_MASTER_KEY"],
    }
    held = {}
    for process, pid in stack.processes().items():
        text = "\n".join(f"{name}={value}" for name, value in environment(pid).items()) + command_line(pid)
        held[process] = {secret for secret, signs in recognised_by.items() if any(str(sign) in text for sign in signs)}
    assert held == {process: secrets for process, secrets in HELD.items() if process in held}
    assert {"app", "worker", "schedule", "provisioner", "sandbox", "ehub", "nginx"} <= set(held)


async def test_no_process_has_a_variable_that_it_does_not_read(stack: Stack) -> None:
    """Variables such as HAAS_TEST_DATABASE_URL and HAAS_STATE of the shell are not passed on."""
    for process in ("app", "worker", "schedule", "provisioner", "sandbox", "ehub", "nginx"):
        names = {name for name in environment(stack.processes()[process]) if name.startswith("HAAS_")}
        parts = ("DATABASE_URL", "MASTER", "REDIS", "SMTP_URL")
        secret = {name for name in names if any(part in name for part in parts)}
        expected = {
            "app": {"HAAS_DATABASE_URL", "HAAS_MASTER_KEY_FILE", "HAAS_REDIS_URL"},
            "worker": {"HAAS_DATABASE_URL", "HAAS_MASTER_KEY_FILE", "HAAS_REDIS_URL", "HAAS_SMTP_URL"},
            "schedule": {"HAAS_DATABASE_URL", "HAAS_MASTER_KEY_FILE", "HAAS_REDIS_URL", "HAAS_SMTP_URL"},
            "provisioner": {"HAAS_OWNER_DATABASE_URL", "HAAS_MASTER_KEY_FILE"},
        }
        assert secret == expected.get(process, set()), process


async def test_no_login_that_a_process_holds_may_take_the_role_of_the_console(stack: Stack) -> None:
    """A row of the provisioner's requests, which this role may add, is executed with the rights of the owner."""
    roles = Roles(stack.settings.role_prefix)
    for process in ("app", "worker", "schedule"):
        connection = await asyncpg.connect(environment(stack.processes()[process])["HAAS_DATABASE_URL"])
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match=f'to set role "{roles.console}"'):
                await connection.execute(f"SET ROLE {roles.console}")
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
                await connection.execute("INSERT INTO control.provision_request DEFAULT VALUES")
        finally:
            await connection.close()


async def test_the_file_for_commands_has_their_login_and_no_other_secret(stack: Stack) -> None:
    variables = read_settings(stack.folder.settings)
    parts = ("DATABASE_URL", "MASTER", "REDIS", "SMTP", "SMS")
    secret = {name for name in variables if any(part in name for part in parts)}
    assert secret == {"HAAS_OPERATOR_DATABASE_URL"}
    assert variables["HAAS_OPERATOR_DATABASE_URL"] == stack.settings.operator_database_url


def _embedded(stack: Stack, process: str) -> bool:
    return process in stack.processes()
