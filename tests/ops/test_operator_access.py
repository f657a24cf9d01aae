"""The requests of commands: without a provisioner, with a running one, and when the same request is open already."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import delete

from haas.settings import CommandSettings
from ops import operator_access
from ops.deployment import Deployment
from ops.operator_access import NoProvisioner, OperatorAccess, RequestRefused
from tenants.provisioning.errors import OpenRequestExists
from tenants.provisioning.models import Resume, SetNodeState, Suspend
from tenants.provisioning.owner import owner_transaction
from tenants.provisioning.tables import provision_request
from tenants.registry.models import NewTenant
from tests.support.commands import running_provisioner

NEW = NewTenant(
    slug="swift",
    name="Swift Energy",
    retailer="Swift Pty Ltd",
    register_environment_id="sandbox",
    register_brand_id="swift",
)


@pytest.fixture
async def access(own_deployment: Deployment) -> AsyncIterator[OperatorAccess]:
    async with OperatorAccess.open(own_deployment.settings.of(CommandSettings)) as access:
        yield access
    async with owner_transaction(own_deployment.owner, own_deployment.settings) as tx:
        await tx.execute(delete(provision_request))


async def test_without_a_provisioner_a_command_says_what_to_start(
    access: OperatorAccess, own_deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    drain = SetNodeState("main", "draining")
    with monkeypatch.context() as impatient:
        impatient.setattr(operator_access, "SECONDS_UNTIL_TAKEN", 0)
        with pytest.raises(NoProvisioner, match="start one with `haas provisioner`"):
            await access.ask("change", "node:main", drain)
    with pytest.raises(OpenRequestExists):
        await access.ask("change", "node:main", SetNodeState("main", "active"))
    async with running_provisioner(own_deployment.settings):
        await access.ask("change", "node:main", drain)  # waits for the request of the first command
        assert await access.nodes() == {"main": "draining"}
        await access.ask("change", "node:main", SetNodeState("main", "active"))
    assert await access.nodes() == {"main": "active"}


async def test_equal_requests_are_executed_and_an_impossible_request_is_refused_with_a_reason(
    access: OperatorAccess, own_deployment: Deployment
) -> None:
    tenant = await own_deployment.new_tenant()
    async with running_provisioner(own_deployment.settings):
        with pytest.raises(RequestRefused, match="there is no tenant 'nobody'"):
            await access.ask("change", "nobody", Suspend())
        await asyncio.gather(*(access.ask("change", slug, Suspend()) for slug in [tenant.slug] * 3))
        assert (await access.find(tenant.slug)).suspended
        await access.ask("change", tenant.slug, Resume())
    assert not (await access.find(tenant.slug)).suspended


async def test_a_tenant_is_created_and_removed_through_requests(
    access: OperatorAccess, own_deployment: Deployment
) -> None:
    async with running_provisioner(own_deployment.settings):
        await access.ask("create", "swift", NEW)
        assert (await access.find("swift")).name == "Swift Energy"
        await access.ask("remove", "swift")
    assert "swift" not in {tenant.slug for tenant in await access.tenants()}
