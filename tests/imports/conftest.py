"""The small file of the Data Standards Body's kind, for the tests of this folder."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def dsb() -> ModuleType:
    """The module that makes such files."""
    path = Path(__file__).parent / "dsb.py"
    spec = importlib.util.spec_from_file_location("tests_imports_dsb", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
