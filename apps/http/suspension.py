"""The guard that refuses requests to a suspended tenant with 503, except on routes with the `opt` SERVES_SUSPENDED."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from apps.http.context import any_context
from haas.errors import Unavailable

SERVES_SUSPENDED = "serves_suspended"
"""The `opt` of routes that also serve a suspended tenant: Get Status, all routes that end sharing, and the routes that
these need. A recipient finds the revocation endpoints by discovery, and verifies the notice of a withdrawal with the
JWKS."""


class TenantSuspended(Unavailable):
    """The tenant is suspended. The status is 503, in the shape that the route uses for errors."""


async def refuse_when_suspended(
    connection: "ASGIConnection[Any, Any, Any, Any]", route_handler: BaseRouteHandler
) -> None:
    """Raise TenantSuspended if the host is of a suspended tenant, unless the route also serves suspended tenants.

    It is a coroutine because Litestar would run a plain function in a thread for every request.
    """
    tenant = any_context(connection).tenant
    if tenant is not None and tenant.suspended and not route_handler.opt.get(SERVES_SUSPENDED, False):
        raise TenantSuspended(f"{tenant.slug} is suspended")
