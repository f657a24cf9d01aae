"""Two brands, a software product that is a client of both, and people who authorise: all on real parts.

The application is reached as the proxy would reach it. Where a person would go through the pages, `World.authorise`
moves the attempt to where those leave it.
"""

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from sqlalchemy import insert, select

from apps.asgi import HostRouter
from haas.clock import MovableClock
from haas.database import Database
from haas.digest import digest
from haas.jose import KeySealer
from haas.outbound import Outbound
from ops.deployment import Deployment
from ops.sandbox.jose import SigningKey
from ops.sandbox.recipient.answers import Flow, Refused, Tokens
from ops.sandbox.recipient.client import RecipientClient
from ops.sandbox.recipient.holder import Holder
from tenants.accounts.tables import account
from tenants.attempts import service as attempts
from tenants.attempts import store as attempt_store
from tenants.attempts.models import Attempt
from tenants.clients import store as clients
from tenants.clients.models import Client, Registration
from tenants.parties.tables import customer, login, representation
from tenants.registry.models import RegisterEnvironment, Tenant
from tenants.services import Services
from tests.conftest import PostgresServer, opened
from tests.identity.parties import Publisher, SoftwareProduct, client_cert_header

SCOPE = "openid profile energy:accounts.basic:read common:customer.basic:read"
YEAR = 31_536_000


class Person(msgspec.Struct, frozen=True):
    """Somebody with a login, a customer and an account in a tenant."""

    login_id: UUID
    customer_id: UUID
    account_id: UUID


class World:
    """The services of the deployment, its application, and what tests do around them."""

    def __init__(self, services: Services, publisher: Publisher, register_key: SigningKey) -> None:
        self.services, self.publisher, self.register_key = services, publisher, register_key
        self.application = HostRouter(services)
        self.keys: dict[str, SigningKey] = {}

    @property
    def now(self) -> datetime:
        return self.services.clock.now()

    def product(self, algorithm: Any = "PS256") -> SoftwareProduct:
        """A new software product; making RSA keys costs processor time, so that products share them."""
        key = self.keys.setdefault(algorithm, SigningKey.generate(algorithm))
        return SoftwareProduct(self.publisher, key, self.register_key)

    def http(self, certificate: str = "certificate") -> httpx.AsyncClient:
        """A client whose calls arrive as through the proxy, with a verified certificate on secure hosts."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.application),
            headers={"Client-Cert": client_cert_header(certificate)},
        )

    async def recipient(
        self, tenant: Tenant, product: SoftwareProduct, *, certificate: str = "certificate", client_id: str = ""
    ) -> RecipientClient:
        """The protocol client of a product at a tenant."""
        http = self.http(certificate)
        return RecipientClient(
            await Holder.discover(tenant.issuer, http),
            http,
            product.key,
            software_product_id=product.software_id,
            redirect_uri=product.redirect_uri,
            resource_base_uri=tenant.secure_base,
            client_id=client_id,
            clock=self.services.clock,
        )

    async def unregistered(self, tenant: Tenant) -> tuple[SoftwareProduct, RecipientClient]:
        """A new product and its protocol client, before it registers."""
        product = self.product()
        return product, await self.recipient(tenant, product)

    async def registered(
        self, tenant: Tenant, product: SoftwareProduct | None = None, **changes: Any
    ) -> RecipientClient:
        """A protocol client whose product the tenant has already registered."""
        product = product or self.product()
        client_id = str(uuid4())
        registration: Registration = product.registration(**changes)
        async with self.services.database.transaction(tenant.namespace) as tx:
            assert await clients.add(
                tx, client_id, "software-product", registration, recipient_id="entity", now=self.now
            )
        return await self.recipient(tenant, product, client_id=client_id)

    async def person(self, tenant: Tenant) -> Person:
        """A new person in a tenant."""
        person, now = Person(uuid4(), uuid4(), uuid4()), self.now
        async with self.services.database.transaction(tenant.namespace) as tx:
            who = {"id": person.login_id, "identifier": f"{person.login_id}@people.test", "updated_at": now}
            who["reference"] = str(person.login_id)
            await tx.execute(
                insert(login).values(
                    **who, name="Mia Wong", given_name="Mia", family_name="Wong", email="mia@people.test"
                )
            )
            of = {"reference": str(person.customer_id), "updated_at": now}
            await tx.execute(
                insert(customer).values(id=person.customer_id, kind="person", name="Mia Wong", detail={}, **of)
            )
            await tx.execute(
                insert(representation).values(
                    login_id=person.login_id, customer_id=person.customer_id, valid_from=now.date(), role="self"
                )
            )
            await tx.execute(
                insert(account).values(
                    id=person.account_id,
                    reference=str(person.account_id),
                    display_name="Home",
                    open_status="OPEN",
                    creation_date=now.date(),
                    summary={},
                    detail={},
                    updated_at=now,
                )
            )
        return person

    async def client(self, tenant: Tenant, client_id: str) -> Client:
        async with self.services.database.transaction(tenant.namespace) as tx:
            client = await clients.load(tx, client_id)
        assert client is not None
        return client

    async def attempt(self, tenant: Tenant, flow: Flow, client_id: str) -> Attempt:
        async with self.services.database.transaction(tenant.namespace) as tx:
            found = await attempt_store.by_request_uri(tx, client_id, digest(flow.request_uri))
        assert found is not None
        return found

    async def authorise(self, tenant: Tenant, recipient: RecipientClient, flow: Flow, person: Person) -> str:
        """Do what the pages do between the visit and the response; return the URL that the browser is sent to."""
        client = await self.client(tenant, recipient.client_id)
        async with self.services.database.transaction(tenant.namespace) as tx:
            visited = await attempts.by_request_uri(tx, client, flow.request_uri)
            await attempts.begin(tx, visited, browser_hash=secrets.token_bytes(32), now=self.now)
            await attempts.spend(tx, visited, self.now)
            await attempt_store.move(
                tx,
                visited.id,
                "preAuthorisation",
                now=self.now,
                login_id=person.login_id,
                customer_id=person.customer_id,
                authenticated_at=self.now,
                accounts=[person.account_id],
            )
            attempt = await attempt_store.by_id(tx, visited.id)
            assert attempt is not None
            code = await attempts.issue_code(tx, attempt, client, self.now)
        return await self.services.responder.build(tenant, client, attempt.request, code, self.now)

    async def code(self, tenant: Tenant, recipient: RecipientClient, flow: Flow, person: Person) -> str:
        """The code that the recipient reads from the response."""
        url = await self.authorise(tenant, recipient, flow, person)
        return await recipient.read_response(response_of(url), flow)

    async def consent(
        self, tenant: Tenant, recipient: RecipientClient, person: Person | None = None, **asked: Any
    ) -> Tokens:
        """A whole authorisation: pushed, authorised, and its code exchanged."""
        person = person or await self.person(tenant)
        flow = await recipient.push(SCOPE, **{"sharing_duration": 86_400 * 90, **asked})
        return await recipient.exchange(await self.code(tenant, recipient, flow, person), flow)

    async def row(self, tenant: Tenant, table: Any, *where: Any) -> Any:
        async with self.services.database.transaction(tenant.namespace) as tx:
            return (await tx.execute(select(table).where(*where))).one()

    async def set(self, tenant: Tenant, statement: Any) -> None:
        async with self.services.database.transaction(tenant.namespace) as tx:
            await tx.execute(statement)


@contextmanager
def refused(error: str, said: str = "", *, status: int = 400) -> Iterator[pytest.ExceptionInfo[Refused]]:
    """Expect an OAuth error whose description contains `said`."""
    with pytest.raises(Refused) as refusal:
        yield refusal
    answer = refusal.value
    assert (answer.error, answer.status) == (error, status), answer.description
    assert said in (answer.description or "")
    assert answer.response.headers["cache-control"] == "no-store"


def response_of(url: str) -> str:
    """The JARM response in a redirect URL."""
    return parse_qs(urlsplit(url).query)["response"][0]


@pytest.fixture(scope="session")
async def deployment(postgres: PostgresServer, valkey: str, state_folder: Path) -> AsyncIterator[Deployment]:
    """A deployment of these tests' own: its Register publishes its keys elsewhere, and its clock is often moved."""
    async with opened(postgres, valkey, state_folder) as deployment:
        yield deployment


@pytest.fixture(scope="session")
async def publisher(state_folder: Path) -> AsyncIterator[Publisher]:
    publisher = Publisher(state_folder)
    await publisher.start()
    yield publisher
    await publisher.close()


@pytest.fixture(scope="session")
async def world(deployment: Deployment, publisher: Publisher) -> AsyncIterator[World]:
    settings = msgspec.structs.replace(
        deployment.settings, host_map={"*.recipients.test": "127.0.0.1"}, trusted_roots=publisher.root
    )
    register_key = SigningKey.generate("PS256")
    await deployment.administration.put_register_environment(
        RegisterEnvironment(
            id="sandbox",
            public_base_uri="https://register.test",
            secure_base_uri="https://mtls.register.test",
            jwks_uri=publisher.publish("/register/jwks", {"keys": [register_key.public_jwk()]}),
        ),
        actor="tests",
    )
    database = Database.open(settings.database_urls)
    services = Services(settings, deployment.clock, database, KeySealer(settings.master_key), Outbound(settings))
    yield World(services, publisher, register_key)
    await services.close()


@pytest.fixture(scope="session")
async def aurora(world: World, deployment: Deployment) -> Tenant:
    return await deployment.new_tenant("identity-aurora")


@pytest.fixture(scope="session")
async def banksia(world: World, deployment: Deployment) -> Tenant:
    return await deployment.new_tenant("identity-banksia")


@pytest.fixture(scope="session")
async def recipient(world: World, aurora: Tenant) -> RecipientClient:
    """A registered product that signs with PS256; tests that change its registration make their own."""
    return await world.registered(aurora)


@pytest.fixture
def moved_clock(world: World) -> Any:
    """The clock that everything follows; it is set back when the test ends."""
    clock = world.services.clock
    assert isinstance(clock, MovableClock)
    yield clock
    clock.reset()
