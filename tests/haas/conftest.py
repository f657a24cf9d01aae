"""Fixtures for tests of outbound requests."""

import pytest

from tests.haas.tls_server import TestAuthority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> TestAuthority:
    return TestAuthority(tmp_path_factory.mktemp("authority"))
