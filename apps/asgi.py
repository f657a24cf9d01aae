"""One deployment for every tenant: the host says whose request it is and which surface answers it.

    nginx → Platform → the surface's Litestar application → route → service (tenants/) → store

The proxy alone reaches this application (a unix socket, or mutual TLS between machines), and it alone sets
`Client-Cert`, `HAAS-Refused` and `HAAS-Interaction-Id`.
"""

import logging
import os
from collections.abc import Awaitable, Callable, MutableMapping
from time import perf_counter_ns
from typing import Any

from apps.http.before_routing import certificate_refused, not_found, playing_back, unavailable
from apps.http.context import SCOPE_KEY, RequestContext
from apps.surfaces import public, secure
from haas.errors import Unavailable
from haas.http import (
    AsgiApplication,
    AsgiReceive,
    AsgiScope,
    AsgiSend,
    CertificateHeaderError,
    client_certificate,
    interaction_id,
)
from haas.settings import Settings
from haas.telemetry import bind, configure
from tenants.calls import record
from tenants.registry.models import Surface, Tenant
from tenants.services import Services

logger = logging.getLogger(__name__)


def create() -> "Platform":
    """Return the application that the environment describes; what uvicorn's `--factory` calls."""
    settings = Settings.from_environment(os.environ)
    configure(settings.log_level)
    return Platform(Services.open(settings))


class Platform:
    """Routes a request by its host to the application of a surface, with the tenant known."""

    def __init__(self, services: Services) -> None:
        """Build one application for each surface."""
        self._services = services
        self._surfaces: dict[Surface, AsgiApplication] = {"public": public(), "secure": secure()}

    async def __call__(self, scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
        """Answer a request, or take part in the server's start and end."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _http(self, scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
        headers = dict(scope["headers"])
        interaction = _interaction_id(headers)
        playing = playing_back(send, interaction)
        try:
            found = await self._services.registry.by_host(_host_name(headers))
        except Unavailable:
            logger.exception("registry.unavailable")
            await unavailable(scope, receive, playing)
            return
        if found is None:
            await not_found(scope, receive, playing)
            return
        tenant, surface = found
        context = self._context(tenant, surface, headers, interaction)
        # On the public host pages and documents that may be cached have no such header; the data APIs there add it.
        sending = send if surface == "public" else playing
        with bind(tenant=tenant.slug, interaction_id=interaction):
            await self._recorded(context, self._application(context, headers), scope, receive, sending)

    def _context(
        self, tenant: Tenant, surface: Surface, headers: dict[bytes, bytes], interaction: str
    ) -> RequestContext:
        certificate = None
        if surface == "secure" and headers.get(b"client-cert"):
            try:
                certificate = client_certificate(headers[b"client-cert"])
            except CertificateHeaderError:
                logger.exception("proxy.client_cert_malformed")
        return RequestContext(
            tenant=tenant,
            surface=surface,
            services=self._services,
            interaction_id=interaction,
            certificate=certificate,
            now=self._services.clock.now(),
        )

    def _application(self, context: RequestContext, headers: dict[bytes, bytes]) -> AsgiApplication:
        refusal = headers.get(b"haas-refused")
        if refusal:
            return certificate_refused(context, refusal)
        if context.surface == "secure" and context.certificate is None:
            return certificate_refused(context, b"certificate-missing")
        return self._surfaces.get(context.surface, not_found)

    async def _recorded(
        self,
        context: RequestContext,
        application: AsgiApplication,
        scope: AsgiScope,
        receive: AsgiReceive,
        send: AsgiSend,
    ) -> None:
        scope[SCOPE_KEY] = context
        started, status = perf_counter_ns(), 500

        async def sending(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await application(scope, receive, sending)
        finally:
            call = context.call(status, (perf_counter_ns() - started) // 1000)
            if call is not None:
                record(call)

    async def _lifespan(self, receive: AsgiReceive, send: AsgiSend) -> None:
        steps: dict[str, Callable[[], Awaitable[None]]] = {
            "lifespan.startup": self._services.start,
            "lifespan.shutdown": self._services.close,
        }
        while True:
            kind = (await receive())["type"]
            await steps[kind]()
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return


def _host_name(headers: dict[bytes, bytes]) -> str:
    """Return the host without its port; a host that is not ASCII is nobody's."""
    return headers.get(b"host", b"").decode("ascii", "replace").rsplit(":", 1)[0].lower()


def _interaction_id(headers: dict[bytes, bytes]) -> str:
    """Return the id under which the proxy logs the request. Where no proxy has set one, it is the caller's or new."""
    return interaction_id(headers.get(b"haas-interaction-id") or headers.get(b"x-fapi-interaction-id"))
