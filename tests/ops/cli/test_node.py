"""The commands of an operator who runs two database nodes."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from ops.deployment import Deployment
from ops.migrations.chains import TENANT
from tenants.provisioning.owner import owner_transaction
from tenants.registry.tables import audit
from tests.support.commands import CREATE_KESTREL, Haas, command_environment, command_runner, running_provisioner
from tests.support.nodes import SECOND


@pytest.fixture(scope="module", autouse=True)
async def provisioner(two_nodes: Deployment) -> AsyncIterator[None]:
    async with running_provisioner(two_nodes.settings):
        yield


@pytest.fixture
def haas(two_nodes: Deployment, tmp_path: Path) -> Haas:
    """Run `haas` on the deployment with two database nodes."""
    return command_runner(command_environment(two_nodes.settings, tmp_path))


async def test_a_tenant_is_created_and_managed_on_the_given_node(haas: Haas, two_nodes: Deployment) -> None:
    migrated = await haas("migrate")
    assert migrated.exit_code == 0, migrated.output
    created = await haas(*CREATE_KESTREL, "--node", SECOND)
    assert created.exit_code == 0, created.output
    shown = (await haas("tenant", "show", "kestrel")).output
    assert re.search(rf"^database node +{SECOND}$", shown, re.MULTILINE)
    listed = (await haas("node", "list")).output.splitlines()
    assert [line.split() for line in listed] == [
        ["NODE", "STATE", "TENANTS"],
        ["main", "active", "0"],
        ["second", "active", "1"],
    ]
    rotated = await haas("keys", "rotate", "kestrel", "--compromised")
    assert rotated.exit_code == 0, rotated.output
    assert (await haas("keys", "list", "kestrel")).output.count("current") == 2
    assert f"1 tenants  {TENANT.head}, newest" in (await haas("migrate", "--status")).output
    assert (await haas("tenant", "remove", "kestrel", "--yes")).exit_code == 0
    assert (await haas("tenant", "list")).output.startswith("There are no tenants")
    async with owner_transaction(two_nodes.owner, two_nodes.settings) as tx:
        rows = await tx.execute(select(audit.c.action).where(audit.c.subject == "kestrel").order_by(audit.c.at))
        assert rows.scalars().all()[-3:] == ["tenant.create", "keys.rotate", "tenant.remove"]


async def test_a_drained_node_gets_no_new_tenants_until_it_is_resumed(haas: Haas) -> None:
    assert (await haas("node", "drain", SECOND)).exit_code == 0
    refused = await haas(*CREATE_KESTREL, "--node", SECOND)
    assert refused.exit_code == 1
    assert "accepts no new tenants; nodes that do: main" in refused.output
    assert (await haas("node", "resume", SECOND)).exit_code == 0
    assert (await haas(*CREATE_KESTREL, "--node", SECOND)).exit_code == 0
    assert (await haas("tenant", "remove", "kestrel", "--yes")).exit_code == 0
    unknown = await haas("node", "drain", "third")
    assert unknown.exit_code == 1
    assert "`haas node list` lists them" in unknown.output
