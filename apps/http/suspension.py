"""A suspended tenant answers 503 on every route that does not say it goes on."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from apps.http.context import context
from haas.errors import Unavailable

SERVES_SUSPENDED = "serves_suspended"
"""The `opt` of routes that a suspended tenant keeps: Get Status, every way to end sharing, and what that takes.

A recipient finds the revocation endpoints by discovery, and verifies the notice of a withdrawal by the JWKS.
"""


class TenantSuspended(Unavailable):
    """The tenant is suspended; each face says so in its own shape, with status 503."""


async def refuse_when_suspended(
    connection: "ASGIConnection[Any, Any, Any, Any]", route_handler: BaseRouteHandler
) -> None:
    """Guard: raise TenantSuspended unless the tenant is active or the route serves suspended tenants too.

    A coroutine, because a plain function would be handed to a thread on every request.
    """
    if context(connection).tenant.state == "suspended" and not route_handler.opt.get(SERVES_SUSPENDED, False):
        raise TenantSuspended(f"{context(connection).tenant.slug} is suspended")
