"""A tenant with data, a recipient with a token, and the resource routes of both surfaces."""

import hashlib
import secrets
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from litestar import Litestar
from sqlalchemy import insert, select

from apps.http.before_routing import playing_back
from apps.http.context import SCOPE_KEY, RequestContext
from apps.http.errors import error_handlers
from apps.http.suspension import refuse_when_suspended
from apps.resources import public_routes, secure_routes
from haas.database import Database
from haas.http import ClientCertificate, interaction_id
from ops.demonstration.customers import load_demonstration
from tenants.accounts.tables import account, disclosure_option, holding
from tenants.arrangements.tables import arrangement, authorisation, authorised_account
from tenants.clients.tables import client
from tenants.oauth.scopes import DATA_SCOPES
from tenants.parties.tables import customer, representation
from tenants.registry.models import Tenant
from tenants.tokens.tables import access_token

THUMBPRINT = hashlib.sha256(b"the recipient's certificate").digest()
HEADERS = {"x-v": "9", "x-min-v": "1", "x-fapi-auth-date": "Tue, 24 Nov 2026 08:00:00 GMT"}


class Recipient:
    """A client with an arrangement; `issue` gives it tokens. The test's rows are written without the services."""

    def __init__(
        self, database: Database, tenant: Tenant, customer_id: UUID, accounts: list[UUID], now: datetime
    ) -> None:
        self.database, self.tenant, self.now = database, tenant, now
        self.customer_id, self.accounts = customer_id, accounts
        self.client_id, self.software_id = str(uuid4()), str(uuid4())
        self.arrangement_id, self.authorisation_id = uuid4(), uuid4()

    async def register(self, *, active: bool = True, sharing: timedelta = timedelta(days=90)) -> "Recipient":
        async with self.database.transaction(self.tenant.namespace) as tx:
            await tx.execute(
                insert(client).values(
                    client_id=self.client_id,
                    kind="software-product",
                    software_id=self.software_id,
                    recipient_id=str(uuid4()),
                    registration={},
                    recipient_status="ACTIVE",
                    product_status="ACTIVE",
                    created_at=self.now,
                    updated_at=self.now,
                )
            )
            who = await tx.execute(
                select(representation.c.login_id).where(representation.c.customer_id == self.customer_id)
            )
            await tx.execute(
                insert(arrangement).values(
                    id=self.arrangement_id,
                    client_id=self.client_id,
                    customer_id=self.customer_id,
                    login_id=who.scalars().first(),
                    created_at=self.now,
                    active_at=self.now if active else None,
                    authorisation_id=self.authorisation_id,
                )
            )
            await tx.execute(
                insert(authorisation).values(
                    id=self.authorisation_id,
                    arrangement_id=self.arrangement_id,
                    version=1,
                    scopes=list(DATA_SCOPES),
                    claims={},
                    sharing_duration=int(sharing.total_seconds()),
                    acr="urn:cds.au:cdr:2",
                    authenticated_at=self.now,
                    authorised_at=self.now,
                    active_at=self.now,
                    expires_at=self.now + sharing,
                )
            )
            for account_id in self.accounts:
                await tx.execute(
                    insert(authorised_account).values(
                        authorisation_id=self.authorisation_id, account_id=account_id, approval="approved"
                    )
                )
        return self

    async def issue(self, scope: str = " ".join(DATA_SCOPES), **columns: Any) -> str:
        token = secrets.token_urlsafe(32)
        row = {
            "token_hash": hashlib.sha256(token.encode()).digest(),
            "client_id": self.client_id,
            "arrangement_id": self.arrangement_id,
            "authorisation_id": self.authorisation_id,
            "scope": scope,
            "certificate_thumbprint": THUMBPRINT,
            "issued_at": self.now,
            "expires_at": self.now + timedelta(minutes=10),
        }
        async with self.database.transaction(self.tenant.namespace) as tx:
            await tx.execute(insert(access_token).values(row | columns))
        return token

    async def write(self, statement: Any) -> None:
        async with self.database.transaction(self.tenant.namespace) as tx:
            await tx.execute(statement)


class World:
    """The tenant with its data, and HTTP clients of both surfaces."""

    def __init__(self, deployment: Any, keyring: Any, tenant: Tenant) -> None:
        self.database, self.keyring, self.tenant = deployment.database, keyring, tenant
        self.clock, self.certificate = deployment.clock, THUMBPRINT
        self.recorded: list[Any] = []

    def client(self, surface: str) -> httpx.AsyncClient:
        routes = secure_routes if surface == "secure" else public_routes
        application: Any = Litestar(
            routes, guards=[refuse_when_suspended], exception_handlers=error_handlers, openapi_config=None, debug=False
        )

        async def with_context(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                here = RequestContext(
                    tenant=self.tenant,
                    surface=surface,  # type: ignore[arg-type]
                    services=self,  # type: ignore[arg-type]
                    interaction_id=interaction_id(dict(scope["headers"]).get(b"x-fapi-interaction-id")),
                    certificate=ClientCertificate(self.certificate) if surface == "secure" else None,
                    now=self.clock.now(),
                )
                scope[SCOPE_KEY] = here
                self.recorded.append(here)
                if surface == "secure":
                    send = playing_back(send, here.interaction_id)
            await application(scope, receive, send)

        return httpx.AsyncClient(transport=httpx.ASGITransport(with_context), base_url="https://host.test/cds-au/v1")

    async def holder(self, kind: str = "person", accounts: int = 2) -> tuple[UUID, list[UUID]]:
        """A customer of a kind who holds that many accounts, with the ids of those."""
        async with self.database.transaction(self.tenant.namespace) as tx:
            rows = await tx.execute(
                select(customer.c.id, holding.c.account_id)
                .join(holding, holding.c.customer_id == customer.c.id)
                .join(account, account.c.id == holding.c.account_id)
                .outerjoin(disclosure_option, disclosure_option.c.account_id == account.c.id)
                .where(customer.c.kind == kind, disclosure_option.c.account_id.is_(None))
                .order_by(customer.c.id, account.c.creation_date, account.c.id)
            )
            held: dict[UUID, list[UUID]] = {}
            for customer_id, account_id in rows:
                held.setdefault(customer_id, []).append(account_id)
        return next((one, ids) for one, ids in held.items() if len(ids) == accounts)

    async def recipient(self, kind: str = "person", **options: Any) -> Recipient:
        customer_id, accounts = await self.holder(kind)
        recipient = Recipient(self.database, self.tenant, customer_id, accounts, self.clock.now())
        return await recipient.register(**options)


@pytest.fixture(scope="module")
async def world(deployment: Any, keyring: Any) -> World:
    """A tenant of the module's own with generated data."""
    tenant = await deployment.new_tenant()
    await load_demonstration(deployment.database, tenant.namespace, 0, file=None, now=deployment.clock.now())
    return World(deployment, keyring, tenant)


@pytest.fixture
def moved_clock(world: World) -> Any:
    """The clock that everything follows; it is set back when the test ends."""
    yield world.clock
    world.clock.reset()


@pytest.fixture
async def secure(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.client("secure") as client:
        client.headers.update(HEADERS)
        yield client


@pytest.fixture
async def public(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.client("public") as client:
        client.headers["x-v"] = "1"
        yield client


def bearer(token: str, **headers: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", **{name.replace("_", "-"): value for name, value in headers.items()}}


def code(response: httpx.Response) -> str:
    """The code of the one error of a response, without its prefix."""
    [error] = msgspec.json.decode(response.content)["errors"]
    assert set(error) == {"code", "title", "detail"}
    return str(error["code"]).removeprefix("urn:au-cds:error:")


@pytest.fixture(scope="session", name="bearer")
def _bearer() -> Any:
    return bearer


@pytest.fixture(scope="session", name="code")
def _code() -> Any:
    return code
