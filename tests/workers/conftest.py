import pytest
from sqlalchemy import delete

from haas.database import Database
from tenants.notices.tables import outbox
from tenants.registry.service import Registry
from tests.support.rows import execute


@pytest.fixture(autouse=True, scope="module")
async def _delete_all_notices(database: Database, registry: Registry) -> None:
    """Delete the notices of other tests: schedulers and sweeps deliver those of every tenant."""
    for tenant in await registry.all():
        await execute(database, tenant, delete(outbox))
