"""What the parts of a stack use, from /proc: processor time and memory of each part and everything it started."""

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


def cpu_seconds(parts: Mapping[str, int]) -> dict[str, float]:
    """The processor time that each part (name → pid) has used so far, its descendants' included."""
    processes = _processes()
    return {
        name: sum(processes[pid].cpu for pid in _family(root, processes) if pid in processes)
        for name, root in parts.items()
    }


def memory_mib(parts: Mapping[str, int]) -> dict[str, float]:
    """The memory that each part has to itself, in MiB: shared pages are divided among those who share them."""
    processes = _processes()
    return {
        name: sum(_proportional_kib(pid) for pid in _family(root, processes)) / _KIB_PER_MIB
        for name, root in parts.items()
    }


def own_cpu_seconds() -> float:
    """The processor time that this process has used so far."""
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
    """A process and its descendants: PostgreSQL's children lead sessions of their own, so that only parents tell."""
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
