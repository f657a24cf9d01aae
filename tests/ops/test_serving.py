"""The socket of the application, and mutual TLS between the proxy and an application on another machine."""

import os
import socket
import stat
from pathlib import Path

import pytest

from ops.serving import ServingError, bind_socket


def test_a_socket_is_for_its_owner_and_group(tmp_path: Path) -> None:
    path, before = tmp_path / "app", os.umask(0)
    try:
        with bind_socket(path) as bound:
            assert stat.S_IMODE(path.stat().st_mode) == 0o660
            bound.listen()
            with pytest.raises(ServingError, match="another process listens"):
                bind_socket(path)
        with bind_socket(path, group="nogroup" if os.geteuid() == 0 else None):
            pass  # the socket of a process that was killed is replaced
        assert os.umask(0) == 0
    finally:
        os.umask(before)


def test_what_is_no_socket_is_not_deleted(tmp_path: Path) -> None:
    path = tmp_path / "app"
    path.write_text("not a socket")
    with pytest.raises(ServingError, match="is not a socket"):
        bind_socket(path)
    assert path.read_text() == "not a socket"
    with pytest.raises(ServingError, match="cannot be used as the socket"):
        bind_socket(tmp_path / "socket", group="no-such-group")


def test_two_processes_have_two_sockets(tmp_path: Path) -> None:
    with bind_socket(tmp_path / "one") as one, bind_socket(tmp_path / "two") as two:
        assert one.getsockname() != two.getsockname()
        assert {one.family, two.family} == {socket.AF_UNIX}
