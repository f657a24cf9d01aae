"""`haas up` as a person runs it: a process in the foreground, as an ordinary user if possible."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from ops.cli import main
from ops.demonstration import set_up_demonstration
from ops.stack.description import StackDescription, read_description
from ops.stack.embedded import running
from ops.stack.errors import StackError
from ops.stack.options import Options
from ops.stack.processes import ProcessIdentity, runs

REPOSITORY = Path(__file__).parents[3]
PATIENCE = 90


@cache
def ordinary_user() -> pwd.struct_passwd | None:
    """Return the user as which `haas up` is run in these tests, or None to run it as the present user.

    If root runs the tests, it is the user `nobody`, unless `nobody` cannot reach root's Python or this checkout.
    """
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    command = [sys.executable, "-c", f"open({__file__!r})"]
    try:
        tried = subprocess.run(command, check=False, user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[], cwd="/")  # noqa: S603
    except PermissionError:
        return None
    return nobody if tried.returncode == 0 else None


@pytest.fixture
def state() -> Iterator[Path]:
    """A folder of the user who runs `haas up`."""
    folder = Path(tempfile.mkdtemp(prefix="haas-up-"))
    if user := ordinary_user():
        os.chown(folder, user.pw_uid, user.pw_gid)
    yield folder / ".haas"
    shutil.rmtree(folder)


class Up:
    """A running `haas up`, and what it has printed."""

    def __init__(self, process: asyncio.subprocess.Process, state: Path) -> None:
        self.process = process
        self.state = state
        self.said = ""

    async def until(self, text: str) -> None:
        assert self.process.stderr is not None
        async with asyncio.timeout(PATIENCE):
            while text not in self.said:
                line = await self.process.stderr.readline()
                assert line, f"ended before it said {text!r}:\n{self.said}"
                self.said += line.decode()

    async def end(self, number: signal.Signals | None = None) -> int:
        """Send a signal if one is given, and return the exit code."""
        if number is not None:
            self.process.send_signal(number)
        assert self.process.stderr is not None
        self.said += (await asyncio.wait_for(self.process.stderr.read(), PATIENCE)).decode()
        return await asyncio.wait_for(self.process.wait(), PATIENCE)

    def description(self) -> StackDescription:
        return read_description(self.state / "stack.json")

    async def until_processes(self) -> dict[str, ProcessIdentity]:
        """Wait until the stack has recorded the first of its processes, and return those that it has recorded."""
        async with asyncio.timeout(PATIENCE):
            while not self._processes.exists():  # noqa: ASYNC110 - another process makes it
                await asyncio.sleep(0.02)
        return self.processes()

    @property
    def _processes(self) -> Path:
        return self.state / "run" / "processes.json"

    def processes(self) -> dict[str, ProcessIdentity]:
        file = self._processes
        return msgspec.json.decode(file.read_bytes(), type=dict[str, ProcessIdentity])


@asynccontextmanager
async def up(state: Path, *arguments: str, **variables: str) -> AsyncIterator[Up]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HAAS_")}
    user = ordinary_user()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ops.cli", "up", "--state", str(state), *arguments),
        stderr=asyncio.subprocess.PIPE,
        env={
            **environment,
            "HOME": str(state.parent),
            "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'platform'}",
            **variables,
        },
        cwd="/",
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
    )
    try:
        yield Up(process, state)
    finally:
        if process.returncode is None:
            process.terminate()
            await asyncio.wait_for(process.communicate(), PATIENCE)


async def test_the_stack_survives_interruptions_deploys_at_a_signal_and_stops_at_ctrl_c(state: Path) -> None:
    """One state folder: a start that is interrupted, a crash, a deploy, and Ctrl-C."""
    async with up(state) as starting:
        await starting.until("Valkey")
        started = await starting.until_processes()
        assert await starting.end(signal.SIGTERM) == 0
    assert not any(runs(identity) for identity in started.values())

    async with up(state) as first:
        await first.until("Ctrl-C stops everything.")
        before = first.description()
        for tenant in before.tenants:
            assert f"{tenant.name:<16} {tenant.demonstration_login}" in first.said
        assert "the mailbox receives a one-time code" in first.said
        left = first.processes()
        assert left
        async with up(state) as second:
            assert await second.end() == 1
            assert f"a stack already runs on {state} (process {first.process.pid})" in second.said
        await first.end(signal.SIGKILL)
    assert all(runs(identity) for identity in left.values())

    async with up(state, "--workers", "2") as again:
        await again.until("Ctrl-C stops everything.")
        assert not any(runs(identity) for identity in left.values())
        assert again.description() == before
        present = again.processes()
        again.process.send_signal(signal.SIGUSR1)
        await again.until("Deployed.")
        deployed = again.processes()
        restarted = {name for name in present if present[name] != deployed[name]}
        assert restarted == {"app", "app-2", "worker", "schedule", "provisioner"}
        assert all(runs(identity) for identity in deployed.values())
        assert not any(runs(present[name]) for name in restarted)
        assert await again.end(signal.SIGINT) == 0
        assert "Stopped." in again.said
    assert not any(runs(identity) for identity in deployed.values())
    assert not (state / "stack.json").exists()


async def test_a_port_that_is_in_use_is_reported(tmp_path: Path) -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(StackError, match=rf"port {port} \(https\) is used by another program"):
        async with running(Options(state=tmp_path / "state", port=port), set_up_demonstration):
            pass
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"HAAS_ENVIRONMENT": "production"}, "HAAS_ENVIRONMENT=sandbox only"),
        (
            {"HAAS_DATABASE_URL": "postgresql://app@db/haas", "HAAS_OWNER_DATABASE_URL": "postgresql://owner@db/haas"},
            "a real PostgreSQL needs three logins: set HAAS_DATABASE_URL",
        ),
    ],
)
def test_an_environment_that_does_not_fit_is_refused(tmp_path: Path, variables: dict[str, str], said: str) -> None:
    refused = CliRunner().invoke(main, ["up", "--state", str(tmp_path / "state")], env=variables)
    assert refused.exit_code == 1
    assert said in refused.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("filled", [False, True])
async def test_a_full_disk_is_reported_in_one_sentence(tmp_path: Path, *, filled: bool) -> None:
    """The disk has 16 MB. In the first case some of them are free; in the second case no byte can be written."""
    disk = tmp_path / "disk"
    disk.mkdir()
    fill = f"head --bytes=20M /dev/zero 2>/dev/null >{disk}/filling;" if filled else ""
    start = f'{fill} exec "{sys.executable}" -m ops.cli up --state {disk}/.haas'
    done = await in_own_mounts(f"mount -t tmpfs -o size=16m none {disk} && {{ {start}; }}")
    assert done.returncode == 1
    said = done.stderr.decode()
    assert f"Error: the disk of {disk}/.haas is full" in said
    assert "--state" in said
    assert len(said.splitlines()) <= 3, said
    assert "Traceback" not in said


async def in_own_mounts(script: str) -> subprocess.CompletedProcess[bytes]:
    """Run a shell script that may mount file systems. Only the processes of the script see them."""
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    if shutil.which("unshare") is None or subprocess.run([*unshare, "true"], check=False).returncode != 0:  # noqa: ASYNC221, S603
        pytest.skip("the tests may not mount a file system on this machine: THE FULL DISK WAS NOT TESTED")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HAAS_")}
    process = await asyncio.create_subprocess_exec(
        *(*unshare, "sh", "-c", script),
        stderr=asyncio.subprocess.PIPE,
        env={**environment, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'platform'}"},
    )
    _, stderr = await asyncio.wait_for(process.communicate(), PATIENCE)
    return subprocess.CompletedProcess(script, process.returncode or 0, b"", stderr)
