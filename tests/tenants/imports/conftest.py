"""An importer of files into a tenant of its own."""

from pathlib import Path
from typing import Any

import pytest

from haas.database import Database
from tenants.registry.models import Tenant
from tests.support.import_files import FileImporter


@pytest.fixture
def files(database: Database, clock: Any, tenant: Tenant, tmp_path: Path) -> FileImporter:
    return FileImporter(database, clock.now(), tenant, tmp_path)
