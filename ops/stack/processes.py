"""Identifies a process by pid and start time, because the pid of an ended process can be given to another process."""

import os
import select
import signal
from collections.abc import Iterator
from pathlib import Path

import msgspec

PROC = Path("/proc")


class ProcessIdentity(msgspec.Struct, frozen=True):
    """A process: its pid, its start in clock ticks after the boot (/proc/<pid>/stat field 22), and the boot id."""

    pid: int
    started: int
    boot: str


class _Stat(msgspec.Struct, frozen=True):
    state: str
    session: int
    started: int


def _stat(pid: int) -> _Stat | None:
    try:
        text = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command is in brackets and may itself contain spaces and brackets, so count from the last bracket.
    fields = text.rpartition(")")[2].split()
    return _Stat(state=fields[0], session=int(fields[3]), started=int(fields[19]))


def _boot() -> str:
    return (PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def identify(pid: int) -> ProcessIdentity | None:
    """Return the identity of a running process, or None if there is no such process."""
    stat = _stat(pid)
    return None if stat is None else ProcessIdentity(pid=pid, started=stat.started, boot=_boot())


def runs(identity: ProcessIdentity) -> bool:
    """Return whether the same process still runs. A zombie does not run."""
    stat = _stat(identity.pid)
    return stat is not None and stat.state not in "ZX" and stat.started == identity.started and identity.boot == _boot()


def _session_members(identity: ProcessIdentity) -> Iterator[ProcessIdentity]:
    """Yield the processes in the session of a stack process, which is the leader of the session."""
    if identity.boot != _boot():
        return
    leader = _stat(identity.pid)
    if leader is not None and leader.started != identity.started:
        return  # another process has the pid now
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        stat = _stat(int(entry.name))
        if stat is not None and stat.session == identity.pid and stat.state not in "ZX":
            yield ProcessIdentity(pid=int(entry.name), started=stat.started, boot=identity.boot)


def _send(identity: ProcessIdentity, number: signal.Signals) -> int | None:
    """Send a signal to this process. Return an open pidfd to wait for its end, or None if it has ended."""
    try:
        descriptor = os.pidfd_open(identity.pid)
    except ProcessLookupError:
        return None
    if not runs(identity):
        os.close(descriptor)
        return None
    try:
        signal.pidfd_send_signal(descriptor, number)
    except ProcessLookupError:
        os.close(descriptor)
        return None
    return descriptor


def stop(identity: ProcessIdentity, number: signal.Signals, timeout: float) -> bool:
    """Signal a process, which need not be a child, and return whether it ended within `timeout` seconds."""
    descriptor = _send(identity, number)
    if descriptor is None:
        return True
    try:
        return bool(select.select([descriptor], [], [], timeout)[0])
    finally:
        os.close(descriptor)


def stop_session(identity: ProcessIdentity, number: signal.Signals = signal.SIGTERM, timeout: float = 10.0) -> int:
    """Stop a session: its leader with signal `number`, the others with SIGKILL. Return the number of processes."""
    members = list(_session_members(identity))
    if members:
        stop(identity, number, timeout)
        for member in _session_members(identity):
            stop(member, signal.SIGKILL, timeout)
    return len(members)
