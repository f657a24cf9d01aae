"""Statuses of the Register are stored with the clients and take effect as CDS, Participant Statuses, requires."""

import logging
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from sqlalchemy import select

from haas.clock import MovableClock
from haas.database import Database
from haas.outbound import Outbound
from haas.settings import Settings
from tenants.arrangements.tables import arrangement
from tenants.clients.tables import client
from tenants.notices.tables import outbox
from tenants.register.api import PRODUCTS, RECIPIENTS, RegisterApi
from tenants.register.errors import RegisterUnreadable
from tenants.register.models import PollResult
from tenants.registration.register_status_sync import StatusSync
from tenants.registry.models import RegisterEnvironment, Tenant
from tenants.registry.names import control_namespace
from tenants.registry.tables import register_environment
from tenants.tokens.tables import access_token
from tests.support.clients import add_client
from tests.support.consents import add_arrangement
from tests.support.https_server import Answer, HttpsServer, ReceivedRequest
from tests.support.rows import one

Poll = Callable[..., Any]


class Register:
    """The responses of the Register with statuses; `broken` replaces the response to a path."""

    def __init__(self) -> None:
        self.recipients: list[Any] = []
        self.products: list[Any] = []
        self.broken: dict[str, Answer] = {}

    def answer(self, asked: ReceivedRequest) -> Answer:
        if asked.path in self.broken:
            return self.broken[asked.path]
        data = {RECIPIENTS: self.recipients, PRODUCTS: self.products}[asked.path]
        return 200, msgspec.json.encode({"data": data, "links": {"self": "https://x"}, "meta": {}})

    def add_status(self, row: Any, recipient: str | None = None, product: str | None = None) -> None:
        if recipient:
            self.recipients.append({"legalEntityId": row.recipient_id, "status": recipient})
        if product:
            self.products.append({"softwareProductId": row.software_id, "status": product})


@pytest.fixture
def register(https: HttpsServer) -> Register:
    register = Register()
    https.answer = register.answer
    return register


@pytest.fixture
def poll(database: Database, settings: Settings, clock: MovableClock, outbound: Outbound, https: HttpsServer) -> Poll:
    sync = StatusSync(database, control_namespace(settings), RegisterApi(outbound), clock, seconds_between_tries=0)
    origin = https.origin("register")
    environment = RegisterEnvironment("sandbox", origin, origin, origin + "/jwks")

    async def poll(*tenants: Tenant) -> PollResult:
        return await sync.poll(environment, list(tenants))

    return poll


async def test_the_lists_are_requested_in_version_3_without_authorization(
    tenant: Tenant, https: HttpsServer, register: Register, poll: Poll
) -> None:
    await poll(tenant)
    assert [(asked.method, asked.path) for asked in https.requests] == [("GET", RECIPIENTS), ("GET", PRODUCTS)]
    assert {asked.headers["x-v"] for asked in https.requests} == {"3"}
    assert not any("authorization" in asked.headers for asked in https.requests)


@pytest.mark.parametrize(
    ("recipient", "product"), [("ACTIVE", "INACTIVE"), ("SUSPENDED", "INACTIVE"), ("SUSPENDED", "ACTIVE")]
)
async def test_an_inactive_product_keeps_its_consents(
    *,
    database: Database,
    tenant: Tenant,
    clock: MovableClock,
    register: Register,
    poll: Poll,
    recipient: str,
    product: str,
) -> None:
    client_id = await add_client(database, tenant, clock.now())
    arrangement_id = await add_arrangement(database, tenant, client_id, clock.now())
    register.add_status(await one(database, tenant, client, client_id=client_id), recipient, product)
    polled = await poll(tenant)
    row = await one(database, tenant, client, client_id=client_id)
    assert (row.recipient_status, row.product_status, row.removed_at) == (recipient, product, None)
    assert (await one(database, tenant, arrangement, id=arrangement_id)).ended_at is None
    assert (await one(database, tenant, access_token, arrangement_id=arrangement_id)).revoked_at is None
    assert (polled.effects.changed, polled.effects.removed) == (1, 0)

    register.recipients, register.products = [], []
    register.add_status(row, "ACTIVE", "ACTIVE")
    await poll(tenant)
    row = await one(database, tenant, client, client_id=client_id)
    assert (row.recipient_status, row.product_status) == ("ACTIVE", "ACTIVE")


@pytest.mark.parametrize(
    ("recipient", "product"),
    [
        ("ACTIVE", "REMOVED"),
        ("SUSPENDED", "REMOVED"),
        ("REVOKED", "REMOVED"),
        ("SURRENDERED", "REMOVED"),
        ("REVOKED", "ACTIVE"),
        ("SURRENDERED", None),
    ],
)
async def test_a_removed_product_loses_consents_tokens_and_registration(
    *,
    database: Database,
    tenant: Tenant,
    clock: MovableClock,
    register: Register,
    poll: Poll,
    recipient: str,
    product: str | None,
) -> None:
    client_id = await add_client(database, tenant, clock.now())
    arrangement_id = await add_arrangement(database, tenant, client_id, clock.now())
    other = await add_client(database, tenant, clock.now())
    other_arrangement = await add_arrangement(database, tenant, other, clock.now())
    register.add_status(await one(database, tenant, client, client_id=client_id), recipient, product)

    polled = await poll(tenant)

    assert (polled.effects.removed, polled.effects.arrangements_ended) == (1, 1)
    assert (await one(database, tenant, client, client_id=client_id)).removed_at is not None
    ended = await one(database, tenant, arrangement, id=arrangement_id)
    assert ended.ended_by == "register"
    assert (await one(database, tenant, access_token, arrangement_id=arrangement_id)).revoked_at is not None
    # No notice: CDS, CDR Arrangement Revocation endpoint, excepts changes of status in the Register.
    async with database.transaction(tenant.namespace) as tx:
        assert (await tx.execute(select(outbox))).all() == []
    assert (await one(database, tenant, client, client_id=other)).removed_at is None
    assert (await one(database, tenant, arrangement, id=other_arrangement)).ended_at is None


async def test_a_missing_status_keeps_its_last_value(
    database: Database, tenant: Tenant, clock: MovableClock, register: Register, poll: Poll
) -> None:
    client_id = await add_client(database, tenant, clock.now())
    row = await one(database, tenant, client, client_id=client_id)
    register.add_status(row, "SUSPENDED", "INACTIVE")
    await poll(tenant)
    register.recipients, register.products = [], []
    polled = await poll(tenant)
    assert polled.effects.changed == 0
    row = await one(database, tenant, client, client_id=client_id)
    assert (row.recipient_status, row.product_status) == ("SUSPENDED", "INACTIVE")


async def test_unknown_statuses_and_malformed_entries_are_ignored(
    database: Database, tenant: Tenant, clock: MovableClock, register: Register, poll: Poll
) -> None:
    good, odd = [await add_client(database, tenant, clock.now()) for _ in range(2)]
    register.add_status(await one(database, tenant, client, client_id=odd), "RETIRED", "PAUSED")
    register.add_status(await one(database, tenant, client, client_id=good), "ACTIVE", "INACTIVE")
    register.products += [
        None,
        7,
        {},
        {"softwareProductId": 1, "status": "ACTIVE"},
        {"softwareProductId": "x" * 37, "status": "ACTIVE"},
        {"softwareProductId": "y", "status": ["ACTIVE"]},
    ]
    polled = await poll(tenant)
    assert polled.products == 1
    assert (await one(database, tenant, client, client_id=odd)).product_status == "ACTIVE"
    assert (await one(database, tenant, client, client_id=good)).product_status == "INACTIVE"


@pytest.mark.parametrize(
    "broken",
    [
        (500, b""),
        (302, b""),
        (200, b""),
        (200, b"{"),
        (200, b"\xff\xfe"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"data": {}}'),
        (200, b"[" * 500_000),
        (200, b" " * 2_000_000),
        (406, b'{"errors": []}'),
    ],
)
async def test_a_response_that_cannot_be_read_changes_nothing(
    *,
    database: Database,
    tenant: Tenant,
    clock: MovableClock,
    https: HttpsServer,
    register: Register,
    poll: Poll,
    broken: Answer,
) -> None:
    client_id = await add_client(database, tenant, clock.now())
    row = await one(database, tenant, client, client_id=client_id)
    register.add_status(row, "ACTIVE", "INACTIVE")
    await poll(tenant)
    register.recipients, register.products = [], []
    register.add_status(row, "ACTIVE", "REMOVED")
    register.broken[PRODUCTS] = broken
    https.requests.clear()
    with pytest.raises(RegisterUnreadable):
        await poll(tenant)
    assert len(https.requests) == 6
    row = await one(database, tenant, client, client_id=client_id)
    assert (row.product_status, row.removed_at) == ("INACTIVE", None)


async def test_a_poll_succeeds_after_two_errors_of_the_register(
    tenant: Tenant, https: HttpsServer, register: Register, poll: Poll
) -> None:
    answers = iter([(503, b""), (503, b"")])
    https.answer = lambda asked: next(answers, None) or register.answer(asked)
    assert (await poll(tenant)).tenants_failed == 0


async def test_the_next_poll_completes_an_interrupted_one_from_stored_statuses(
    database: Database, tenant: Tenant, clock: MovableClock, register: Register, poll: Poll
) -> None:
    client_id = await add_client(database, tenant, clock.now())
    register.add_status(await one(database, tenant, client, client_id=client_id), "ACTIVE", "REMOVED")
    await poll()  # no tenant is updated, as if the process had been killed
    register.broken = {PRODUCTS: (500, b""), RECIPIENTS: (500, b"")}
    with pytest.raises(RegisterUnreadable):
        await poll(tenant)
    assert (await one(database, tenant, client, client_id=client_id)).removed_at is not None


async def test_all_tenants_are_updated_although_one_fails(
    *,
    database: Database,
    settings: Settings,
    two_tenants: tuple[Tenant, Tenant],
    clock: MovableClock,
    register: Register,
    poll: Poll,
    caplog: pytest.LogCaptureFixture,
) -> None:
    product, entity = str(uuid4()), str(uuid4())
    for tenant in two_tenants:
        await add_client(database, tenant, clock.now(), software_id=product, legal_entity_id=entity)
    lost = msgspec.structs.replace(
        two_tenants[0], namespace=two_tenants[0].namespace._replace(schema="tenant_that_is_gone")
    )
    register.products = [{"softwareProductId": product, "status": "INACTIVE"}]
    with caplog.at_level(logging.ERROR):
        polled = await poll(lost, *two_tenants)
    assert (polled.tenants, polled.tenants_failed, polled.effects.changed) == (3, 1, 2)
    for tenant in two_tenants:
        assert (await one(database, tenant, client, software_id=product)).product_status == "INACTIVE"
    async with database.transaction(control_namespace(settings)) as tx:
        chosen = select(register_environment.c.polled_at).where(register_environment.c.id == "sandbox")
        assert (await tx.execute(chosen)).scalar_one() is not None


async def test_the_status_of_the_client_of_the_register_does_not_change(
    database: Database, tenant: Tenant, clock: MovableClock, register: Register, poll: Poll
) -> None:
    client_id = await add_client(database, tenant, clock.now(), kind="register")
    register.add_status(await one(database, tenant, client, client_id=client_id), "REVOKED", "REMOVED")
    await poll(tenant)
    row = await one(database, tenant, client, client_id=client_id)
    assert (row.recipient_status, row.removed_at) == ("ACTIVE", None)
