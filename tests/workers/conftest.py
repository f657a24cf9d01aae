import pytest
from sqlalchemy import delete

from haas.database import Database
from tenants.notices.tables import outbox
from tenants.registry.service import Registry
from tests.support.rows import execute


@pytest.fixture(autouse=True, scope="module")
async def _nothing_left_to_deliver(database: Database, registry: Registry) -> None:
    """Take away what other tests have left: schedulers and sweeps look at every tenant of the deployment."""
    for tenant in await registry.all():
        await execute(database, tenant, delete(outbox))
