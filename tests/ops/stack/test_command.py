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

from ops.stack.description import StackDescription, read_description
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

    async def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        assert self.process.stderr is not None
        self.said += (await asyncio.wait_for(self.process.stderr.read(), PATIENCE)).decode()
        return await asyncio.wait_for(self.process.wait(), PATIENCE)

    def description(self) -> StackDescription:
        return read_description(self.state / "stack.json")

    def processes(self) -> list[ProcessIdentity]:
        file = self.state / "run" / "processes.json"
        return list(msgspec.json.decode(file.read_bytes(), type=dict[str, ProcessIdentity]).values())


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
            await process.communicate()


async def test_the_stack_starts_again_after_a_crash_and_stops_at_ctrl_c(state: Path) -> None:
    async with up(state) as first:
        await first.until("Ctrl-C stops everything.")
        before = first.description()
        for tenant in before.tenants:
            assert f"{tenant.name:<16} {tenant.demonstration_login}" in first.said
        assert "the mailbox receives a one-time code" in first.said
        left = first.processes()
        assert left
        async with up(state) as second:
            assert await second.process.wait() == 1
            await second.until(f"a stack already runs on {state} (process {first.process.pid})")
        await first.end(signal.SIGKILL)
    assert all(runs(identity) for identity in left)
    async with up(state) as again:
        await again.until("Ctrl-C stops everything.")
        assert not any(runs(identity) for identity in left)
        after = again.description()
        assert after == before
        running = again.processes()
        assert await again.end(signal.SIGINT) == 0
        assert "Stopped." in again.said
    assert not any(runs(identity) for identity in running)
    assert not (state / "stack.json").exists()


async def test_a_signal_deploys_the_present_code(state: Path) -> None:
    async with up(state, "--workers", "2") as running:
        await running.until("Ctrl-C stops everything.")
        before = msgspec.json.decode((state / "run" / "processes.json").read_bytes(), type=dict[str, ProcessIdentity])
        running.process.send_signal(signal.SIGUSR1)
        await running.until("Deployed.")
        after = msgspec.json.decode((state / "run" / "processes.json").read_bytes(), type=dict[str, ProcessIdentity])
        restarted = {name for name in before if before[name] != after[name]}
        assert restarted == {"app", "app-2", "worker", "schedule", "provisioner"}
        assert all(runs(identity) for identity in after.values())
        assert not any(runs(before[name]) for name in restarted)
        assert await running.end(signal.SIGTERM) == 0


async def test_a_signal_during_the_start_stops_all_processes(state: Path) -> None:
    async with up(state) as starting:
        await starting.until("Valkey")
        running = starting.processes()
        assert await starting.end(signal.SIGTERM) == 0
    assert not any(runs(identity) for identity in running)


async def test_a_port_that_is_in_use_is_reported(state: Path) -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with up(state, "--port", str(port)) as refused:
        assert await refused.process.wait() == 1
        await refused.until(f"port {port} (https) is used by another program")
    server.close()
    await server.wait_closed()


async def test_the_stack_is_refused_in_production(state: Path) -> None:
    async with up(state, HAAS_ENVIRONMENT="production") as refused:
        assert await refused.process.wait() == 1
        await refused.until("HAAS_ENVIRONMENT=sandbox only")
    assert list(state.parent.iterdir()) == []


async def test_the_urls_of_only_some_database_logins_are_refused(state: Path) -> None:
    given = {"HAAS_DATABASE_URL": "postgresql://app@db/haas", "HAAS_OWNER_DATABASE_URL": "postgresql://owner@db/haas"}
    async with up(state, **given) as refused:
        assert await refused.process.wait() == 1
        await refused.until("a real PostgreSQL needs three logins: set HAAS_DATABASE_URL")


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
