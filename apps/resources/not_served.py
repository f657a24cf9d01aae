"""The routes of operations that the standards define and that an energy retailer does not serve (C-E11).

Get Generic Plans is redirected to the regulator who publishes the plans, if the tenant has set its address.
"""

from collections.abc import Sequence
from urllib.parse import quote

from litestar import HttpMethod, Response, route
from litestar.types import ControllerRouterHandler

from apps.http.any_origin import CORS
from apps.http.call import HttpRequest
from apps.http.context import context
from apps.resources.query import with_query
from tenants.cds.errors import RESOURCE_NOT_IMPLEMENTED, CdsError
from tenants.operations.models import Method, Transport
from tenants.operations.not_served import GENERIC_PLANS, OF_OTHER_SECTORS


def paths_of_plans() -> list[str]:
    """Return the paths of Get Generic Plans and Get Generic Plan Detail."""
    return [GENERIC_PLANS, GENERIC_PLANS + "/{plan_id:str}"]


@route(paths_of_plans(), http_method=[HttpMethod.GET])
async def generic_plans(request: HttpRequest) -> Response[None]:
    """Redirect to the regulator. 307 keeps the method and lets the client send its headers again (RFC 9110 15.4.8)."""
    base = context(request).tenant.settings.generic_plans_uri
    if base is None:
        raise CdsError(RESOURCE_NOT_IMPLEMENTED, "plans are published by the energy regulators")
    plan_id = request.path_params.get("plan_id")
    plan = "" if plan_id is None else "/" + quote(plan_id, safe="")
    location = with_query(base + GENERIC_PLANS + plan, request)
    return Response(None, status_code=307, headers={"Location": location, **CORS})


def routes(transport: Transport) -> list[ControllerRouterHandler]:
    """Return the routes of the operations of other sectors on the host of a transport."""
    return [_refusing(each.path, each.methods) for each in OF_OTHER_SECTORS if each.transport == transport]


def _refusing(path: str, methods: Sequence[Method]) -> ControllerRouterHandler:
    @route(path.replace("}", ":str}"), http_method=[HttpMethod(method) for method in methods])
    async def refuse() -> None:
        raise CdsError(RESOURCE_NOT_IMPLEMENTED, f"{path} is not an operation of the energy sector")

    return refuse
