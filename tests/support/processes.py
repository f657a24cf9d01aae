"""Running the project's modules as processes of their own."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from base64 import urlsafe_b64encode
from pathlib import Path

import msgspec

from haas.settings import Settings, database_variable

PROJECT = Path(__file__).parents[2]


def environment(settings: Settings) -> dict[str, str]:
    """Return the variables that make a process run under `settings`."""
    variables = {
        f"HAAS_{field.upper()}": str(value)
        for field, value in msgspec.structs.asdict(settings).items()
        if value not in (None, {}) and field not in ("master_key", "host_map", "nodes")
    }
    for node, address in settings.nodes.items():
        variables[database_variable(node)] = address.url
        variables[database_variable(node, owner=True)] = address.owner_url
    variables["HAAS_MASTER_KEY"] = urlsafe_b64encode(settings.master_key).decode()
    variables["HAAS_HOST_MAP"] = msgspec.json.encode(settings.host_map).decode()
    return variables


async def python(settings: Settings, *arguments: str, stdout: int | None = None, stderr: int | None = None) -> Process:
    """Start a Python of the project under `settings`, for example with `-m workers.main`."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=PROJECT,
        env={**os.environ, **environment(settings), "PYTHONPATH": f"{PROJECT / 'platform'}:{PROJECT}"},
        stdout=stdout,
        stderr=stderr,
    )
