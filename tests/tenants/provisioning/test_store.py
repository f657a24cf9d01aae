"""Requests to the provisioner: one open request for each tenant, leased by one provisioner at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from haas.database import Transaction
from ops.deployment import Deployment
from tenants.provisioning import store
from tenants.provisioning.errors import LeaseLost, NotAwaitingApproval, OpenRequestExists
from tenants.provisioning.models import EVERY_TENANT, DeploymentChange, Lease, NewProvisionRequest
from tenants.provisioning.owner import owner_transaction
from tenants.provisioning.tables import provision_request
from tenants.registry.models import NewTenant
from tenants.registry.names import console_namespace

MINUTE = timedelta(minutes=1)


class Requests:
    """The two sides of a request: the console, which asks, and a provisioner, which works."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self.now: datetime = deployment.clock.now()

    def console(self) -> AbstractAsyncContextManager[Transaction]:
        return self._deployment.operator.transaction(console_namespace(self._deployment.settings))

    def provisioner(self) -> AbstractAsyncContextManager[Transaction]:
        return owner_transaction(self._deployment.owner, self._deployment.settings)

    async def ask(self, subject: str = "plover", *, approved_by: str | None = "bo", later: int = 0) -> UUID:
        new = NewProvisionRequest(
            kind="create", subject=subject, arguments={"name": "P"}, asked_by="ana", approved_by=approved_by
        )
        async with self.console() as tx:
            return await store.add_request(tx, new, self.now + timedelta(seconds=later))

    async def lease(self, at: timedelta = timedelta()) -> Lease | None:
        async with self.provisioner() as tx:
            return await store.lease_next_request(tx, self.now + at, MINUTE)

    async def lease_the_next(self) -> Lease:
        lease = await self.lease()
        assert lease is not None
        return lease


@pytest.fixture
async def requests(own_deployment: Deployment) -> AsyncIterator[Requests]:
    requests = Requests(own_deployment)
    yield requests
    async with requests.provisioner() as tx:
        await tx.execute(delete(provision_request))


async def test_a_request_is_added_leased_completed_and_stored(requests: Requests) -> None:
    request_id = await requests.ask()
    lease = await requests.lease_the_next()
    assert lease.request.id == request_id
    assert (lease.request.kind, lease.request.subject, lease.request.arguments) == ("create", "plover", {"name": "P"})
    assert (lease.request.asked_by, lease.request.approved_by) == ("ana", "bo")
    async with requests.provisioner() as tx:
        await store.record_progress(tx, lease, "schema", requests.now + MINUTE)
        await store.mark_done(tx, lease, requests.now)
    async with requests.console() as tx:
        stored = await store.load_request(tx, request_id)
    assert stored is not None
    assert (stored.progress, stored.done_at, stored.error) == ("schema", requests.now, None)
    assert await requests.lease(at=timedelta(days=1)) is None


async def test_a_failed_request_stores_its_error_and_is_not_leased_again(requests: Requests) -> None:
    request_id = await requests.ask()
    async with requests.provisioner() as tx:
        await store.mark_failed(tx, await requests.lease_the_next(), "the slug is taken", requests.now)
    async with requests.console() as tx:
        stored = await store.load_request(tx, request_id)
        assert await store.load_request(tx, uuid4()) is None
    assert stored is not None
    assert (stored.done_at, stored.error) == (requests.now, "the slug is taken")
    assert await requests.lease(at=timedelta(days=1)) is None


async def test_a_second_open_request_for_a_tenant_is_refused(requests: Requests) -> None:
    await requests.ask()
    with pytest.raises(OpenRequestExists, match="plover is not finished"):
        await requests.ask()
    await requests.ask("heron", later=1)
    await requests.ask(EVERY_TENANT, later=2)
    async with requests.provisioner() as tx:
        await store.mark_done(tx, await requests.lease_the_next(), requests.now)
    await requests.ask()


async def test_each_request_is_leased_by_only_one_provisioner(requests: Requests) -> None:
    for later, subject in ((2, "third"), (0, "first"), (1, "second")):
        await requests.ask(subject, later=later)
    leases = await asyncio.gather(*(requests.lease() for _ in range(4)))
    assert sorted(lease.request.subject for lease in leases if lease is not None) == ["first", "second", "third"]
    assert leases.count(None) == 1


async def test_a_request_whose_lease_has_expired_is_leased_by_another_provisioner(requests: Requests) -> None:
    await requests.ask()
    first = await requests.lease_the_next()
    async with requests.provisioner() as tx:
        await store.record_progress(tx, first, "schema", requests.now + 2 * MINUTE)
    assert await requests.lease(at=MINUTE) is None, "`record_progress` has extended the lease"
    successor = await requests.lease(at=2 * MINUTE)
    assert successor is not None
    assert successor.request.progress == "schema"
    for write in (
        lambda tx: store.record_progress(tx, first, "keys", requests.now),
        lambda tx: store.mark_done(tx, first, requests.now),
        lambda tx: store.mark_failed(tx, first, "late", requests.now),
    ):
        with pytest.raises(LeaseLost):
            async with requests.provisioner() as tx:
                await write(tx)
    async with requests.provisioner() as tx:
        await store.mark_done(tx, successor, requests.now)
    with pytest.raises(LeaseLost):
        async with requests.provisioner() as tx:
            await store.mark_failed(tx, successor, "after the end", requests.now)


async def test_a_request_is_not_leased_before_it_is_approved(requests: Requests) -> None:
    request_id = await requests.ask(approved_by=None)
    assert await requests.lease() is None
    async with requests.console() as tx:
        await store.approve(tx, request_id, "bo")
    assert (await requests.lease_the_next()).request.approved_by == "bo"
    for approved_or_unknown in (request_id, uuid4()):
        with pytest.raises(NotAwaitingApproval):
            async with requests.console() as tx:
                await store.approve(tx, approved_or_unknown, "cy")


@pytest.mark.parametrize(
    ("broken", "constraint"),
    [
        ({"kind": "explode"}, "kind_check"),
        ({"error": "why"}, "error_check"),
        ({"lease": uuid4()}, "lease_check"),
        (
            {"approved_by": None, "lease": uuid4(), "leased_until": datetime.fromisoformat("2026-11-24T00:00Z")},
            "approval",
        ),
    ],
)
async def test_a_row_that_breaks_a_constraint_is_refused(
    requests: Requests, broken: dict[str, object], constraint: str
) -> None:
    await requests.ask()
    with pytest.raises(IntegrityError, match=constraint):
        async with requests.provisioner() as tx:
            await tx.execute(provision_request.update().values(broken))


def test_the_arguments_of_a_request_have_no_secret() -> None:
    """Rows are kept, and the console shows them. A new field of the arguments must be added here."""
    kinds = (NewTenant, *DeploymentChange.__args__)
    fields = {kind.__name__: {field.name for field in msgspec.structs.fields(kind)} for kind in kinds}
    assert fields == {
        "NewTenant": {
            *("slug", "name", "retailer", "register_environment_id", "register_brand_id"),
            *("theme", "settings", "node", "hosts"),
        },
        "Suspend": set(),
        "Resume": set(),
        "TenantChange": {
            *("name", "theme", "contacts", "switches", "market", "hosts", "private_hosts", "move_endpoints"),
            *(
                "customer_calls_counted_by",
                "low_velocity_limit",
                "market_calls_per_second",
                "receipt_days_before_end",
                "customer_source",
                "register_authentication",
                "upstream",
                "text_messages",
                "dkim_selector",
                "generic_plans_uri",
                "dashboard_link_pages",
            ),
        },
        "RotateKeys": {"compromised"},
        "SetNodeState": {"node", "state"},
        "PutRegisterEnvironment": {"environment"},
        "SaveTheme": {"theme", "files", "note"},
        "PublishTheme": {"number"},
    }
