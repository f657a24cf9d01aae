"""Software products of data recipients, and their clients at a tenant."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import update

from haas.clock import epoch
from haas.database import Database
from ops.sandbox.jose import Algorithm, SigningKey, sign
from ops.sandbox.recipient.client import RecipientClient
from ops.sandbox.recipient.holder import Holder
from tenants.clients import store
from tenants.clients.models import Client, ClientKind, Registration
from tenants.clients.tables import client
from tenants.oauth import scopes
from tenants.registry.models import Tenant
from tests.support.application import CERTIFICATE, Application
from tests.support.https_server import HOST, HttpsServer
from tests.support.rows import execute


def statement(software_id: str = "") -> dict[str, Any]:
    """Return the claims of a software product's software statement, without the dates."""
    software_id = software_id or str(uuid4())
    base = f"https://{HOST}/{software_id}"
    return {
        "iss": "cdr-register",
        "legal_entity_id": str(uuid4()),
        "legal_entity_name": "Mock Company Pty Ltd",
        "org_id": str(uuid4()),
        "org_name": "Mock Company",
        "client_name": "Mock Software",
        "client_description": "Compares energy plans",
        "client_uri": f"https://{HOST}",
        "redirect_uris": [f"{base}/callback", f"{base}/callback?tenant=one&x=1"],
        "logo_uri": f"https://{HOST}/logo.png",
        "jwks_uri": f"{base}/jwks",
        "revocation_uri": f"{base}/revocation",
        "recipient_base_uri": base,
        "software_id": software_id,
        "software_roles": "data-recipient-software-product",
        "scope": f"openid profile bank:accounts.basic:read {scopes.join(scopes.DATA_SCOPES)} cdr:registration",
    }


def registration(stated: dict[str, Any], algorithm: Algorithm = "PS256", **changes: Any) -> Registration:
    """Return what a tenant keeps of a software product after registration, by the claims of its statement."""
    values: dict[str, Any] = {
        **{name: value for name, value in stated.items() if name != "iss"},
        "redirect_uris": tuple(stated["redirect_uris"]),
        "scope": scopes.join(scopes.recipient_scopes()),
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": algorithm,
        "grant_types": ("client_credentials", "authorization_code", "refresh_token"),
        "response_types": ("code",),
        "application_type": "web",
        "id_token_signed_response_alg": algorithm,
        "authorization_signed_response_alg": algorithm,
        "request_object_signing_alg": algorithm,
        "software_statement": "an-ssa",
    }
    return Registration(**{**values, **changes})


class SoftwareProduct:
    """A software product: its key, what it publishes, and what the Register states about it."""

    def __init__(self, web: HttpsServer, key: SigningKey, register_key: SigningKey) -> None:
        self.key, self._register_key = key, register_key
        self.software_id = str(uuid4())
        self.base = f"/{self.software_id}"
        self.jwks_uri = web.publish(f"{self.base}/jwks", {"keys": [key.public_jwk()]})
        self.statement = {**statement(self.software_id), "jwks_uri": self.jwks_uri}
        self.redirect_uris: list[str] = self.statement["redirect_uris"]
        self.redirect_uri = self.redirect_uris[0]

    def ssa(self, now: datetime, **claims: object) -> str:
        """Return a software statement that the Register signs now; `None` leaves a claim out."""
        dated = {"iat": epoch(now), "exp": epoch(now) + 600, "jti": str(uuid4())}
        stated = {**self.statement, **dated, **claims}
        return sign({name: value for name, value in stated.items() if value is not None}, self._register_key)

    def registration(self, **changes: Any) -> Registration:
        """Return what a tenant keeps of it after registration."""
        return registration(self.statement, self.key.algorithm, **changes)


def new_product(application: Application, algorithm: Algorithm = "PS256") -> SoftwareProduct:
    """Return a new software product that signs by an algorithm."""
    if algorithm not in application.product_keys:
        application.product_keys[algorithm] = SigningKey.generate(algorithm)
    return SoftwareProduct(application.web, application.product_keys[algorithm], application.register_key)


async def product_client(
    application: Application,
    tenant: Tenant,
    product: SoftwareProduct,
    *,
    certificate: str = CERTIFICATE,
    client_id: str = "",
) -> RecipientClient:
    """Return the protocol client of a product at a tenant."""
    http = application.http(certificate)
    return RecipientClient(
        await Holder.discover(tenant.issuer, http),
        http,
        product.key,
        software_product_id=product.software_id,
        redirect_uri=product.redirect_uri,
        resource_base_uri=tenant.secure_base,
        client_id=client_id,
        clock=application.services.clock,
    )


async def unregistered_client(application: Application, tenant: Tenant) -> tuple[SoftwareProduct, RecipientClient]:
    """Return a new product and its protocol client, which has not registered with the tenant."""
    product = new_product(application)
    return product, await product_client(application, tenant, product)


async def registered_client(
    application: Application, tenant: Tenant, product: SoftwareProduct | None = None, **changes: Any
) -> RecipientClient:
    """Return the protocol client of a product that is registered with the tenant; `changes` are of its metadata."""
    product = product or new_product(application)
    kept = product.registration(**changes)
    client_id = await add_client(application.database, tenant, application.now, kept)
    return await product_client(application, tenant, product, client_id=client_id)


async def add_client(
    database: Database,
    tenant: Tenant,
    now: datetime,
    kept: Registration | None = None,
    *,
    kind: ClientKind = "software-product",
    **changes: Any,
) -> str:
    """Add a client to a tenant; return its id. `changes` are of its metadata where none is given."""
    kept = kept or registration(statement(), **changes)
    client_id = str(uuid4())
    async with database.transaction(tenant.namespace) as tx:
        assert await store.add(tx, client_id, kind, kept, recipient_id=str(kept.legal_entity_id), now=now)
    return client_id


async def load_client(database: Database, tenant: Tenant, client_id: str) -> Client:
    """Return a live client."""
    async with database.transaction(tenant.namespace) as tx:
        found = await store.load(tx, client_id)
    assert found is not None
    return found


async def set_client(database: Database, tenant: Tenant, client_id: str, **columns: Any) -> None:
    """Change columns of a client's row, such as `product_status`."""
    await execute(database, tenant, update(client).where(client.c.client_id == client_id).values(**columns))
