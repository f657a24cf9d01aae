"""The socket of one application process: who may connect, and that no process takes it away from another one."""

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ops.serving.application_socket import application_socket
from ops.serving.errors import ServingError


def test_a_socket_is_for_its_owner_and_group(tmp_path: Path) -> None:
    path, before = tmp_path / "app", os.umask(0)
    try:
        with application_socket([path], group="nogroup" if os.geteuid() == 0 else None):
            assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert not path.exists()
        assert os.umask(0) == 0
    finally:
        os.umask(before)


def test_a_socket_of_a_process_that_has_not_begun_to_listen_is_not_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "app"
    with application_socket([path]) as made:
        inode = path.stat().st_ino
        with pytest.raises(ServingError, match="another process serves"), application_socket([path]):
            pass
        assert path.stat().st_ino == inode
        made.withdraw()
        # It still finishes its requests.
        with pytest.raises(ServingError, match="another process serves"), application_socket([path]):
            pass


def test_a_socket_of_a_process_that_does_not_use_the_lock_is_not_taken_away(tmp_path: Path) -> None:
    """For example one of the release before."""
    path = tmp_path / "app"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.bind(str(path))
        other.listen(0)
        with pytest.raises(ServingError, match="another process serves"), application_socket([path]):
            pass
        # It does not accept what waits in its queue, until the queue is full.
        waiting = []
        while True:
            waiting.append(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            waiting[-1].setblocking(False)
            if waiting[-1].connect_ex(str(path)):
                break
        with pytest.raises(ServingError, match="another process serves"), application_socket([path]):
            pass
        for each in waiting:
            each.close()


def test_the_socket_of_a_killed_process_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "app"
    code = (
        "import os, pathlib, signal, sys; from ops.serving.application_socket import application_socket\n"
        "with application_socket([pathlib.Path(sys.argv[1])]): os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(path)], check=False)  # noqa: S603 - our own code
    assert killed.returncode == -9
    assert path.exists()
    with application_socket([path]) as made:
        made.bound.listen()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.connect(str(path))


def test_the_first_free_one_of_several_sockets_is_taken(tmp_path: Path) -> None:
    paths = [tmp_path / "app-1", tmp_path / "app-2"]
    with application_socket(paths) as first:
        with application_socket(paths) as second:
            assert [first.path, second.path] == paths
            with pytest.raises(ServingError, match=r"app-1 and at .*app-2"), application_socket(paths):
                pass
        with application_socket(paths) as again:
            assert again.path == paths[1]


def test_what_is_no_socket_is_not_deleted(tmp_path: Path) -> None:
    path = tmp_path / "app"
    path.write_text("not a socket")
    with pytest.raises(ServingError, match="is not a socket"), application_socket([path]):
        pass
    assert path.read_text() == "not a socket"
    with (
        pytest.raises(ServingError, match="cannot be used as the socket"),
        application_socket([tmp_path / "socket"], "no-such-group"),
    ):
        pass
    with (
        pytest.raises(ServingError, match="cannot be used as the socket"),
        application_socket([tmp_path / "no" / "app"]),
    ):
        pass
