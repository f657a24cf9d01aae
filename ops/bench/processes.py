"""Processor time and memory of the processes of a stack and their descendants, read from /proc."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

_PROC: Final = Path("/proc")
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PARENT, _USER, _SYSTEM = 1, 11, 12
_KIB_PER_MIB: Final = 1024


class Process(msgspec.Struct, frozen=True):
    """One process as it is now."""

    parent: int
    cpu: float


def cpu_seconds(roots: Mapping[str, int]) -> dict[str, float]:
    """Return the processor time in seconds that each process (name → pid) and its descendants have used so far."""
    processes = _processes()
    return {
        name: sum(processes[pid].cpu for pid in _family(root, processes) if pid in processes)
        for name, root in roots.items()
    }


def memory_mib(roots: Mapping[str, int]) -> dict[str, float]:
    """Return the memory of each process and its descendants in MiB; shared pages count in proportion (Pss)."""
    processes = _processes()
    return {
        name: sum(_proportional_kib(pid) for pid in _family(root, processes)) / _KIB_PER_MIB
        for name, root in roots.items()
    }


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
                continue  # ended meanwhile
            # The command stands in brackets and may hold blanks and brackets itself, so count from the last one.
            fields = text.rpartition(")")[2].split()
            cpu = (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS
            found[int(entry.name)] = Process(parent=int(fields[_PARENT]), cpu=cpu)
    return found


def _family(root: int, processes: Mapping[int, Process]) -> Iterable[int]:
    """Return a process and its descendants, by parent pids: PostgreSQL's children lead sessions of their own."""
    family, generation = [root], {root}
    while generation:
        generation = {pid for pid, process in processes.items() if process.parent in generation}
        family.extend(generation)
    return family


def _proportional_kib(pid: int) -> int:
    try:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text(encoding="ascii").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
