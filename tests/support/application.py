"""The whole application, called without a network connection."""

import base64
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import httpx
import msgspec

from apps.asgi import HostRouter
from haas.database import Database
from ops.deployment import Deployment
from ops.sandbox.jose import SIGNING_ALGORITHMS, SigningKey
from tenants.availability.board import OutageBoard
from tenants.keys.creation import NewSigningKey
from tenants.provisioning.owner import owner_transaction
from tenants.provisioning.tenant_changes import TenantChange
from tenants.registry import store as registry_store
from tenants.registry.models import Tenant
from tenants.registry.service import Registry
from tenants.services import Services
from tests.support.deployments import REGISTER
from tests.support.https_server import HttpsServer
from themes.files import with_files
from themes.tokens import check_theme

CERTIFICATE = "certificate"
KeySets = Iterator[Sequence[NewSigningKey]]


class Application:
    """The application over a deployment. `web` publishes what the Register and the data recipients publish."""

    def __init__(
        self,
        deployment: Deployment,
        services: Services,
        web: HttpsServer,
        register_keys: dict[str, SigningKey],
        keys: KeySets,
    ) -> None:
        """`register_keys` are those of the Register by algorithm; `keys` are the signing keys of new tenants."""
        self.deployment, self.services, self.web, self.register_keys = deployment, services, web, register_keys
        self._keys = keys
        self.asgi = HostRouter(services)
        self.product_keys: dict[str, SigningKey] = {}
        """The keys of software products by algorithm. Products share them, because generating RSA keys takes time."""

    @property
    def register_key(self) -> SigningKey:
        return self.register_keys["PS256"]

    @property
    def database(self) -> Database:
        return self.services.database

    @property
    def now(self) -> datetime:
        return self.services.clock.now()

    async def new_tenant(self, slug: str | None = None, **options: Any) -> Tenant:
        """Make a tenant that the application knows at once; otherwise its host may stay unknown for 0.2 s."""
        tenant = await self.deployment.new_tenant(slug, signing_keys=next(self._keys), **options)
        self._forget_tenants()
        return tenant

    async def change(self, tenant: Tenant, **changes: Any) -> Tenant:
        """Change a tenant, which the application serves at once; return it. `changes` are those of a TenantChange."""
        changed = await self.deployment.administration.change(
            tenant.slug, TenantChange(**changes), actor="tests", check_theme=check_theme
        )
        self._forget_tenants()
        return changed.after

    async def publish_theme(self, tenant: Tenant, contents: Mapping[str, bytes]) -> None:
        """Publish the theme of a tenant with fonts and an icon, by token; the application serves it at once."""
        tokens, files = with_files(tenant.theme, contents)
        checked: dict[str, Any] = {"actor": "tests", "check_theme": check_theme}
        administration = self.deployment.administration
        number = await administration.save_theme(tenant.slug, tokens, files=files, note=None, **checked)
        await administration.publish_theme(tenant.slug, number, **checked)
        self._forget_tenants()

    def http(
        self, certificate: str = CERTIFICATE, *, base_url: str = "", headers: dict[str, str] | None = None
    ) -> httpx.AsyncClient:
        """Return a client whose requests arrive as through the proxy, with a verified certificate on secure hosts."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.asgi),
            headers={
                "Client-Cert": client_cert_header(certificate),
                "HAAS-Register-Environment": REGISTER.id,
                **(headers or {}),
            },
            base_url=base_url,
        )

    @asynccontextmanager
    async def suspended(self, tenant: Tenant) -> AsyncIterator[None]:
        """Suspend a tenant until the block ends; the application learns of both at once."""
        await self.deployment.administration.suspend(tenant.slug, actor="tests")
        self._forget_tenants()
        try:
            yield
        finally:
            await self.deployment.administration.resume(tenant.slug, actor="tests")
            self._forget_tenants()

    @asynccontextmanager
    async def switched_on(self, tenant: Tenant, switch: str) -> AsyncIterator[None]:
        """Switch on a setting of a tenant until the block ends; the application learns of both at once."""
        await self._switch(tenant, switch, on=True)
        try:
            yield
        finally:
            await self._switch(tenant, switch, on=False)

    async def _switch(self, tenant: Tenant, switch: str, *, on: bool) -> None:
        await self.change(tenant, switches={switch: on})

    async def set_setting(self, tenant: Tenant, **settings: Any) -> None:
        """Set settings of a tenant that no command sets yet; the application learns of it at once."""
        deployment = self.deployment
        async with owner_transaction(deployment.owner, deployment.settings) as tx:
            stored = await registry_store.lock_settings(tx, tenant.slug)
            await registry_store.update_brand(tx, tenant.id, {"settings": {**(stored or {}), **settings}})
            await registry_store.advance_revision(tx)
        self._forget_tenants()

    def forget_outages(self) -> None:
        """Let the application learn at once of outages that a test has changed; otherwise it takes up to a second."""
        self.services.outage_board = OutageBoard(self.services.database, self.services.clock)

    def _forget_tenants(self) -> None:
        services = self.services
        services.registry = Registry(services.database, services.settings, services.clock)


def client_cert_header(label: str) -> str:
    """Return the `Client-Cert` header of a verified certificate (RFC 9440); any bytes stand for its DER."""
    return f":{base64.b64encode(label.encode()).decode()}:"


@asynccontextmanager
async def open_application(deployment: Deployment, web: HttpsServer, keys: KeySets) -> AsyncIterator[Application]:
    """Open the application of a deployment, whose Register publishes its keys at `web`; see Application for `keys`."""
    register_keys = {algorithm: SigningKey.generate(algorithm) for algorithm in SIGNING_ALGORITHMS}
    jwks_uri = web.publish("/register/jwks", {"keys": [key.public_jwk() for key in register_keys.values()]})
    environment = msgspec.structs.replace(REGISTER, jwks_uri=jwks_uri)
    await deployment.administration.put_register_environment(environment, actor="tests")
    services = Services.open(web.settings(deployment.settings))
    yield Application(deployment, services, web, register_keys, keys)
    await services.close()
