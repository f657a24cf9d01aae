"""A tenant is created completely or not at all, and removed completely."""

import asyncio

import asyncpg
import msgspec
import pytest
from sqlalchemy import select

from haas.jose import KeySealer, new_key
from haas.settings import SettingsError
from ops.deployment import Deployment
from ops.migrations.chains import TENANT
from tenants.notices.tables import outbox
from tenants.provisioning.owner import owner_transaction
from tenants.provisioning.service import Provisioner
from tenants.registry.errors import InvalidHost, InvalidName, InvalidSlug, RegistryError, TenantExists, UnknownTenant
from tenants.registry.models import NewTenant, Tenant
from tenants.registry.names import Hosts, Roles, checked_name, checked_slug, tenant_schema
from tenants.registry.service import Registry
from tenants.registry.tables import brand, host, retailer


def _new(slug: str, *, owner: str = "Plover Pty Ltd") -> NewTenant:
    return NewTenant(
        slug=slug, name=slug.title(), retailer=owner, register_environment_id="sandbox", register_brand_id=slug
    )


async def _traces(deployment: Deployment, slug: str) -> list[str]:
    """Return what the database still holds of a tenant."""
    role = Roles(deployment.settings.role_prefix).tenant(slug)
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        found = [
            ("role", await tx.driver.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)),
            ("schema", await tx.driver.fetchval("SELECT to_regnamespace($1)::oid", tenant_schema(slug))),
            ("brand", (await tx.execute(select(brand.c.id).where(brand.c.slug == slug))).first()),
            ("host", (await tx.execute(select(host.c.name).where(host.c.name.contains(f"{slug}.")))).first()),
        ]
    return [name for name, trace in found if trace is not None]


async def test_the_registry_finds_a_new_tenant_by_its_four_hosts_at_once(registry: Registry, tenant: Tenant) -> None:
    public = tenant.hosts.public
    assert dict(tenant.surfaces()) == {
        "public": public,
        "secure": f"mtls.{public}",
        "admin": f"admin.{public}",
        "management": f"api.{public}",
    }
    for surface, name in tenant.surfaces():
        assert await registry.by_host(name) == (tenant, surface)


@pytest.mark.parametrize(("fault", "error"), [("script", asyncpg.DivisionByZeroError), ("keys", RuntimeError)])
async def test_a_failed_creation_leaves_nothing(deployment: Deployment, fault: str, error: type[Exception]) -> None:
    class Broken(KeySealer):
        def seal(self, secret: bytes, purpose: str) -> bytes:
            raise RuntimeError(f"{len(secret)} bytes of {purpose} cannot be sealed")

    script = TENANT.script() + ("SELECT 1 / 0;" if fault == "script" else "")
    sealer = Broken(new_key()) if fault == "keys" else deployment.sealer
    provisioner = Provisioner(deployment.owner, deployment.settings, sealer, deployment.clock, script)
    with pytest.raises(error):
        await provisioner.create(_new("plover"), actor="tests")
    assert await _traces(deployment, "plover") == []
    await deployment.provisioner.create(_new("plover"), actor="tests")
    await deployment.administration.remove("plover", actor="tests")


async def test_two_logins_may_take_the_role_of_a_new_tenant(deployment: Deployment, tenant: Tenant) -> None:
    """The application's and that of the commands, for `haas import` and `haas keys list`."""
    roles = Roles(deployment.settings.role_prefix)
    query = (
        "SELECT member::regrole::text, inherit_option, admin_option FROM pg_auth_members"
        " WHERE roleid = to_regrole($1) AND set_option"
    )
    for database in (deployment.database, deployment.operator):
        async with database.transaction(tenant.namespace) as tx:
            await tx.execute(select(outbox))
            granted = await tx.driver.fetch(query, tenant.namespace.role)
    assert {tuple(row) for row in granted} == {(login, False, False) for login in (roles.app, roles.operator)}


async def test_one_of_two_creations_of_a_tenant_at_once_is_refused(deployment: Deployment) -> None:
    outcomes = await asyncio.gather(
        *(deployment.provisioner.create(_new("twin"), actor="tests") for _ in range(2)), return_exceptions=True
    )
    assert {type(outcome) for outcome in outcomes} == {Tenant, TenantExists}
    await deployment.administration.remove("twin", actor="tests")


async def test_a_tenant_is_not_created_if_a_role_with_its_name_exists(deployment: Deployment) -> None:
    role = Roles(deployment.settings.role_prefix).tenant("squatter")
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        await tx.driver.execute(f"SET LOCAL ROLE NONE; CREATE ROLE {role}")
    with pytest.raises(TenantExists, match="no tenant of this deployment uses it"):
        await deployment.provisioner.create(_new("squatter"), actor="tests")
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        await tx.driver.execute(f"SET LOCAL ROLE NONE; DROP ROLE {role}")


async def test_a_removed_tenant_leaves_nothing_and_other_tenants_are_unchanged(
    deployment: Deployment, tenant: Tenant, registry: Registry
) -> None:
    first = await deployment.provisioner.create(_new("heron", owner="Heron Pty Ltd"), actor="tests")
    await deployment.provisioner.create(_new("egret", owner="Heron Pty Ltd"), actor="tests")
    async with deployment.database.transaction(first.namespace) as tx:
        await tx.execute(select(outbox))
    await deployment.administration.remove("heron", actor="tests")
    assert await _traces(deployment, "heron") == []
    assert await _retailers(deployment, "Heron Pty Ltd") == 1
    await deployment.administration.remove("egret", actor="tests")
    assert await _retailers(deployment, "Heron Pty Ltd") == 0
    async with deployment.database.transaction(tenant.namespace) as tx:
        assert (await tx.execute(select(outbox))).all() == []
    assert await registry.by_host(tenant.hosts.public) is not None


async def test_one_of_two_removals_of_a_tenant_at_once_is_refused(deployment: Deployment) -> None:
    await deployment.provisioner.create(_new("dodo"), actor="tests")
    outcomes = await asyncio.gather(
        *(deployment.administration.remove("dodo", actor="tests") for _ in range(2)), return_exceptions=True
    )
    assert {type(outcome) for outcome in outcomes} == {Tenant, UnknownTenant}
    assert await _traces(deployment, "dodo") == []


@pytest.mark.parametrize(
    "slug", ["", "A", "mtls", "admin", "api", "console", "a--b", "a-", "-a", "1a", "a_b", "é", "x" * 33]
)
def test_an_invalid_slug_is_refused(slug: str) -> None:
    with pytest.raises(InvalidSlug):
        checked_slug(slug)


INVALID_NAMES = [
    "",
    " ",
    " Aurora",
    "Aurora\n",
    "Aurora\r\nBcc: eve@example.test",
    "=?utf-8?q?x=0D=0A?=",
    "A\u2028b",
    "A\u202eb",
]


@pytest.mark.parametrize("name", [*INVALID_NAMES, "A\0b", "A\x85b", "A\ud800", "A" * 121], ids=ascii)
def test_an_invalid_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidName):
        checked_name(name)


@pytest.mark.parametrize("name", INVALID_NAMES, ids=ascii)
async def test_a_tenant_with_an_invalid_name_is_not_created(deployment: Deployment, name: str) -> None:
    new = _new("jabiru")
    for bad in (msgspec.structs.replace(new, name=name), msgspec.structs.replace(new, retailer=name)):
        with pytest.raises(InvalidName):
            await deployment.provisioner.create(bad, actor="tests")
    assert await _traces(deployment, "jabiru") == []


def test_different_slugs_have_different_schemas() -> None:
    slugs = ["a", "a-b", "ab", "a-b-c", "ab-c", "x" * 32]
    assert len({tenant_schema(slug) for slug in slugs}) == len(slugs)
    assert all(len(Roles("p" * 20).tenant(slug)) < 63 for slug in slugs)


@pytest.mark.parametrize("prefix", ["", "Haas", "1st", "a-b", "x" * 21, 'a"b'])
def test_an_invalid_role_prefix_is_refused(prefix: str) -> None:
    with pytest.raises(SettingsError, match="HAAS_ROLE_PREFIX"):
        Roles(prefix)


@pytest.mark.parametrize(
    "name", ["localhost", "mtls.brand.test", "admin.brand.test", "api.brand.test", "UPPER.test", "a b.test", "-a.test"]
)
def test_an_invalid_public_host_is_refused(name: str) -> None:
    with pytest.raises(InvalidHost):
        Hosts.from_public_host(name)


def test_the_error_for_an_invalid_slug_says_what_is_allowed() -> None:
    with pytest.raises(RegistryError, match="use up to 32 lower-case letters"):
        checked_slug("Not A Slug")


async def _retailers(deployment: Deployment, name: str) -> int:
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        return len((await tx.execute(select(retailer.c.id).where(retailer.c.legal_name == name))).all())
