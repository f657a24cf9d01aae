"""Each package comes from this repository, and no committed file names a package index."""

import importlib
import platform
import subprocess
import sysconfig
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = {
    "haas": ROOT / "platform" / "haas",
    **{name: ROOT / name for name in ("tenants", "apps", "themes", "workers", "ops")},
}
# Written in two parts, so that this file does not hold what it looks for.
INDEX_HOSTS = ["pypi" + ".org", "python" + "hosted.org", "npmjs" + ".org", "registry" + ".npmjs", "index" + "-url"]


def test_the_module_platform_is_that_of_the_standard_library() -> None:
    """A package called `platform` on the path would hide the module of the standard library."""
    assert platform.__file__ == str(Path(sysconfig.get_paths()["stdlib"]) / "platform.py")
    assert not (ROOT / "platform" / "__init__.py").exists()


@pytest.mark.parametrize("name", PACKAGES)
def test_each_package_comes_from_this_repository(name: str) -> None:
    """The names are common, so an installed distribution could contain a package with the same name."""
    spec = find_spec(name)
    assert spec
    assert spec.origin == str(PACKAGES[name] / "__init__.py")
    assert [Path(path) for path in spec.submodule_search_locations or ()] == [PACKAGES[name]]
    assert importlib.import_module(name).__file__ == spec.origin


@pytest.mark.parametrize("name", PACKAGES)
def test_every_folder_of_modules_is_a_package(name: str) -> None:
    """Without an `__init__.py` a folder's modules are found from the checkout and missing from a wheel."""
    folders = {file.parent for file in PACKAGES[name].rglob("*.py") if "versions" not in file.parts}
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_no_committed_file_names_a_package_index() -> None:
    """The lock file contains only hashes; the person who installs the packages chooses the index."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)  # noqa: S607 - git as the developer has it
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    found = []
    for name in filter(None, listed.stdout.decode().split("\0")):
        file = ROOT / name
        if not file.is_file():
            continue
        content = file.read_bytes()
        found += [f"{name}: {host}" for host in INDEX_HOSTS if host.encode() in content]
    assert found == []
