"""The supervisor: restarts, order of stopping, remaining processes, its lock, and its errors."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import ops.stack.process_supervisor
from ops.stack.errors import ProcessFailed, StackError
from ops.stack.folder import MARKER, StateFolder
from ops.stack.processes import identify, runs
from ops.stack.supervisor import Supervisor
from ops.stack.unprivileged import proxy_account
from tests.ops.stack.scripts import SERVE, Script

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[StateFolder]:
    folder = StateFolder(tmp_path / "state")
    folder.open()
    folder.prepare()
    yield folder
    folder.close()


async def test_a_process_that_is_killed_is_started_again(folder: StateFolder, caplog: pytest.LogCaptureFixture) -> None:
    async with Supervisor(folder) as supervisor:
        server = Script("server", SERVE, folder.run)
        await supervisor.start(server)
        first = supervisor.processes()["server"]
        await supervisor.process("server").kill()
        await asyncio.wait_for(supervisor.process("server").until_ready(), 10)
        second = supervisor.processes()["server"]
        assert second != first
        assert server.prepared == 2
        assert supervisor.process("server").restarts == 1
        ended = next(record for record in caplog.records if record.message == "process.ended")
        assert (vars(ended)["process_name"], vars(ended)["end"]) == ("server", "signal SIGKILL")
    assert identify(second) is None


async def test_a_process_ends_in_order_before_it_is_started_again(folder: StateFolder) -> None:
    ended = folder.run / "ended"
    code = (
        "import pathlib, signal, sys;"
        f"signal.signal(signal.SIGTERM, lambda *_: (pathlib.Path({str(ended)!r}).touch(), sys.exit(0)));{SERVE}"
    )
    async with Supervisor(folder) as supervisor:
        server = Script("server", code, folder.run)
        await supervisor.start(server)
        first = supervisor.processes()["server"]
        await supervisor.process("server").restart()
        assert ended.exists()
        assert identify(first) is None
        assert server.prepared == 2
        # It is supervised as before.
        await supervisor.process("server").kill()
        await asyncio.wait_for(supervisor.process("server").until_ready(), 10)
        assert server.prepared == 3


async def test_a_process_that_cannot_be_started_again_is_reported_and_tried_again(folder: StateFolder) -> None:
    broken = folder.run / "broken"
    code = f"import pathlib, sys; pathlib.Path({str(broken)!r}).exists() and sys.exit(5); {SERVE}"
    async with Supervisor(folder) as supervisor:
        await supervisor.start(Script("server", code, folder.run))
        broken.touch()
        with pytest.raises(ProcessFailed, match="exit code 5"):
            await supervisor.process("server").restart()
        broken.unlink()
        await asyncio.wait_for(supervisor.process("server").until_ready(), 10)


async def test_a_process_that_does_not_respond_is_killed_and_started_again(
    folder: StateFolder, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hanging(Script):
        asked = 0

        async def responds(self) -> bool:
            """The first process misses one check, responds once, and then hangs."""
            self.asked += 1
            return self.prepared > 1 or self.asked == 2

    monkeypatch.setattr(ops.stack.process_supervisor, "SECONDS_BETWEEN_CHECKS", 0.01)
    async with Supervisor(folder) as supervisor:
        server = Hanging("server", f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SERVE}", folder.run)
        server.stop_timeout = 0.2
        await supervisor.start(server)
        first = supervisor.processes()["server"]
        async with asyncio.timeout(10):
            while supervisor.processes()["server"] == first:  # noqa: ASYNC110 - the supervisor restarts it
                await asyncio.sleep(0.01)
        await asyncio.wait_for(supervisor.process("server").until_ready(), 10)
        assert server.asked >= 2 + ops.stack.process_supervisor.MISSED_CHECKS
        assert identify(first) is None
    assert [record.message for record in caplog.records][:2] == ["process.hung", "process.ended"]


async def test_a_failed_restart_is_tried_again_until_it_succeeds(folder: StateFolder) -> None:
    attempts = folder.run / "attempts"
    code = (
        f"import pathlib, sys; attempts = pathlib.Path({str(attempts)!r});"
        "count = len(attempts.read_text()) if attempts.exists() else 0; attempts.write_text('x' * (count + 1));"
        "count in (1, 2) and sys.exit(5);"
    )
    async with Supervisor(folder) as supervisor:
        await supervisor.start(Script("server", code + SERVE, folder.run))
        supervised = supervisor.process("server")
        await supervised.kill()
        await asyncio.wait_for(supervised.until_ready(), 10)
        assert supervised.restarts == 3


async def test_processes_are_stopped_in_the_reverse_order_of_their_start(folder: StateFolder) -> None:
    log = folder.run / "order"
    code = (
        "import pathlib, signal, sys;"
        f"log = open({str(log)!r}, 'a');"
        "end = lambda *_: (log.write(pathlib.Path(sys.argv[1]).stem + ' '), log.close(), sys.exit(0));"
        "signal.signal(signal.SIGTERM, end); pathlib.Path(sys.argv[1]).touch(); signal.pause()"
    )
    async with Supervisor(folder) as supervisor:
        for name in ("one", "two", "three"):
            await supervisor.start(Script(name, code, folder.run))
    assert log.read_text() == "three two one "


async def test_the_error_of_a_failed_process_contains_the_end_of_its_log(folder: StateFolder) -> None:
    async with Supervisor(folder) as supervisor:
        with pytest.raises(ProcessFailed) as caught:
            await supervisor.start(Script("server", "import sys; print('the reason'); sys.exit(3)", folder.run))
    message = str(caught.value)
    assert "server failed: it ended with exit code 3" in message
    assert "the reason" in message
    assert str(folder.logs / "server.log") in message


async def test_a_process_that_is_not_ready_in_time_is_stopped_and_reported(folder: StateFolder) -> None:
    async with Supervisor(folder) as supervisor:
        with pytest.raises(ProcessFailed, match=r"server failed: it was not ready after 0\.3 s"):
            await supervisor.start(Script("server", "import signal; signal.pause()", folder.run, start_timeout=0.3))
        assert identify(supervisor.processes()["server"]) is None


async def test_a_failed_process_stops_the_others_that_start_together_with_it(folder: StateFolder) -> None:
    async with Supervisor(folder) as supervisor:
        slow = Script("slow", "import signal; signal.pause()", folder.run, start_timeout=60)
        with pytest.raises(ProcessFailed, match="bad failed"):
            await supervisor.start_together(slow, Script("bad", "import sys; sys.exit(1)", folder.run))
        assert identify(supervisor.processes()["slow"]) is None


async def test_processes_do_not_inherit_settings_of_another_deployment(
    folder: StateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAAS_DATABASE_URL", "postgresql://elsewhere")
    code = f"import os; assert 'HAAS_DATABASE_URL' not in os.environ; {SERVE}"
    async with Supervisor(folder) as supervisor:
        await supervisor.start(Script("server", code, folder.run))


async def test_a_process_that_ignores_sigterm_is_killed(folder: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Script, "stop_timeout", 0.2)
    code = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SERVE}"
    async with Supervisor(folder) as supervisor:
        await supervisor.start(Script("server", code, folder.run))
        pid = supervisor.processes()["server"]
    assert identify(pid) is None


async def test_an_unexpected_error_of_a_restart_is_logged_and_the_restart_is_repeated(
    folder: StateFolder, caplog: pytest.LogCaptureFixture
) -> None:
    class FailingOnce(Script):
        async def prepare(self) -> None:
            await super().prepare()
            if self.prepared == 2:
                raise ZeroDivisionError

    async with Supervisor(folder) as supervisor:
        await supervisor.start(FailingOnce("server", SERVE, folder.run))
        supervised = supervisor.process("server")
        await supervised.kill()
        await asyncio.wait_for(supervised.until_ready(), 10)
        assert supervised.restarts == 2
    assert "process.not_started" in caplog.text


def leave_behind(root: Path) -> tuple[subprocess.Popen[str], int, int]:
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'platform'}"}
    command = [sys.executable, "-m", "tests.ops.stack.leave_behind", str(root)]
    supervisor = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        command, stdout=subprocess.PIPE, text=True, env=environment, cwd=REPOSITORY
    )
    assert supervisor.stdout is not None
    parent, child = map(int, supervisor.stdout.readline().split())
    return supervisor, parent, child


async def test_processes_of_a_killed_supervisor_are_stopped_by_the_next_one(tmp_path: Path) -> None:
    root = tmp_path / "state"
    supervisor, *pids = await asyncio.to_thread(leave_behind, root)
    left = [identity for pid in pids if (identity := identify(pid))]
    with supervisor:
        supervisor.kill()
    assert [runs(identity) for identity in left] == [True, True]
    folder = StateFolder(root)
    folder.open()
    async with Supervisor(folder):
        assert [runs(identity) for identity in left] == [False, False]
    folder.close()


async def test_the_child_of_a_killed_process_is_stopped_by_the_next_supervisor(tmp_path: Path) -> None:
    """For example the workers of nginx, if its master process was killed together with the supervisor."""
    root = tmp_path / "state"
    supervisor, parent, child = await asyncio.to_thread(leave_behind, root)
    left = identify(child)
    assert left is not None
    with supervisor:
        supervisor.kill()
    os.kill(parent, signal.SIGKILL)
    folder = StateFolder(root)
    folder.open()
    async with Supervisor(folder):
        assert not runs(left)
    folder.close()


async def test_another_process_with_a_reused_pid_is_not_stopped(folder: StateFolder) -> None:
    stranger = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "import signal; signal.pause()", start_new_session=True
    )
    identity = identify(stranger.pid)
    assert identity is not None
    earlier = msgspec.structs.replace(identity, started=identity.started - 1)
    (folder.run / "processes.json").write_bytes(msgspec.json.encode({"server": earlier}))
    async with Supervisor(folder):
        assert runs(identity)
    stranger.kill()
    await stranger.wait()


async def test_a_process_recorded_before_a_reboot_is_not_stopped(folder: StateFolder) -> None:
    identity = identify(os.getpid())
    assert identity is not None
    earlier = msgspec.structs.replace(identity, boot="another")
    (folder.run / "processes.json").write_bytes(msgspec.json.encode({"server": earlier}))
    async with Supervisor(folder):
        assert runs(identity)


def test_a_state_folder_in_use_cannot_be_opened(folder: StateFolder) -> None:
    with pytest.raises(StackError, match=rf"a stack already runs on .* \(process {os.getpid()}\)"):
        StateFolder(folder.root).open()


def test_a_folder_with_other_files_is_refused_as_state_folder(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    with pytest.raises(StackError, match="not a state folder of this program"):
        StateFolder(tmp_path).open()
    assert (tmp_path / "precious").read_text() == "mine"


def test_emptying_the_state_folder_deletes_nothing_outside_it(folder: StateFolder) -> None:
    beside = folder.root.parent / "beside"
    beside.mkdir()
    (beside / "file").touch()
    (folder.run / "link").symlink_to(beside)
    (folder.root / "link").symlink_to(beside)
    sockets = folder.sockets()
    folder.empty()
    assert {entry.name for entry in folder.root.iterdir()} == {MARKER, "lock"}
    assert (beside / "file").exists()
    assert not sockets.exists()


def test_the_socket_folder_is_private_has_a_short_path_and_is_reused(folder: StateFolder) -> None:
    sockets = folder.sockets()
    assert sockets.stat().st_mode & 0o777 == (0o700 if proxy_account() is None else 0o750)
    assert len(str(sockets)) < 60
    assert folder.sockets() == sockets
    sockets.chmod(0o755)
    assert folder.sockets() != sockets
    sockets.rmdir()
    folder.discard_sockets()


def test_a_state_folder_with_screenshots_of_the_tests_can_be_opened(tmp_path: Path) -> None:
    """The browser tests keep their screenshots in `.haas/screenshots`."""
    (tmp_path / ".haas" / "screenshots").mkdir(parents=True)
    folder = StateFolder(tmp_path / ".haas")
    folder.open()
    assert (folder.root / MARKER).exists()
    folder.close()
