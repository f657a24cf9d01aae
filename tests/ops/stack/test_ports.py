"""Ports are chosen once and stored; a stored port that is in use is an error."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.stack.errors import StackError
from ops.stack.ports import Ports


@pytest.fixture
def occupied() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_is_chosen_once_and_stored(tmp_path: Path) -> None:
    first = Ports(tmp_path / "ports.json").obtain("https")
    assert Ports(tmp_path / "ports.json").obtain("https") == first
    assert Ports(tmp_path / "ports.json").obtain("control") != first


def test_the_preferred_port_is_used_if_it_is_free(tmp_path: Path, occupied: int) -> None:
    free = Ports(tmp_path / "other.json").obtain("https")
    assert Ports(tmp_path / "one.json").obtain("https", free) == free
    assert Ports(tmp_path / "two.json").obtain("https", occupied) != occupied


def test_a_stored_port_that_is_in_use_is_reported_with_what_to_do(tmp_path: Path, occupied: int) -> None:
    (tmp_path / "ports.json").write_text(f'{{"https": {occupied}}}')
    with pytest.raises(StackError, match=rf"port {occupied} \(https\) is used .*\n.*ss -ltnp") as refused:
        Ports(tmp_path / "ports.json").obtain("https")
    assert "--fresh` uses other ports but deletes everything" in str(refused.value)
    assert "--state" in str(refused.value)


def test_a_requested_port_that_is_in_use_is_refused(tmp_path: Path, occupied: int) -> None:
    with pytest.raises(StackError, match="is used") as refused:
        Ports(tmp_path / "ports.json").obtain("https", occupied, required=True)
    assert "--fresh" not in str(refused.value), "another --port is enough where nothing is stored yet"
    assert not (tmp_path / "ports.json").exists()


def test_a_stored_port_cannot_be_changed(tmp_path: Path) -> None:
    ports = Ports(tmp_path / "ports.json")
    kept = ports.obtain("https")
    with pytest.raises(StackError, match=f"port is {kept} and its issuers contain it") as refused:
        ports.obtain("https", kept + 1, required=True)
    assert "deletes everything" in str(refused.value)
