"""PostgreSQL's own programs, and how they connect: by variables, because other users can read a command line."""

import asyncio
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from ops.backup.errors import BackupError

_SHOWN: Final = 2_000
_VERSION: Final = re.compile(r"\(PostgreSQL\) (\d+)")
_FROM_QUERY: Final = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}


class Programs(msgspec.Struct, frozen=True):
    """The paths of programs of one major version."""

    paths: dict[str, Path]
    version: int

    @classmethod
    async def find(cls, folder: Path | None, *names: str) -> "Programs":
        """Return the programs in `folder`, or those in PATH. Raise BackupError."""
        paths, versions = {}, {}
        for name in names:
            path = shutil.which(name, path=None if folder is None else str(folder))
            if path is None:
                raise BackupError(
                    f"{name} of PostgreSQL was not found in {folder or 'PATH'}: install PostgreSQL's client programs,"
                    " or name their folder with HAAS_POSTGRES_PROGRAMS"
                )
            paths[name] = Path(path)
            done = await asyncio.to_thread(
                subprocess.run, [path, "--version"], capture_output=True, text=True, check=False
            )
            found = _VERSION.search(done.stdout)
            if found is None:
                raise BackupError(f"{path} does not say its version: {done.stderr.strip()[:_SHOWN]}")
            versions[name] = int(found[1])
        if len(set(versions.values())) != 1:
            raise BackupError(f"the programs of PostgreSQL have several versions: {versions}")
        return cls(paths, versions[names[0]])

    def require_version(self, server: int, node: str) -> None:
        """Raise BackupError unless the server has the same major version: other pairs can fail half way."""
        if server != self.version:
            raise BackupError(
                f"the programs are of PostgreSQL {self.version} and the server of the node {node} is {server}: use"
                " those of the same version"
            )


def connection_variables(url: str) -> dict[str, str]:
    """Return the variables with which a program of PostgreSQL connects to `url`, and no other variable of HAAS."""
    parts = urlsplit(url)
    values = {
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port or ""),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path.removeprefix("/")),
    }
    for name, value in parse_qsl(parts.query):
        if name not in _FROM_QUERY:
            raise BackupError(f"the URL of the database has the parameter {name!r}, which backups do not know")
        values[_FROM_QUERY[name]] = value
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    return {**kept, "PGAPPNAME": "haas-backup", **{name: value for name, value in values.items() if value}}


def message(stderr: bytes) -> str:
    """Return the end of what a program wrote to its standard error."""
    return stderr.decode("utf-8", "replace").strip()[-_SHOWN:]
