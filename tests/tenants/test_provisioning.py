from tenants.keys.service import Keyring
from tenants.registry.models import Tenant
from tenants.registry.service import Registry


async def test_a_new_tenant_answers_on_its_three_hosts_at_once(registry: Registry, tenant: Tenant) -> None:
    for surface, host in tenant.surfaces():
        found = await registry.by_host(host)
        assert found == (tenant, surface)


async def test_a_new_tenant_has_its_keys(keyring: Keyring, tenant: Tenant) -> None:
    key = await keyring.signing_key(tenant, "PS256")
    published = await keyring.published(tenant)
    assert key.kid in {jwk["kid"] for jwk in published}
    assert sorted(jwk["alg"] for jwk in published) == ["ES256", "ES256", "PS256", "PS256"]
    assert not any("d" in jwk for jwk in published)
    siv = await keyring.resource_ids(tenant)
    assert siv.reveal(siv.conceal("account-1", "product"), "product") == "account-1"
    assert len(await keyring.subject_key(tenant)) == 32
