"""The routes of the data APIs, one for each row of the endpoint table, and those of operations that are not served."""

from typing import Any, Final

from litestar import HttpMethod, Response, Router, route
from litestar.types import ControllerRouterHandler

from apps.http.any_origin import preflight
from apps.http.call import HttpRequest, respond
from apps.http.context import context
from apps.http.errors import ENDPOINT
from apps.http.read_methods import READ_METHODS
from apps.http.suspension import SERVES_SUSPENDED
from apps.resources import admin, not_served
from apps.resources.call import DataCall
from apps.resources.steps import CUSTOMER_DATA_STEPS, PUBLIC_STEPS
from tenants.cds.errors import RESOURCE_NOT_IMPLEMENTED, CdsError
from tenants.operations.endpoints import ENDPOINTS
from tenants.operations.models import BASE_PATH, Endpoint, Resource
from tenants.operations.resources import STATUS


def route_of(endpoint: Endpoint) -> ControllerRouterHandler:
    """Return the route of an operation. Calls of an operation that is not implemented are refused."""
    return _not_implemented(endpoint) if endpoint.resource is None else _served(endpoint, endpoint.resource)


def _served(endpoint: Endpoint, resource: Resource) -> ControllerRouterHandler:
    public = endpoint.transport == "public"
    steps = PUBLIC_STEPS if public else CUSTOMER_DATA_STEPS
    methods = READ_METHODS if public else [HttpMethod(endpoint.method)]
    options: dict[str, Any] = {ENDPOINT: endpoint, SERVES_SUSPENDED: resource is STATUS}

    @route(_path(endpoint), http_method=methods, status_code=200, opt=options)
    async def serve(request: HttpRequest) -> Response[bytes]:
        """Run the steps of the operation."""
        return await respond(steps, DataCall(request, endpoint, resource))

    return serve


def _not_implemented(endpoint: Endpoint) -> ControllerRouterHandler:
    @route(_path(endpoint), http_method=[HttpMethod(endpoint.method)], opt={ENDPOINT: endpoint})
    async def refuse(request: HttpRequest) -> None:
        """Refuse the call: the standards define this endpoint, but this product does not implement it."""
        context(request).operation = endpoint.operation
        raise CdsError(RESOURCE_NOT_IMPLEMENTED, f"{endpoint.name} is not implemented")

    return refuse


def _path(endpoint: Endpoint) -> str:
    """Return the path of the endpoint with its parameters in the router's syntax."""
    return endpoint.path.replace("}", ":str}")


_public: Final = [endpoint for endpoint in ENDPOINTS if endpoint.transport == "public"]
_secure: Final = [endpoint for endpoint in ENDPOINTS if endpoint.transport == "secure"]

public_routes: Final[list[ControllerRouterHandler]] = [
    Router(
        BASE_PATH,
        route_handlers=[
            preflight([*map(_path, _public), *not_served.paths_of_plans()]),
            *map(route_of, _public),
            not_served.generic_plans,
            *not_served.routes("public"),
        ],
    )
]
secure_routes: Final[list[ControllerRouterHandler]] = [
    Router(BASE_PATH, route_handlers=[*map(route_of, _secure), *not_served.routes("secure")]),
    *admin.routes,
]
