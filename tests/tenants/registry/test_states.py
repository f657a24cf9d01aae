"""A tenant that is being prepared or removed is not served; only the administration finds it."""

from typing import Any

import httpx
import msgspec
import pytest

from apps.asgi import HostRouter
from ops.deployment import Deployment
from tenants.provisioning.owner import owner_transaction
from tenants.provisioning.tenant_changes import TenantChange
from tenants.registry import store
from tenants.registry.errors import TenantIncomplete, UnknownTenant
from tenants.registry.models import Tenant, TenantState
from tenants.registry.service import Registry
from tenants.services import Services
from themes.tokens import check_theme

STATES_NOT_SERVED: list[TenantState] = ["preparing", "leaving"]
INTERACTION = "6f2b1d0c-4f4e-4bb7-8f8e-0d9b7c5a3e21"


class Answer(msgspec.Struct):
    status: int
    headers: dict[str, str]
    body: bytes


async def ask(platform: HostRouter, host: str, path: str = "/") -> Answer:
    """Send one request to the application, as the proxy forwards it."""
    transport: Any = httpx.ASGITransport(platform)
    async with httpx.AsyncClient(transport=transport, base_url=f"https://{host}") as client:
        answer = await client.get(path, headers={"x-fapi-interaction-id": INTERACTION})
    return Answer(answer.status_code, dict(answer.headers), answer.content)


async def _move(deployment: Deployment, tenant: Tenant, state: TenantState) -> None:
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        await store.set_state(tx, tenant.id, state, deployment.clock.now())
        await store.advance_revision(tx)


@pytest.mark.parametrize("state", STATES_NOT_SERVED)
async def test_a_tenant_that_is_not_active_is_not_found_in_the_registry(
    deployment: Deployment, tenant: Tenant, state: TenantState
) -> None:
    await _move(deployment, tenant, state)
    registry = Registry(deployment.database, deployment.settings, deployment.clock)
    for _, host in tenant.surfaces():
        assert await registry.by_host(host) is None
    assert tenant.slug not in {each.slug for each in await registry.all()}
    with pytest.raises(UnknownTenant):
        await registry.by_slug(tenant.slug)


@pytest.mark.parametrize("state", STATES_NOT_SERVED)
async def test_the_hosts_of_a_tenant_that_is_not_active_answer_like_unknown_hosts(
    deployment: Deployment, tenant: Tenant, state: TenantState
) -> None:
    services = Services.open(deployment.settings)
    platform = HostRouter(services)
    await _move(deployment, tenant, state)
    unknown = await ask(platform, "nobody.haas.localhost")
    assert unknown.status == 404
    for _, host in tenant.surfaces():
        assert await ask(platform, host) == unknown
    await services.close()


@pytest.mark.parametrize("state", STATES_NOT_SERVED)
async def test_a_tenant_that_is_not_active_can_be_removed_but_not_suspended_or_resumed(
    deployment: Deployment, tenant: Tenant, state: TenantState
) -> None:
    await _move(deployment, tenant, state)
    administration = deployment.administration
    assert (await administration.find(tenant.slug, incomplete=True)).state == state
    for change in (administration.suspend, administration.resume):
        with pytest.raises(TenantIncomplete, match=f"is {state}"):
            await change(tenant.slug, actor="tests")
    with pytest.raises(TenantIncomplete, match=f"is {state}"):
        await administration.change(tenant.slug, TenantChange(name="N"), actor="tests", check_theme=check_theme)
    assert (await administration.find(tenant.slug, incomplete=True)).state == state
    await administration.remove(tenant.slug, actor="tests")
    with pytest.raises(UnknownTenant):
        await administration.find(tenant.slug)


async def test_a_tenant_is_served_after_its_state_became_active(deployment: Deployment, tenant: Tenant) -> None:
    registry = Registry(deployment.database, deployment.settings, deployment.clock)
    await _move(deployment, tenant, "preparing")
    assert await registry.by_host(tenant.hosts.public) is None
    await _move(deployment, tenant, "active")
    fresh = Registry(deployment.database, deployment.settings, deployment.clock)
    assert await fresh.by_host(tenant.hosts.public) == (tenant, "public")
