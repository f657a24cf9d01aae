"""The ASGI application for all hosts. The host of a request determines its surface, and its tenant if it has one.

    nginx → HostRouter → the surface's Litestar application → route → service (tenants/) → store

Only the proxy can reach this application (over a unix socket, or over mutual TLS between machines), and only the proxy
sets the headers `Client-Cert`, `HAAS-Refused`, `HAAS-Refusals`, `HAAS-Register-Environment`, `HAAS-Interaction-Id` and
`HAAS-Proxy-Seconds`. It removes `traceparent` unless its own load balancer sets it.
"""

import gc
import logging
import os
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from time import perf_counter_ns

from apps.http import proxy_refusals
from apps.http.admission import Admission
from apps.http.before_routing import certificate_refused, malformed, not_found, unavailable, with_interaction_id
from apps.http.context import SCOPE_KEY, RequestContext, TenantContext
from apps.http.request_metrics import RequestMetrics
from apps.http.sent_response import SentResponse
from apps.surfaces import MAXIMUM_BODY_BYTES, applications
from haas.errors import Unavailable
from haas.health import health_listener
from haas.http import (
    MALFORMED,
    REFUSALS,
    REFUSED,
    AsgiApplication,
    AsgiReceive,
    AsgiScope,
    AsgiSend,
    CertificateHeaderError,
    client_certificate,
    interaction_id,
)
from haas.logs import bind, configure
from haas.metrics import metrics_listener
from haas.settings import ApplicationSettings
from haas.traces import request_span, tracing
from tenants.calls import record
from tenants.registry.models import Tenant
from tenants.registry.surfaces import Surface, console_host
from tenants.services import Services

logger = logging.getLogger(__name__)
_SURFACES_WITH_PAGES = ("public", "admin", "console")


def create() -> "HostRouter":
    """Return the application, with the settings of the environment. uvicorn calls this function (`--factory`).

    The garbage collector leaves out what exists now: to look at 150,000 objects of imported modules takes 0.1 s, in
    which no request is served.
    """
    settings = ApplicationSettings.from_environment(os.environ)
    configure(settings.log_level)
    router = HostRouter(Services.open(settings))
    gc.collect()
    gc.freeze()
    return router


class HostRouter:
    """Passes a request to the application of a surface, with a context that contains the tenant or stands for none."""

    def __init__(self, services: Services) -> None:
        """Create one application for each surface."""
        self._services = services
        self._console_host = console_host(services.settings.domain)
        self._surfaces = applications()
        self._admission = Admission()
        self._metrics = RequestMetrics(self._admission.slots, services.settings.metrics_tenants)
        self._exits = AsyncExitStack()

    async def __call__(self, scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
        """Handle an HTTP request, or the start and the end of the server."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _http(self, scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
        headers = dict(scope["headers"])
        interaction = _interaction_id(headers)
        send_with_id = with_interaction_id(send, interaction)
        try:
            if REFUSALS in headers and _host_name(headers) == proxy_refusals.HOST:
                await proxy_refusals.take_refusals(self._services, receive, send)
                return
            found = await self._owner_of(_host_name(headers))
        except Unavailable:
            logger.exception("registry.unavailable")
            await unavailable(scope, receive, send_with_id)
            return
        if found is None:
            await not_found(scope, receive, send_with_id)
            return
        tenant, surface = found
        context = self._context(tenant, surface, headers, interaction)
        # Pages and documents that can be cached have no interaction id. The data APIs of the public host add one.
        send_response = send if surface in _SURFACES_WITH_PAGES else send_with_id
        with bind(tenant=None if tenant is None else tenant.slug, interaction_id=interaction):
            application = self._select_application(context, headers)
            if _has_body(headers):
                receive = await self._admission.whole_body(receive, MAXIMUM_BODY_BYTES, context)
            await self._run_and_record(context, application, scope, receive, send_response)

    async def _owner_of(self, host: str) -> tuple[Tenant | None, Surface] | None:
        """Return the tenant and the surface of a host. The console has no tenant. Return None if the host is unknown.

        Raise Unavailable if the registry was never read. The console does not need the registry.
        """
        if host == self._console_host:
            return None, "console"
        return await self._services.registry.by_host(host)

    def _context(
        self, tenant: Tenant | None, surface: Surface, headers: dict[bytes, bytes], interaction: str
    ) -> RequestContext:
        certificate = None
        if surface == "secure" and headers.get(b"client-cert"):
            try:
                certificate = client_certificate(headers[b"client-cert"])
            except CertificateHeaderError:
                logger.exception("proxy.client_cert_malformed")
        return (RequestContext if tenant is None else TenantContext)(
            tenant=tenant,
            surface=surface,
            services=self._services,
            interaction_id=interaction,
            certificate=certificate,
            now=self._services.clock.now(),
        )

    def _select_application(self, context: RequestContext, headers: dict[bytes, bytes]) -> AsgiApplication:
        refusal = headers.get(REFUSED)
        if refusal:
            return malformed if refusal == MALFORMED else certificate_refused(context, refusal)
        if context.surface == "secure":
            if context.certificate is None:
                return certificate_refused(context, b"certificate-missing")
            # Each register environment has a certificate authority and a proxy of its own. A certificate of a test
            # environment must not be accepted for a brand of the production environment.
            own = None if context.tenant is None else context.tenant.register_environment.id.encode()
            if own is None or headers.get(b"haas-register-environment") != own:
                logger.warning("proxy.other_register_environment")
                return certificate_refused(context, b"certificate-invalid")
        return self._surfaces[context.surface]

    async def _run_and_record(
        self,
        context: RequestContext,
        application: AsgiApplication,
        scope: AsgiScope,
        receive: AsgiReceive,
        send: AsgiSend,
    ) -> None:
        scope[SCOPE_KEY] = context
        started, response = perf_counter_ns(), SentResponse(send)
        with request_span(scope["headers"]) as traced:
            try:
                async with self._admission.slot(context):
                    await application(scope, receive, response.send)
            except BaseException:
                response.mark_failed()
                raise
            finally:
                finished = response.finished
                call = context.call_record(response.status, started, finished)
                if call is not None:
                    record(call)
                microseconds = (finished - started) // 1000 if call is None else call.latency
                self._metrics.add(context, response.status, microseconds)
                traced.describe(
                    surface=context.surface,
                    tenant=None if context.tenant is None else context.tenant.slug,
                    operation=context.operation,
                    interaction_id=context.interaction_id,
                    status=response.status,
                )

    async def _lifespan(self, receive: AsgiReceive, send: AsgiSend) -> None:
        steps: dict[str, Callable[[], Awaitable[None]]] = {
            "lifespan.startup": self._start,
            "lifespan.shutdown": self._stop,
        }
        while True:
            kind = (await receive())["type"]
            await steps[kind]()
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return

    async def _start(self) -> None:
        await self._services.start()
        await self._services.prepare()
        checks = {"database": self._services.registry.check}
        settings, sources = self._services.settings, (self._metrics, *self._services.metrics())
        await self._exits.enter_async_context(tracing(settings, "application"))
        await self._exits.enter_async_context(metrics_listener(settings.metrics, sources))
        await self._exits.enter_async_context(health_listener(settings.health, checks))

    async def _stop(self) -> None:
        await self._exits.aclose()
        await self._services.close()


def _host_name(headers: dict[bytes, bytes]) -> str:
    """Return the host without its port. A host that is not ASCII belongs to no tenant."""
    return headers.get(b"host", b"").decode("ascii", "replace").rsplit(":", 1)[0].lower()


def _has_body(headers: dict[bytes, bytes]) -> bool:
    """Return whether a body follows (RFC 9112 6)."""
    return headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers


def _interaction_id(headers: dict[bytes, bytes]) -> str:
    """Return the interaction id that the proxy has logged, else the id that the client sent, else a new one."""
    return interaction_id(headers.get(b"haas-interaction-id") or headers.get(b"x-fapi-interaction-id"))
