"""A provisioner that is killed (`kill -9`) after each of its commits: the next one completes the request."""

import asyncio
import multiprocessing
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import timedelta
from itertools import count
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import delete, func, select

from haas.clock import MovableClock
from haas.settings import ProvisionerSettings
from ops.deployment import Deployment
from ops.provisioner.process import LEASE, ProvisionerProcess
from tenants.keys import store as key_store
from tenants.keys.creation import NewSigningKey
from tenants.provisioning import store
from tenants.provisioning.models import (
    EVERY_TENANT,
    NewProvisionRequest,
    ProvisionRequest,
    ProvisionRequestKind,
    RotateKeys,
)
from tenants.provisioning.owner import owner_transaction
from tenants.provisioning.tables import provision_request
from tenants.provisioning.tenant_changes import TenantChange
from tenants.registry.models import NewTenant
from tenants.registry.names import console_namespace
from tenants.registry.surfaces import TenantSurface
from tenants.registry.tables import audit
from tests.ops.provisioner import killed
from tests.support.nodes import SECOND, traces

PROVISIONERS = multiprocessing.get_context("forkserver")
PROVISIONERS.set_forkserver_preload(["pytest", killed.__name__])
SLUG = "plover"
MOST = 20
NODES = ["main", SECOND]


class Provisioning:
    """A deployment with two database nodes whose provisioners are killed."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment, self.settings = deployment, deployment.settings
        assert isinstance(deployment.clock, MovableClock)
        self.clock = deployment.clock

    async def ask(
        self, kind: ProvisionRequestKind, arguments: msgspec.Struct | None = None, subject: str = SLUG
    ) -> UUID:
        written = {} if arguments is None else msgspec.to_builtins(arguments)
        new = NewProvisionRequest(kind=kind, subject=subject, arguments=written, asked_by="ana", approved_by="bo")
        async with self.deployment.operator.transaction(console_namespace(self.settings)) as tx:
            return await store.add_request(tx, new, self.clock.now())

    async def result(self, request_id: UUID) -> ProvisionRequest:
        async with self.deployment.operator.transaction(console_namespace(self.settings)) as tx:
            request = await store.load_request(tx, request_id)
        assert request is not None
        return request

    async def kill_after(self, commits: int) -> bool:
        """Run a provisioner and kill it after so many commits. Return whether it was killed."""
        process = PROVISIONERS.Process(target=killed.serve, args=(self.settings.of(ProvisionerSettings), commits))
        process.start()
        await asyncio.to_thread(process.join, timeout=60)
        assert process.exitcode in (0, -signal.SIGKILL)
        return process.exitcode != 0

    async def complete(self) -> None:
        """Let another provisioner complete the request after the lease of the killed one has expired."""
        process = ProvisionerProcess(self.settings.of(ProvisionerSettings))
        try:
            assert not await process._serve_next(), "the lease of the killed provisioner has not ended"
            self.clock.move(LEASE + timedelta(seconds=1))
            await process._serve_next()
        finally:
            await process._owner.close()

    async def killed_at_every_commit(
        self, ask: Callable[[], Awaitable[UUID]], check: Callable[[ProvisionRequest], Awaitable[None]]
    ) -> int:
        """Add a request, kill the provisioner after its first commit, let another one complete the request, and check.

        Do the same with the second commit, and so on. Return the number of repetitions.
        """
        for commits in count(1):
            assert commits < MOST
            request_id = await ask()
            was_killed = await self.kill_after(commits)
            if (await self.result(request_id)).done_at is None:
                await self.complete()
            request = await self.result(request_id)
            assert request.done_at is not None
            assert request.error is None, f"after {commits} commits: {request.error}"
            await check(request)
            if not was_killed:
                return commits
        raise AssertionError("the loop returns")

    async def traces(self) -> dict[str, set[str]]:
        """Return what each node holds of the tenant."""
        urls = {"main": self.main_superuser, SECOND: self.second_superuser}
        return {node: await traces(url, self.settings.role_prefix, SLUG) for node, url in urls.items()}

    main_superuser: str
    second_superuser: str


@pytest.fixture
async def provisioning(
    two_nodes: Deployment, superuser_url: str, second_superuser_url: str
) -> AsyncIterator[Provisioning]:
    made = Provisioning(two_nodes)
    made.main_superuser, made.second_superuser = superuser_url, second_superuser_url
    yield made
    made.clock.reset()
    async with owner_transaction(two_nodes.owner, two_nodes.settings) as tx:
        await tx.execute(delete(provision_request))
    if SLUG in {tenant.slug for tenant in await two_nodes.administration.all()}:
        await two_nodes.administration.remove(SLUG, actor="tests")


def new_tenant(node: str) -> NewTenant:
    return NewTenant(
        slug=SLUG,
        name="Plover Energy",
        retailer="Plover Pty Ltd",
        register_environment_id="sandbox",
        register_brand_id="plover",
        node=node,
    )


@pytest.mark.parametrize("node", NODES)
async def test_a_tenant_is_created_once_and_completely(provisioning: Provisioning, node: str) -> None:
    deployment = provisioning.deployment

    async def check(request: ProvisionRequest) -> None:
        tenant = await deployment.administration.find(SLUG)
        assert tenant.id == request.id
        assert (await provisioning.traces())[node] == {"schema", "role"}
        async with deployment.database.transaction(tenant.namespace) as tx:
            assert len(await key_store.signing_keys(tx)) == 4
        await deployment.administration.remove(SLUG, actor="tests")
        assert await provisioning.traces() == {"main": set(), SECOND: set()}

    commits = await provisioning.killed_at_every_commit(lambda: provisioning.ask("create", new_tenant(node)), check)
    assert commits >= 5


@pytest.mark.parametrize("node", NODES)
async def test_a_tenant_is_removed_completely(
    provisioning: Provisioning, node: str, signing_keys: Iterator[Sequence[NewSigningKey]]
) -> None:
    deployment = provisioning.deployment

    async def ask() -> UUID:
        await deployment.provisioner.create(new_tenant(node), actor="tests", signing_keys=next(signing_keys))
        return await provisioning.ask("remove")

    async def check(_: ProvisionRequest) -> None:
        assert SLUG not in {tenant.slug for tenant in await deployment.administration.all()}
        assert await provisioning.traces() == {"main": set(), SECOND: set()}

    assert await provisioning.killed_at_every_commit(ask, check) >= 5


async def test_keys_are_rotated_once(provisioning: Provisioning) -> None:
    """On another node the rotation is committed before its audit row, so a kill can come between the two."""
    await provisioning.deployment.provisioner.create(new_tenant(SECOND), actor="tests")
    rotations = 0

    async def check(_: ProvisionRequest) -> None:
        nonlocal rotations
        rotations += 1
        tenant = await provisioning.deployment.administration.find(SLUG)
        async with provisioning.deployment.database.transaction(tenant.namespace) as tx:
            keys = await key_store.signing_keys(tx)
        assert sum(key.state == "gone" for key in keys) == 2 * rotations
        provisioning.clock.move(timedelta(seconds=1))

    change = RotateKeys(compromised=True)
    assert await provisioning.killed_at_every_commit(lambda: provisioning.ask("change", change), check) >= 6


@pytest.mark.parametrize("node", NODES)
async def test_a_tenant_is_changed_once(provisioning: Provisioning, node: str) -> None:
    deployment = provisioning.deployment
    await deployment.provisioner.create(new_tenant(node), actor="tests")
    of_change = (audit.c.action == "tenant.change") & (audit.c.subject == SLUG)

    async def changes() -> int:
        async with owner_transaction(deployment.owner, deployment.settings) as tx:
            return int((await tx.execute(select(func.count()).where(of_change))).scalar_one())

    asked, before = 0, await changes()

    async def ask() -> UUID:
        nonlocal asked
        asked += 1
        hosts: dict[TenantSurface, str] = {"secure": f"mtls.plover-{asked}.test"}
        return await provisioning.ask("change", TenantChange(name=f"Plover {asked}", hosts=hosts))

    async def check(_: ProvisionRequest) -> None:
        tenant = await deployment.administration.find(SLUG)
        assert (tenant.name, tenant.hosts.secure) == (f"Plover {asked}", f"mtls.plover-{asked}.test")
        assert await changes() - before == asked

    assert await provisioning.killed_at_every_commit(ask, check) >= 4


async def test_schemas_are_migrated(provisioning: Provisioning) -> None:
    await provisioning.deployment.provisioner.create(new_tenant(SECOND), actor="tests")

    async def check(request: ProvisionRequest) -> None:
        assert request.progress == "0 migrated, 1 up to date, 0 failed"

    commits = await provisioning.killed_at_every_commit(
        lambda: provisioning.ask("migrate", subject=EVERY_TENANT), check
    )
    assert commits >= 6


async def test_a_failure_is_not_tried_again(provisioning: Provisioning) -> None:
    request_id = await provisioning.ask("remove")
    assert not await provisioning.kill_after(MOST)
    request = await provisioning.result(request_id)
    assert request.error == "there is no tenant 'plover'; `haas tenant list` lists them"


async def test_a_provisioner_with_another_master_key_says_so(provisioning: Provisioning) -> None:
    await provisioning.deployment.provisioner.create(new_tenant("main"), actor="tests")
    request_id = await provisioning.ask("change", RotateKeys(compromised=True))
    other = msgspec.structs.replace(provisioning.settings.of(ProvisionerSettings), master_key=bytes(32))
    process = ProvisionerProcess(other)
    await process._serve_next()
    await process._owner.close()
    assert "HAAS_MASTER_KEY" in str((await provisioning.result(request_id)).error)


async def test_a_provisioner_that_is_told_to_stop_completes_its_request(provisioning: Provisioning) -> None:
    process, stopping = ProvisionerProcess(provisioning.settings.of(ProvisionerSettings)), asyncio.Event()
    running = asyncio.create_task(process.run(stopping))
    request_id = await provisioning.ask("create", new_tenant("main"))
    async with asyncio.timeout(10):
        while (await provisioning.result(request_id)).leased_until is None:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
    stopping.set()
    await running
    assert (await provisioning.result(request_id)).done_at is not None
