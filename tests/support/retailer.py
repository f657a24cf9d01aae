"""A retailer's own server over real mutual TLS: the one of the sandbox, for tenants of a test deployment."""

import contextlib
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
from litestar.types import ASGIApp, Receive, Scope, Send

from haas.outbound_clients import TlsCredential
from ops.demonstration.customers import demonstration_records
from ops.demonstration.retailer import JsonObject, retailer_data
from ops.pki.authority import Validity, chain_pem, name, new_root
from ops.pki.keys import key_to_pem, new_key
from ops.sandbox.applications import retailer_application
from ops.sandbox.jose import PublicKeys
from ops.sandbox.retailer.authorisation import CLIENT_ID, CLIENT_SECRET, RetailerAuthorisation
from ops.sandbox.retailer.data import Retailers
from ops.sandbox.retailer.faults import Fault, Faults
from ops.sandbox.retailer.routes import RetailerServer
from ops.sandbox.store import Store
from ops.sandbox.used_identifiers import UsedIdentifiers
from ops.stack.ports import LOOPBACK
from tenants.registry.models import Tenant, TenantSettings, UpstreamServer
from tenants.upstream.credentials import UPSTREAM_CREDENTIALS
from tenants.upstream.models import UpstreamCredential
from tests.support.application import Application
from tests.support.https_server import DOMAIN, HttpsServer

HOST = f"retailer.{DOMAIN}"
LIFETIME = timedelta(days=2)


class RetailerSite:
    """The server of the retailers of some tenants. Only the certificate of `holder` is accepted."""

    def __init__(self, folder: Path, web: HttpsServer) -> None:
        """Take the server certificate of `web`, which is valid for every name of its domain."""
        self._folder = folder
        self._certificate = web.roots.parent / "server.pem"
        validity = Validity.starting(datetime.now(UTC), LIFETIME)
        self._authority, key = new_root(name("Clients of the retailer"), validity), new_key()
        certificate = self._authority.sign_client(name("holder"), key.public_key(), validity)
        self.holder = TlsCredential(chain_pem([certificate]).decode(), key_to_pem(key).decode())
        self.faults = Faults()
        self.retailers = Retailers(folder / "retailers")
        self.tenants: dict[str, Tenant] = {}
        self.port = 0
        self.authorisation: RetailerAuthorisation
        self.server: RetailerServer

    def put(self, slug: str, data: Mapping[str, Any]) -> None:
        """Let the server have the data of a brand."""
        folder = self._folder / "retailers"
        folder.mkdir(exist_ok=True)
        (folder / f"{slug}.json").write_bytes(msgspec.json.encode(data))

    def settings(self, slug: str, **values: Any) -> UpstreamServer:
        """Return the settings of a tenant for this server."""
        return UpstreamServer(base_uri=f"https://{HOST}:{self.port}/{slug}/v1", **values)

    def with_credentials(self, slug: str) -> UpstreamServer:
        """Return the settings of a tenant that authenticates with client credentials."""
        token_uri = f"https://{HOST}:{self.port}/{slug}/token"
        return self.settings(slug, authentication="client-credentials", token_uri=token_uri, scope="cdr")

    def fail(self, tenant: Tenant, kind: str, operation: str | None = None, **values: Any) -> None:
        """Let the server show a fault to a tenant until `reset`."""
        fault = {"kind": kind, "operation": operation, **values}
        self.faults.add(tenant.slug, msgspec.convert(fault, Fault))

    def reset(self, tenant: Tenant) -> None:
        """End the faults for a tenant, and forget its requests."""
        self.faults.clear(tenant.slug)

    def asked(self, tenant: Tenant) -> list[str]:
        """Return the operations that a tenant has asked for since `reset`."""
        return [request.operation for request in self.faults.requests(tenant.slug)]

    @asynccontextmanager
    async def serving(self, application: Application) -> AsyncIterator["RetailerSite"]:
        """Serve until the block ends. The keys of the brands are those of the application's tenants."""
        services = application.services

        async def keys(issuer: str, _: str | None) -> PublicKeys:
            tenant = next(tenant for tenant in self.tenants.values() if tenant.issuer == issuer)
            return PublicKeys.from_jwks({"keys": await services.keyring.published_jwks(tenant)})

        store = Store(self._folder / "retailer.sqlite")
        self.authorisation = RetailerAuthorisation(keys, UsedIdentifiers(store), services.clock)
        self.server = RetailerServer(
            self.retailers,
            self.authorisation,
            self.faults,
            lambda slug: self.tenants[slug].issuer if slug in self.tenants else None,
        )
        authorities = self._folder / "clients.pem"
        authorities.write_bytes(chain_pem([self._authority.certificate]))
        config = uvicorn.Config(
            _with_certificate(self),
            host=LOOPBACK,
            port=self.port,
            lifespan="off",
            log_config=None,
            access_log=False,
            ssl_certfile=self._certificate,
            ssl_ca_certs=str(authorities),
            ssl_cert_reqs=ssl.CERT_REQUIRED,
        )
        async with _running(config) as port:
            self.port = port
            yield self
        store.close()


class _Listener(uvicorn.Server):
    """A server in the event loop of the tests, which handles the signals itself."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def _running(config: uvicorn.Config) -> AsyncIterator[int]:
    listener = _Listener(config)
    config.load()
    listener.lifespan = config.lifespan_class(config)
    await listener.startup()
    try:
        [bound, *_] = [socket for server in listener.servers for socket in server.sockets]
        yield bound.getsockname()[1]
    finally:
        listener.force_exit = True  # do not wait until the clients have closed their idle connections
        await listener.shutdown()


def _with_certificate(site: RetailerSite) -> ASGIApp:
    """Return the application, which gets the certificate in the header in which a proxy passes it on (RFC 9440)."""
    header = f":{b64encode(site.holder.id).decode()}:".encode()
    applications: dict[int, ASGIApp] = {}

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if site.port not in applications:
            applications[site.port] = retailer_application(site.server, site.port)
        scope["headers"] = [*scope["headers"], (b"client-cert", header)]
        await applications[site.port](scope, receive, send)

    return serve


def demonstration_data(today: date) -> JsonObject:
    """Return the data of a retailer: that of the first demonstration brand on a day. A test may change it."""
    found: JsonObject = msgspec.json.decode(_written_data(today))
    return found


@cache
def _written_data(today: date) -> bytes:
    return msgspec.json.encode(retailer_data(demonstration_records(0, None, today)))


async def use_upstream(
    application: Application,
    site: RetailerSite,
    slug: str,
    data: Mapping[str, Any],
    *,
    server: UpstreamServer | None = None,
    **options: Any,
) -> Tenant:
    """Make a tenant that reads customers and accounts from the site, which has `data` for it."""
    settings = TenantSettings(customer_source="upstream", upstream=server or site.settings(slug))
    tenant = await application.new_tenant(slug, settings=settings, **options)
    site.put(slug, data)
    site.tenants[slug] = tenant
    await save_holder_credentials(application, site, tenant)
    return tenant


async def save_holder_credentials(application: Application, site: RetailerSite, tenant: Tenant) -> None:
    """Store the credentials with which a tenant authenticates at the site."""
    deployment = application.deployment
    async with deployment.database.transaction(tenant.namespace) as tx:
        for credential in (
            UpstreamCredential(
                kind="client-certificate",
                presented=site.holder.chain,
                secret=site.holder.private_key,
                changed_at=application.now,
            ),
            UpstreamCredential(
                kind="client-secret", presented=CLIENT_ID, secret=CLIENT_SECRET, changed_at=application.now
            ),
        ):
            await UPSTREAM_CREDENTIALS.save(tx, tenant.id, deployment.sealer, credential)
