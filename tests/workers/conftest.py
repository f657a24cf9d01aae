import pytest
from sqlalchemy import delete

from haas.database import Database
from tenants.notices.tables import outbox
from tenants.registry.service import Registry
from tests.workers.fixtures import https, https_identity, mail, outbound

__all__ = ["https", "https_identity", "mail", "outbound"]


@pytest.fixture(autouse=True, scope="module")
async def _nothing_left_to_deliver(database: Database, registry: Registry) -> None:
    """Take away what other tests have left: schedulers and sweeps look at every tenant of the deployment."""
    for tenant in await registry.all():
        async with database.transaction(tenant.namespace) as tx:
            await tx.execute(delete(outbox))
