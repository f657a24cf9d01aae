"""Programs inside installed wheels, found without importing the packages: some act on import, some lack type hints."""

import importlib.util
import platform
from pathlib import Path

from ops.stack.errors import StackError

_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


def package_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise StackError(
            f"the package {package} is not installed; `pip install 'holder-as-a-service[stack]'` brings it"
        )
    return Path(spec.origin).parent


def program(package: str, folder: str, name: str) -> Path:
    """The program built for this machine, `<package>/<folder>/<system>-<machine>/<name>`."""
    machine = platform.machine().lower()
    place = f"{platform.system().lower()}-{_MACHINES.get(machine, machine)}"
    path = package_folder(package) / folder / place / name
    if not path.exists():
        raise StackError(f"{package} brings no {name} for {place}; point the stack at a real server instead")
    return path
