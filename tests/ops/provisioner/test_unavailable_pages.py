"""The provisioner writes the pages that nginx serves while no application answers."""

from pathlib import Path

import msgspec
import pytest

from haas.settings import ProvisionerSettings
from ops.deployment import Deployment
from ops.provisioner.process import ProvisionerProcess
from tenants.provisioning.owner import owner_transaction
from tenants.registry import store
from tenants.registry.models import Tenant


async def test_the_pages_are_written_at_the_start_and_when_the_registry_has_changed(
    deployment: Deployment, tenant: Tenant, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "pages"
    settings = msgspec.structs.replace(deployment.settings.of(ProvisionerSettings), unavailable_pages=folder)
    process = ProvisionerProcess(settings)
    try:
        await process._write_pages_if_changed()
        file = folder / f"{tenant.hosts.public}.html"
        assert tenant.name in file.read_text()
        file.write_text("changed")
        await process._write_pages_if_changed()
        assert file.read_text() == "changed", "nothing is written while the registry is the same"
        await advance(process, settings)
        await process._write_pages_if_changed()
        assert tenant.name in file.read_text()
        folder.rename(tmp_path / "gone")
        folder.write_text("not a folder")
        await advance(process, settings)
        await process._write_pages_if_changed()
        assert "unavailable_pages.not_written" in caplog.messages
    finally:
        await process._owner.close()


async def advance(process: ProvisionerProcess, settings: ProvisionerSettings) -> None:
    async with owner_transaction(process._owner, settings) as tx:
        await store.advance_revision(tx)
