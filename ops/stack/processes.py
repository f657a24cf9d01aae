"""Identifies a process by pid and start time, so that a reused pid is never taken for one of the stack's processes."""

import os
import select
import signal
from collections.abc import Iterator
from pathlib import Path

import msgspec

PROC = Path("/proc")


class ProcessIdentity(msgspec.Struct, frozen=True):
    """A process of this boot: its pid and when it started (clock ticks since the boot, /proc/<pid>/stat field 22)."""

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
    # The command stands in brackets and may hold blanks and brackets itself, so count from the last one.
    fields = text.rpartition(")")[2].split()
    return _Stat(state=fields[0], session=int(fields[3]), started=int(fields[19]))


def _boot() -> str:
    return (PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def identify(pid: int) -> ProcessIdentity | None:
    """The identity of a process that runs now; None when there is none."""
    stat = _stat(pid)
    return None if stat is None else ProcessIdentity(pid=pid, started=stat.started, boot=_boot())


def runs(identity: ProcessIdentity) -> bool:
    """Whether this very process still runs (a zombie does not)."""
    stat = _stat(identity.pid)
    return stat is not None and stat.state not in "ZX" and stat.started == identity.started and identity.boot == _boot()


def _session_members(identity: ProcessIdentity) -> Iterator[ProcessIdentity]:
    """Yield what runs in the session of a stack process, itself included. Each leads a session of its own."""
    if identity.boot != _boot():
        return
    leader = _stat(identity.pid)
    if leader is not None and leader.started != identity.started:
        return  # the pid belongs to somebody else by now
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        stat = _stat(int(entry.name))
        if stat is not None and stat.session == identity.pid and stat.state not in "ZX":
            yield ProcessIdentity(pid=int(entry.name), started=stat.started, boot=identity.boot)


def _send(identity: ProcessIdentity, number: signal.Signals) -> int | None:
    """Signal exactly this process; the open pidfd to wait on, or None when it is gone."""
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


def stop(identity: ProcessIdentity, number: signal.Signals, patience: float) -> bool:
    """Ask a process that is not our child to end and wait; whether it did within `patience` seconds."""
    descriptor = _send(identity, number)
    if descriptor is None:
        return True
    try:
        return bool(select.select([descriptor], [], [], patience)[0])
    finally:
        os.close(descriptor)


def stop_session(identity: ProcessIdentity, number: signal.Signals = signal.SIGTERM, patience: float = 10.0) -> int:
    """Stop a process and everything it started: the leader by `number`, the rest by SIGKILL. Return their number."""
    members = list(_session_members(identity))
    if members:
        stop(identity, number, patience)
        for member in _session_members(identity):
            stop(member, signal.SIGKILL, patience)
    return len(members)
