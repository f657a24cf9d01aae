"""`haas migrate`: its result, its status, and its report about a schema that it cannot migrate."""

import pytest

from ops.deployment import Deployment
from ops.migrations.chains import CONTROL, TENANT
from tenants.provisioning.owner import owner_transaction
from tests.support.commands import Haas

pytestmark = pytest.mark.usefixtures("provisioner")


async def test_migrate_succeeds_and_its_status_shows_the_newest_revision(haas: Haas, kestrel: None) -> None:
    done = await haas("migrate")
    assert done.exit_code == 0, done.output
    assert "0 failed" in done.output
    status = await haas("migrate", "--status")
    assert f"control schema  {CONTROL.head}, newest" in status.output


async def test_a_tenant_that_cannot_be_migrated_is_reported_by_name(
    haas: Haas, deployment: Deployment, kestrel: None
) -> None:
    schema = (await deployment.administration.find("kestrel")).namespace.schema
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        await tx.driver.execute(f"DELETE FROM {schema}.alembic_version")
    status = await haas("migrate", "--status")
    assert "kestrel is at no revision" in status.output
    assert "`haas migrate` upgrades them" in status.output
    failed = await haas("migrate")
    assert failed.exit_code == 1
    assert "1 failed" in failed.output
    assert "kestrel: " in failed.output
    assert "migrates the tenants that failed" in failed.output
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        await tx.driver.execute(f"INSERT INTO {schema}.alembic_version VALUES ('{TENANT.head}')")
    assert (await haas("migrate")).exit_code == 0
