"""`.haas/settings.env`: the variables of the running stack, for its processes and for commands in another shell."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from ops.files import write_atomically

HEADER = "# Settings of the embedded stack, written at each start: `set -a; . settings.env` sets them in a shell.\n"


def write_settings(file: Path, variables: Mapping[str, str]) -> None:
    write_atomically(file, (HEADER + as_lines(variables)).encode())


def as_lines(variables: Mapping[str, str]) -> str:
    """Return variables as lines that a shell can read."""
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in sorted(variables.items()))


def read_settings(file: Path) -> dict[str, str]:
    """Return the variables in a settings file, or none if the file does not exist."""
    if not file.exists():
        return {}
    words = shlex.split(file.read_text(encoding="utf-8"), comments=True)
    return dict(word.split("=", 1) for word in words)
