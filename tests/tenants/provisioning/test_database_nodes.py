"""Tenants on two database nodes, which are two servers: they are created, served and removed only on their own node.

The registry is on the first node. After any interruption between the two servers, a tenant with a schema or role on
the second one still has a row in the registry. Such a tenant is not served, and `remove` deletes it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
import pytest
from sqlalchemy import select

from haas.database import Database, PoolExhausted, Transaction, UnknownNode
from haas.errors import Unavailable
from haas.jose import KeySealer, new_key
from haas.settings import MAIN_NODE
from ops.deployment import Deployment
from ops.migrations.chains import TENANT
from ops.migrations.run import status
from tenants.clients.cdr_register import add_cdr_register_client
from tenants.keys.creation import NewSigningKey
from tenants.keys.service import Keyring
from tenants.keys.tables import data_key
from tenants.provisioning.administration import Administration
from tenants.provisioning.owner import owner_transaction
from tenants.provisioning.service import Provisioner
from tenants.registry.errors import InvalidNode, TenantExists, TenantIncomplete, UnknownTenant
from tenants.registry.models import NewTenant, Tenant
from tenants.registry.names import Roles
from tenants.registry.service import Registry
from tenants.registry.tables import brand
from tenants.retention import service as retention
from tenants.retention.errors import RecordsHeld
from tests.support.nodes import SECOND, shut_out, terminate, traces
from tests.support.rows import run

KeySets = Iterator[Sequence[NewSigningKey]]
Traces = Callable[[str], Awaitable[list[set[str]]]]
WHOLE = {"schema", "role"}
NOTHING: set[str] = set()


@pytest.fixture
def left(two_nodes: Deployment, superuser_url: str, second_superuser_url: str) -> Traces:
    """A function that returns what exists of a tenant, its schema or its role, on the main node and on the second."""

    async def left(slug: str) -> list[set[str]]:
        prefix = two_nodes.settings.role_prefix
        return [await traces(url, prefix, slug) for url in (superuser_url, second_superuser_url)]

    return left


@pytest.fixture
def provisioner_login(two_nodes: Deployment) -> str:
    return f"{two_nodes.settings.role_prefix}_provisioner"


@pytest.fixture
def served(two_nodes: Deployment) -> Registry:
    """The registry of a process that has not read it yet."""
    return Registry(two_nodes.database, two_nodes.settings, two_nodes.clock)


@pytest.fixture
async def neighbour(two_nodes: Deployment, signing_keys: KeySets) -> AsyncIterator[Tenant]:
    """A tenant of the main node."""
    tenant = await two_nodes.new_tenant("neighbour", signing_keys=next(signing_keys))
    yield tenant
    await two_nodes.administration.remove("neighbour", actor="tests")


def new(slug: str, node: str = SECOND) -> NewTenant:
    return NewTenant(
        slug=slug,
        name=slug.title(),
        retailer=f"{slug} Pty Ltd",
        register_environment_id="sandbox",
        register_brand_id=slug,
        node=node,
    )


async def state(deployment: Deployment, slug: str) -> str | None:
    """Return the state of the tenant's row in the registry, or None if there is no row."""
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        return (await tx.execute(select(brand.c.state).where(brand.c.slug == slug))).scalar_one_or_none()


async def test_a_tenant_is_created_served_and_removed_only_on_its_own_node(
    two_nodes: Deployment, neighbour: Tenant, left: Traces, served: Registry, second_superuser_url: str
) -> None:
    tenant = await two_nodes.provisioner.create(new("plover"), actor="tests")
    assert tenant.namespace.node == SECOND
    assert (tenant.state, neighbour.namespace.node) == ("active", MAIN_NODE)
    assert await left("plover") == [NOTHING, WHOLE]
    assert await left("neighbour") == [WHOLE, NOTHING]
    assert await served.by_host(tenant.hosts.public) == (tenant, "public")

    port = int(second_superuser_url.rpartition(":")[2].partition("/")[0])
    async with two_nodes.database.transaction(tenant.namespace) as tx:
        role, server, control = await tx.driver.fetchrow(
            "SELECT current_user, inet_server_port(), to_regnamespace('control')"
        )
        assert (role, server, control) == (tenant.namespace.role, port, None)
    keyring = Keyring(two_nodes.database, two_nodes.sealer, two_nodes.clock)
    published = [await keyring.published_jwks(each) for each in (tenant, neighbour)]
    assert all(published)
    assert published[0] != published[1]

    await two_nodes.administration.remove("plover", actor="tests")
    assert await left("plover") == [NOTHING, NOTHING]
    assert await state(two_nodes, "plover") is None
    assert await left("neighbour") == [WHOLE, NOTHING]
    async with two_nodes.database.transaction(neighbour.namespace) as tx:
        assert len((await tx.execute(select(data_key.c.id))).all()) == 1
    with pytest.raises(Unavailable, match="cannot be taken"):
        async with two_nodes.database.transaction(tenant.namespace):
            pytest.fail("the role was deleted")


async def test_a_tenant_of_the_second_node_is_suspended_and_resumed(two_nodes: Deployment) -> None:
    await two_nodes.provisioner.create(new("snipe"), actor="tests")
    assert (await two_nodes.administration.suspend("snipe", actor="tests")).suspended
    assert not (await two_nodes.administration.resume("snipe", actor="tests")).suspended
    await two_nodes.administration.remove("snipe", actor="tests")


@pytest.mark.parametrize(("fault", "error"), [("script", asyncpg.DivisionByZeroError), ("keys", RuntimeError)])
async def test_a_failure_on_the_node_leaves_nothing_on_either_server(
    two_nodes: Deployment, left: Traces, fault: str, error: type[Exception]
) -> None:
    class Broken(KeySealer):
        def seal(self, secret: bytes, purpose: str) -> bytes:
            raise RuntimeError(f"{len(secret)} bytes of {purpose} cannot be sealed")

    script = TENANT.script() + ("SELECT 1 / 0;" if fault == "script" else "")
    sealer = Broken(new_key()) if fault == "keys" else two_nodes.sealer
    provisioner = Provisioner(two_nodes.owner, two_nodes.settings, sealer, two_nodes.clock, script)
    with pytest.raises(error):
        await provisioner.create(new("plover"), actor="tests")
    assert await left("plover") == [NOTHING, NOTHING]
    assert await state(two_nodes, "plover") is None


async def test_a_role_that_exists_already_on_the_node_is_not_taken_over(
    two_nodes: Deployment, left: Traces, second_superuser_url: str
) -> None:
    role = Roles(two_nodes.settings.role_prefix).tenant("squatter")
    connection = await asyncpg.connect(second_superuser_url)
    await connection.execute(f"CREATE ROLE {role}")
    with pytest.raises(TenantExists, match="no tenant of this deployment uses it"):
        await two_nodes.provisioner.create(new("squatter"), actor="tests")
    assert await left("squatter") == [NOTHING, {"role"}]
    assert await state(two_nodes, "squatter") is None
    await connection.execute(f"DROP ROLE {role}")
    await connection.close()


async def test_a_tenant_stays_incomplete_if_the_registry_is_lost_after_the_commit_on_the_node(
    *,
    two_nodes: Deployment,
    left: Traces,
    served: Registry,
    superuser_url: str,
    provisioner_login: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def last_step(tx: Transaction, *arguments: object) -> None:
        await add_cdr_register_client(tx, *arguments)  # type: ignore[arg-type]
        await terminate(superuser_url, provisioner_login)

    monkeypatch.setattr("tenants.provisioning.service.add_cdr_register_client", last_step)
    with pytest.raises(TenantIncomplete, match="`haas tenant remove heron` removes its parts"):
        await two_nodes.provisioner.create(new("heron"), actor="tests")
    monkeypatch.undo()

    assert await left("heron") == [NOTHING, WHOLE]
    assert await state(two_nodes, "heron") == "preparing"
    assert await served.by_host("heron.haas.localhost") is None
    assert "heron" not in {tenant.slug for tenant in await served.all()}
    assert "heron" not in (await status(two_nodes.settings)).tenants
    with pytest.raises(TenantExists, match="preparing: `haas tenant remove heron`"):
        await two_nodes.provisioner.create(new("heron"), actor="tests")
    for refused in (two_nodes.administration.find("heron"), two_nodes.administration.suspend("heron", actor="tests")):
        with pytest.raises(TenantIncomplete, match="heron' is preparing"):
            await refused
    assert (await two_nodes.administration.find("heron", incomplete=True)).state == "preparing"

    await two_nodes.administration.remove("heron", actor="tests")
    assert await left("heron") == [NOTHING, NOTHING]
    assert await state(two_nodes, "heron") is None
    await two_nodes.provisioner.create(new("heron"), actor="tests")
    await two_nodes.administration.remove("heron", actor="tests")


async def test_a_tenant_stays_incomplete_if_the_registry_is_unreachable_after_a_failure(
    *,
    two_nodes: Deployment,
    left: Traces,
    superuser_url: str,
    provisioner_login: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    away = shut_out(superuser_url, provisioner_login)

    async def last_step(*_: object) -> None:
        await away.__aenter__()
        raise RuntimeError("the process has a fault")

    monkeypatch.setattr("tenants.provisioning.service.add_cdr_register_client", last_step)
    with pytest.raises(RuntimeError, match="a fault"):
        await two_nodes.provisioner.create(new("egret"), actor="tests")
    await away.__aexit__(None, None, None)
    assert "tenant.row_not_deleted" in caplog.text
    assert await left("egret") == [NOTHING, NOTHING]
    assert await state(two_nodes, "egret") == "preparing"
    await two_nodes.administration.remove("egret", actor="tests")
    assert await state(two_nodes, "egret") is None


async def test_a_tenant_removed_during_its_creation_leaves_nothing(two_nodes: Deployment, left: Traces) -> None:
    class RemovingFirst(Database):
        """Removes the tenant between the first transaction of its creation and the second."""

        begun = 0

        def transaction(self, *arguments, **options):  # noqa: ANN002, ANN003, ANN202
            return self._transaction(*arguments, **options)

        @asynccontextmanager
        async def _transaction(self, *arguments, **options):  # noqa: ANN002, ANN003, ANN202
            self.begun += 1
            if self.begun == 2:
                await two_nodes.administration.remove("godwit", actor="tests")
            async with super().transaction(*arguments, **options) as tx:
                yield tx

    owner = RemovingFirst.open(two_nodes.settings.owner_database_urls)
    provisioner = Provisioner(owner, two_nodes.settings, two_nodes.sealer, two_nodes.clock, TENANT.script())
    with pytest.raises(TenantIncomplete, match="was removed while it was being created"):
        await provisioner.create(new("godwit"), actor="tests")
    await owner.close()
    assert await left("godwit") == [NOTHING, NOTHING]
    assert await state(two_nodes, "godwit") is None


async def test_an_interrupted_removal_is_completed_by_the_next_removal(
    *, two_nodes: Deployment, left: Traces, served: Registry, second_superuser_url: str, provisioner_login: str
) -> None:
    """While the node does not answer, or has a legal hold of the tenant, the removal does not begin."""

    class FailingLater(Database):
        """Loses the second node after the first transaction there."""

        begun = 0

        def transaction(self, namespace, *arguments, **options):  # noqa: ANN001, ANN002, ANN003, ANN202
            self.begun += namespace.node == SECOND
            if self.begun > 1:
                raise Unavailable("the node is lost")
            return super().transaction(namespace, *arguments, **options)

    ibis = await two_nodes.provisioner.create(new("ibis"), actor="tests")
    by = {"reason": "A proceeding.", "actor": "tests", "now": two_nodes.clock.now()}
    hold = await run(two_nodes.database, ibis, retention.hold, **by)
    with pytest.raises(RecordsHeld, match=f"{hold.id}.*haas retention release ibis"):
        await two_nodes.administration.remove("ibis", actor="tests")
    await run(two_nodes.database, ibis, retention.release, hold.id, **by)
    async with shut_out(second_superuser_url, provisioner_login):
        with pytest.raises(Unavailable):
            await two_nodes.administration.remove("ibis", actor="tests")
    assert await state(two_nodes, "ibis") == "active"
    owner = FailingLater.open(two_nodes.settings.owner_database_urls)
    with pytest.raises(Unavailable):
        await Administration(owner, two_nodes.settings, two_nodes.clock).remove("ibis", actor="tests")
    await owner.close()
    assert await left("ibis") == [NOTHING, WHOLE]
    assert await state(two_nodes, "ibis") == "leaving"
    assert await served.by_host("ibis.haas.localhost") is None
    with pytest.raises(TenantIncomplete, match="ibis' is leaving"):
        await two_nodes.administration.resume("ibis", actor="tests")
    await two_nodes.administration.remove("ibis", actor="tests")
    assert await left("ibis") == [NOTHING, NOTHING]
    assert await state(two_nodes, "ibis") is None


async def test_one_of_two_removals_of_a_tenant_at_once_is_refused(two_nodes: Deployment, left: Traces) -> None:
    await two_nodes.provisioner.create(new("dodo"), actor="tests")
    outcomes = await asyncio.gather(
        *(two_nodes.administration.remove("dodo", actor="tests") for _ in range(2)), return_exceptions=True
    )
    assert {type(outcome) for outcome in outcomes} == {Tenant, UnknownTenant}
    assert await left("dodo") == [NOTHING, NOTHING]


async def test_no_tenant_can_be_created_on_an_unknown_or_draining_node(two_nodes: Deployment, left: Traces) -> None:
    with pytest.raises(InvalidNode, match="'third' accepts no new tenants; nodes that do: main, second"):
        await two_nodes.provisioner.create(new("stilt", node="third"), actor="tests")
    await two_nodes.administration.set_node_state(SECOND, "draining", actor="tests")
    try:
        with pytest.raises(InvalidNode, match="'second' accepts no new tenants; nodes that do: main\\."):
            await two_nodes.provisioner.create(new("stilt"), actor="tests")
    finally:
        await two_nodes.administration.set_node_state(SECOND, "active", actor="tests")
    assert await left("stilt") == [NOTHING, NOTHING]
    assert await state(two_nodes, "stilt") is None


async def test_a_process_without_the_address_of_a_node_serves_the_tenants_of_other_nodes(
    two_nodes: Deployment, own_deployment: Deployment, neighbour: Tenant
) -> None:
    tenant = await two_nodes.provisioner.create(new("curlew"), actor="tests")
    with pytest.raises(UnknownNode, match="set HAAS_DATABASE_URL_SECOND for the application"):
        async with own_deployment.database.transaction(tenant.namespace):
            pytest.fail("the process has no address of the node")
    async with own_deployment.database.transaction(neighbour.namespace) as tx:
        assert await tx.driver.fetchval("SELECT current_user") == neighbour.namespace.role
    with pytest.raises(UnknownNode):
        await own_deployment.provisioner.create(new("avocet"), actor="tests")
    assert await state(two_nodes, "avocet") is None
    await two_nodes.administration.remove("curlew", actor="tests")


async def test_an_unreachable_node_uses_no_connections_of_the_other_nodes(
    two_nodes: Deployment, neighbour: Tenant, second_superuser_url: str
) -> None:
    tenant = await two_nodes.provisioner.create(new("dunlin"), actor="tests")
    database = Database.open(two_nodes.settings.database_urls, connections=1)
    async with shut_out(second_superuser_url, Roles(two_nodes.settings.role_prefix).app):
        for _ in range(3):
            with pytest.raises(Unavailable, match="refuses the login"):
                async with database.transaction(tenant.namespace):
                    pytest.fail("the node is unreachable")
            async with database.transaction(neighbour.namespace) as tx:
                assert await tx.driver.fetchval("SELECT current_user") == neighbour.namespace.role
    async with database.transaction(tenant.namespace), database.transaction(neighbour.namespace):
        with pytest.raises(PoolExhausted):
            async with database.transaction(tenant.namespace):
                pytest.fail("the only connection to the node is in use")
    await database.close()
    await two_nodes.administration.remove("dunlin", actor="tests")
