"""What is known of a request before it is routed: its surface, its tenant if it has one, and its client certificate."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar.connection import ASGIConnection

from haas.http import ClientCertificate
from tenants.accounts.models import RequestRefusal
from tenants.calls import CalledTenant, CallRecord, CallTier
from tenants.calls.models import DisclosedData
from tenants.calls.secondary import SecondaryCalls
from tenants.clients.models import Registration
from tenants.registry.models import Tenant
from tenants.registry.surfaces import Surface, console_host
from tenants.services import Services

SCOPE_KEY = "haas"


class RequestContext:
    """The tenant, the surface, the client certificate and the time of a request, and the values for its call record.

    `tenant` is None if the request belongs to the provider. Code that serves only hosts of tenants asks for a
    TenantContext instead (`context`).
    """

    __slots__ = (
        "arrangement_id",
        "authenticated",
        "certificate",
        "client_id",
        "disclosed",
        "error",
        "interaction_id",
        "leave_the_slot",
        "now",
        "operation",
        "recipient",
        "refusal",
        "refused",
        "secondary",
        "services",
        "surface",
        "tenant",
        "throttled",
        "tier",
        "token_issued",
    )

    def __init__(
        self,
        *,
        tenant: Tenant | None,
        surface: Surface,
        services: Services,
        interaction_id: str,
        certificate: ClientCertificate | None,
        now: datetime,
    ) -> None:
        """Take the values that the host and the proxy's headers determine. The request's handler sets the others."""
        self.tenant = tenant
        self.surface = surface
        self.services = services
        self.interaction_id = interaction_id
        self.certificate = certificate
        self.now = now
        self.refusal: Exception | None = None
        """The reason why the request is not processed (`apps.http.admission`)."""
        self.leave_the_slot: Callable[[], Awaitable[None]]
        """Exchanges the request's slot, before it waits for another server. Raises NoSlot (`apps.http.admission`)."""
        self.recipient: Registration | None = None
        """The client whose request the person answers in this browser. A page about its end can lead back to it."""
        # For the call record:
        self.operation: str | None = None
        """The operation name of the standards, such as `listEnergyAccounts`. Calls without one are not recorded."""
        self.tier: CallTier = "other"
        self.authenticated = True
        """Whether the endpoint requires authentication. It does not say whether the authentication succeeded."""
        self.error = ""
        """The CDS error URN or the OAuth error code of a refusal."""
        self.throttled = False
        self.token_issued = False
        self.client_id: str | None = None
        """The id of the client, or None while it is unknown."""
        self.arrangement_id: UUID | None = None
        """The id of the arrangement that permits the call, or None while it is unknown."""
        self.disclosed: DisclosedData | None = None
        """The data of a consumer that is in the response. None: there is none."""
        self.refused: set[RequestRefusal] = set()
        """The reasons for which all or a part of a request for a consumer's data is refused (CDR Rules 4.7)."""
        self.secondary: SecondaryCalls | None = None
        """The requests to a secondary data holder that were made for this call. None: there were none."""

    @property
    def origin(self) -> str:
        """The origin of the host to which the request was sent."""
        if self.tenant is None:
            settings = self.services.settings
            return settings.origin(console_host(settings.domain))
        return self.tenant.origin(self.surface)

    @property
    def secondary_calls(self) -> SecondaryCalls:
        """The object to which requests to a secondary data holder are added."""
        if self.secondary is None:
            self.secondary = SecondaryCalls()
        return self.secondary

    def call_record(self, status: int, started: int, finished: int) -> CallRecord | None:
        """Return the record of this call, or None if the standards do not count it.

        `finished` is when the last byte of the response was handed to the proxy. The times are those of
        `perf_counter_ns`.
        """
        if self.operation is None or self.tenant is None:
            return None
        secondary, waited = self.secondary, 0
        if secondary is not None:
            waited = secondary.waited(started, finished)
        return CallRecord(
            tenant=CalledTenant(self.tenant.namespace, self.tenant.id),
            at=self.now,
            operation=self.operation,
            tier=self.tier,
            status=status,
            latency=(finished - started - waited) // 1000,
            secondary_latency=None if secondary is None else waited // 1000,
            secondary_calls=0 if secondary is None else secondary.requests,
            secondary_errors=0 if secondary is None else secondary.errors,
            secondary_rejections=0 if secondary is None else secondary.rejections,
            interaction_id=self.interaction_id,
            authenticated=self.authenticated,
            error=self.error,
            throttled=self.throttled,
            token_issued=self.token_issued,
            client_id=self.client_id,
            arrangement_id=self.arrangement_id,
            disclosed=self.disclosed,
            refused=self.refused,
        )


class TenantContext(RequestContext):
    """The context of a request to a host of a tenant."""

    __slots__ = ()
    tenant: Tenant

    def record_disclosure(self, arrangement_id: UUID, cluster: str, accounts: Collection[str | None]) -> None:
        """Record that the response discloses data of `accounts`, which may grow until the response is sent.

        None among them is for data about the customer.
        """
        day = self.now.astimezone(self.tenant.time_zone).date()
        self.disclosed = DisclosedData(arrangement_id, cluster, day, accounts)


def context(connection: "ASGIConnection[Any, Any, Any, Any]") -> TenantContext:
    """Return the context of a request to a host of a tenant."""
    found = connection.scope[SCOPE_KEY]  # type: ignore[literal-required]
    if not isinstance(found, TenantContext):
        raise TypeError("the request is for a host of the provider, or did not come through apps.asgi")
    return found


def any_context(connection: "ASGIConnection[Any, Any, Any, Any]") -> RequestContext:
    """Return the context of a request to any host: of a tenant, or of the provider."""
    found = connection.scope[SCOPE_KEY]  # type: ignore[literal-required]
    if not isinstance(found, RequestContext):
        raise TypeError("the request did not come through apps.asgi")
    return found
