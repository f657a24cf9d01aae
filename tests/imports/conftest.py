"""The small file of the Data Standards Body's kind, for the tests of this folder."""

from types import ModuleType

import pytest

import tests.support.dsb


@pytest.fixture(scope="session")
def dsb() -> ModuleType:
    """The module that makes such files."""
    return tests.support.dsb
