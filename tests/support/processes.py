"""Running the project's modules as processes of their own."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from base64 import urlsafe_b64encode
from pathlib import Path

import msgspec

from haas.settings import Settings, WorkerSettings, database_variable
from ops.deployment_settings import DeploymentSettings

PROJECT = Path(__file__).parents[2]


def environment(settings: DeploymentSettings, kind: type[Settings]) -> dict[str, str]:
    """Return the variables with which a process of this kind runs under `settings`."""
    variables = {
        f"HAAS_{field.upper()}": str(value)
        for field, value in msgspec.structs.asdict(settings).items()
        if value not in (None, {}) and field not in ("master_key", "host_map", "nodes", "owner_nodes", "operator_nodes")
    }
    variables |= {database_variable(node): url for node, url in settings.nodes.items()}
    variables |= {database_variable(node, "owner"): url for node, url in settings.owner_nodes.items()}
    variables |= {database_variable(node, "operator"): url for node, url in settings.operator_nodes.items()}
    variables["HAAS_MASTER_KEY"] = urlsafe_b64encode(settings.master_key).decode()
    variables["HAAS_HOST_MAP"] = msgspec.json.encode(settings.host_map).decode()
    return kind.select(variables)


async def python(
    settings: DeploymentSettings,
    *arguments: str,
    kind: type[Settings] = WorkerSettings,
    stdout: int | None = None,
    stderr: int | None = None,
) -> Process:
    """Start a Python of the project under `settings`, for example with `-m workers.main`."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=PROJECT,
        env={**os.environ, **environment(settings, kind), "PYTHONPATH": f"{PROJECT / 'platform'}:{PROJECT}"},
        stdout=stdout,
        stderr=stderr,
    )
