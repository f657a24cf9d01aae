"""The routes of the data APIs, one for each row of the endpoint table."""

from typing import Any, Final

from litestar import HttpMethod, Response, Router, route
from litestar.types import ControllerRouterHandler

from apps.http.any_origin import preflight
from apps.http.call import HttpRequest, respond
from apps.http.context import context
from apps.http.errors import ENDPOINT
from apps.http.read_methods import READ_METHODS
from apps.http.suspension import SERVES_SUSPENDED
from apps.resources.call import DataCall
from apps.resources.operations import CUSTOMER_DATA, PUBLIC, Operation, get_outages, get_status
from tenants.cds.errors import RESOURCE_NOT_IMPLEMENTED, CdsError
from tenants.operations.endpoints import BASE_PATH, Endpoint, endpoints_not_served


def _path(endpoint: Endpoint) -> str:
    """Return the path of the endpoint with its parameters in the router's syntax."""
    return endpoint.path.replace("}", ":str}")


def _served(operation: Operation, **options: Any) -> ControllerRouterHandler:
    endpoint = operation.endpoint
    methods = READ_METHODS if endpoint.transport == "public" else [HttpMethod(endpoint.method)]

    @route(_path(endpoint), http_method=methods, status_code=200, opt={ENDPOINT: endpoint, **options})
    async def serve(request: HttpRequest) -> Response[bytes]:
        """Run the steps of the operation."""
        return await respond(operation.steps, DataCall(request, endpoint))

    return serve


def _not_implemented(endpoint: Endpoint) -> ControllerRouterHandler:
    @route(_path(endpoint), http_method=[HttpMethod(endpoint.method)], opt={ENDPOINT: endpoint})
    async def refuse(request: HttpRequest) -> None:
        """Refuse the call: the standards define this endpoint, but this product does not implement it."""
        context(request).operation = endpoint.operation
        raise CdsError(RESOURCE_NOT_IMPLEMENTED, f"{endpoint.name} is not implemented")

    return refuse


_public_paths = [_path(operation.endpoint) for operation in PUBLIC]


public_routes: Final[list[ControllerRouterHandler]] = [
    Router(
        BASE_PATH,
        route_handlers=[
            preflight(_public_paths),
            _served(get_status, **{SERVES_SUSPENDED: True}),
            _served(get_outages),
        ],
    )
]
secure_routes: Final[list[ControllerRouterHandler]] = [
    Router(
        BASE_PATH,
        route_handlers=[
            *(_served(operation) for operation in CUSTOMER_DATA),
            *(_not_implemented(endpoint) for endpoint in endpoints_not_served()),
        ],
    )
]
