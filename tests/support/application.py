"""The whole application, called without a network connection."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import httpx
import msgspec

from apps.asgi import HostRouter
from haas.database import Database
from ops.deployment import Deployment
from ops.sandbox.jose import SigningKey
from tenants.registry.models import Tenant
from tenants.registry.service import Registry
from tenants.services import Services
from tests.support.deployments import REGISTER
from tests.support.https_server import HttpsServer

CERTIFICATE = "certificate"


class Application:
    """The application over a deployment. `web` publishes what the Register and the data recipients publish."""

    def __init__(self, deployment: Deployment, services: Services, web: HttpsServer, register_key: SigningKey) -> None:
        self.deployment, self.services, self.web, self.register_key = deployment, services, web, register_key
        self.asgi = HostRouter(services)
        self.product_keys: dict[str, SigningKey] = {}
        """The keys of software products by algorithm. Products share them, because generating RSA keys takes time."""

    @property
    def database(self) -> Database:
        return self.services.database

    @property
    def now(self) -> datetime:
        return self.services.clock.now()

    async def new_tenant(self, slug: str | None = None, **options: Any) -> Tenant:
        """Make a tenant that the application knows at once; otherwise its host may stay unknown for 0.2 s."""
        tenant = await self.deployment.new_tenant(slug, **options)
        self._forget_tenants()
        return tenant

    def http(self, certificate: str = CERTIFICATE, *, base_url: str = "") -> httpx.AsyncClient:
        """Return a client whose requests arrive as through the proxy, with a verified certificate on secure hosts."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.asgi),
            headers={"Client-Cert": client_cert_header(certificate)},
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

    def _forget_tenants(self) -> None:
        services = self.services
        services.registry = Registry(services.database, services.settings, services.clock)


def client_cert_header(label: str) -> str:
    """Return the `Client-Cert` header of a verified certificate (RFC 9440); any bytes stand for its DER."""
    return f":{base64.b64encode(label.encode()).decode()}:"


@asynccontextmanager
async def open_application(deployment: Deployment, web: HttpsServer) -> AsyncIterator[Application]:
    """Open the application of a deployment, whose Register publishes its key at `web`."""
    register_key = SigningKey.generate("PS256")
    jwks_uri = web.publish("/register/jwks", {"keys": [register_key.public_jwk()]})
    environment = msgspec.structs.replace(REGISTER, jwks_uri=jwks_uri)
    await deployment.administration.put_register_environment(environment, actor="tests")
    services = Services.open(web.settings(deployment.settings))
    yield Application(deployment, services, web, register_key)
    await services.close()
