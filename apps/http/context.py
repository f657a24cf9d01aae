"""What is known of a request before its route is: whose it is, on which surface, and over which certificate."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.types import Scope

from haas.http import ClientCertificate
from tenants.calls import CallRecord, CallTier
from tenants.registry.models import Surface, Tenant
from tenants.services import Services

SCOPE_KEY = "haas"


class RequestContext:
    """One request's tenant, surface and circumstances, and what its handler says for the call record."""

    __slots__ = (
        "arrangement_id",
        "authenticated",
        "certificate",
        "client_id",
        "error",
        "interaction_id",
        "now",
        "operation",
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
        tenant: Tenant,
        surface: Surface,
        services: Services,
        interaction_id: str,
        certificate: ClientCertificate | None,
        now: datetime,
    ) -> None:
        """Take what the host and the proxy say; the rest is set by the handler."""
        self.tenant = tenant
        self.surface = surface
        self.services = services
        self.interaction_id = interaction_id
        self.certificate = certificate
        self.now = now
        # For the call record:
        self.operation: str | None = None
        """The standard's operation name, such as `listEnergyAccounts`; calls without one are not recorded."""
        self.tier: CallTier = "other"
        self.authenticated = True
        """Whether the endpoint asks for authentication, whatever came of it."""
        self.error = ""
        """The CDS error URN or the OAuth error code of a refusal."""
        self.throttled = False
        self.token_issued = False
        self.client_id: str | None = None
        """The client, once it is known."""
        self.arrangement_id: UUID | None = None
        """The arrangement that the call is made under, once it is known."""

    def call(self, status: int, microseconds: int) -> CallRecord | None:
        """Return the record of this call, or None where it is none that the standards count."""
        if self.operation is None:
            return None
        return CallRecord(
            tenant=self.tenant.namespace,
            at=self.now,
            operation=self.operation,
            tier=self.tier,
            status=status,
            latency=microseconds,
            interaction_id=self.interaction_id,
            authenticated=self.authenticated,
            error=self.error,
            throttled=self.throttled,
            token_issued=self.token_issued,
            client_id=self.client_id,
            arrangement_id=self.arrangement_id,
        )


def context(connection: "ASGIConnection[Any, Any, Any, Any]") -> RequestContext:
    """Return the context of a request."""
    return of_scope(connection.scope)


def of_scope(scope: Scope) -> RequestContext:
    """Return the context that `apps.asgi` put into an ASGI scope."""
    found = scope[SCOPE_KEY]  # type: ignore[literal-required]
    if not isinstance(found, RequestContext):
        raise TypeError("the request did not come through apps.asgi")
    return found
