"""Processor time and memory of the processes of a stack and their descendants, read from /proc."""

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

_PROC: Final = Path("/proc")
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PARENT, _USER, _SYSTEM = 1, 11, 12
_KIB_PER_MIB: Final = 1024
_SECONDS_BETWEEN_READINGS: Final = 0.05


class Process(msgspec.Struct, frozen=True):
    """A process: the pid of its parent, and the processor time that it has used, in seconds."""

    parent: int
    cpu: float


def cpu_seconds(roots: Mapping[str, int]) -> dict[str, float]:
    """Return the processor time in seconds that each process (name → pid) and its descendants have used so far."""
    processes = _processes()
    return {
        name: sum(processes[pid].cpu for pid in _descendants(root, processes) if pid in processes)
        for name, root in roots.items()
    }


def memory_mib(roots: Mapping[str, int]) -> dict[str, float]:
    """Return the memory of each process and its descendants in MiB, as proportional set size (Pss)."""
    processes = _processes()
    return {
        name: sum(_proportional_kib(pid) for pid in _descendants(root, processes)) / _KIB_PER_MIB
        for name, root in roots.items()
    }


@contextmanager
def highest_memory_mib(roots: Mapping[str, int]) -> Iterator[dict[str, float]]:
    """Yield a dictionary that has, after the block, the highest memory of each process during the block.

    The memory is read twenty times in a second.
    """
    highest = memory_mib(roots)
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(_SECONDS_BETWEEN_READINGS):
            for name, mib in memory_mib(roots).items():
                highest[name] = max(highest[name], mib)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield highest
    finally:
        ended.set()
        watching.join()


def descendants(root: int) -> list[int]:
    """Return the pids of a process and its descendants."""
    return list(_descendants(root, _processes()))


def own_cpu_seconds() -> float:
    """Return the processor time in seconds that this process has used so far."""
    return _processes()[os.getpid()].cpu


def _processes() -> dict[int, Process]:
    found = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            try:
                text = (entry / "stat").read_text(encoding="utf-8", errors="replace")
            except (FileNotFoundError, ProcessLookupError):
                continue  # the process has ended
            # The command is in brackets and may itself contain spaces and brackets, so count from the last bracket.
            fields = text.rpartition(")")[2].split()
            cpu = (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS
            found[int(entry.name)] = Process(parent=int(fields[_PARENT]), cpu=cpu)
    return found


def _descendants(root: int, processes: Mapping[int, Process]) -> Iterable[int]:
    """Return the pids of a process and its descendants, by parent pid: PostgreSQL's children have other sessions."""
    found, generation = [root], {root}
    while generation:
        generation = {pid for pid, process in processes.items() if process.parent in generation}
        found.extend(generation)
    return found


def _proportional_kib(pid: int) -> int:
    try:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text(encoding="ascii").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
