"""The routes, by the standards' operation names."""

from litestar import HttpMethod, Response, Router, get, route
from litestar.types import ControllerRouterHandler

from apps.http.cds import CORS, ENDPOINT, cds_failures
from apps.http.context import context
from apps.http.reading import READ
from apps.http.suspension import SERVES_SUSPENDED
from apps.resources.call import HttpRequest, customer_call, public_call
from apps.resources.query import open_status, page_request, single
from tenants.availability.service import outages, status
from tenants.cds.errors import INVALID_ENERGY_ACCOUNT, RESOURCE_NOT_IMPLEMENTED, UNAVAILABLE_ENERGY_ACCOUNT, CdsError
from tenants.disclosure.errors import AccountNotShared, AccountWithheld
from tenants.operations.endpoints import (
    BASE_PATH,
    GET_CUSTOMER,
    GET_CUSTOMER_DETAIL,
    GET_ENERGY_ACCOUNT_DETAIL,
    GET_OUTAGES,
    GET_STATUS,
    LIST_ENERGY_ACCOUNTS,
    Endpoint,
    unserved,
)
from tenants.payloads.energy_account_v2 import EnergyAccountListV2

_PREFLIGHT = CORS | {
    "Access-Control-Allow-Methods": "GET",
    "Access-Control-Allow-Headers": "x-v, x-min-v, x-fapi-interaction-id",
    "Access-Control-Max-Age": "86400",
}


def _path(endpoint: Endpoint) -> str:
    """Return the endpoint's path as the router writes parameters."""
    return endpoint.path.replace("}", ":str}")


@get(_path(GET_CUSTOMER), opt={ENDPOINT: GET_CUSTOMER})
async def get_customer(request: HttpRequest) -> Response[bytes]:
    """Get Customer."""
    async with customer_call(request, GET_CUSTOMER) as call:
        call.negotiate()
        return call.answer((await call.session.customer()).basic())


@get(_path(GET_CUSTOMER_DETAIL), opt={ENDPOINT: GET_CUSTOMER_DETAIL})
async def get_customer_detail(request: HttpRequest) -> Response[bytes]:
    """Get Customer Detail."""
    async with customer_call(request, GET_CUSTOMER_DETAIL) as call:
        call.negotiate()
        return call.answer(await call.session.customer())


@get(_path(LIST_ENERGY_ACCOUNTS), opt={ENDPOINT: LIST_ENERGY_ACCOUNTS})
async def list_energy_accounts(request: HttpRequest) -> Response[bytes]:
    """Get Energy Accounts."""
    async with customer_call(request, LIST_ENERGY_ACCOUNTS) as call:
        call.negotiate()
        parameters = request.query_params
        page, wanted = page_request(parameters), open_status(parameters)
        found = await call.session.accounts(wanted, page)
        given = single(parameters, "open-status")
        filters = {} if given is None else {"open-status": given}
        return call.answer_page(EnergyAccountListV2(accounts=found.items), page, found.total_records, filters)


@get(_path(GET_ENERGY_ACCOUNT_DETAIL), opt={ENDPOINT: GET_ENERGY_ACCOUNT_DETAIL})
async def get_energy_account_detail(request: HttpRequest) -> Response[bytes]:
    """Get Energy Account Detail."""
    account_id = request.path_params["accountId"]
    async with customer_call(request, GET_ENERGY_ACCOUNT_DETAIL) as call:
        try:
            internal = call.session.account_id(account_id)
            call.negotiate()
            return call.answer(await call.session.account(internal))
        except AccountNotShared as error:
            raise CdsError(INVALID_ENERGY_ACCOUNT, account_id) from error
        except AccountWithheld as error:
            raise CdsError(UNAVAILABLE_ENERGY_ACCOUNT, account_id) from error


@route(_path(GET_STATUS), http_method=READ, opt={ENDPOINT: GET_STATUS, SERVES_SUSPENDED: True})
async def get_status(request: HttpRequest) -> Response[bytes]:
    """Get Status."""
    here, call = context(request), public_call(request, GET_STATUS)
    return call.answer(await status(here.services.database, here.tenant, here.now))


@route(_path(GET_OUTAGES), http_method=READ, opt={ENDPOINT: GET_OUTAGES})
async def get_outages(request: HttpRequest) -> Response[bytes]:
    """Get Outages."""
    here, call = context(request), public_call(request, GET_OUTAGES)
    return call.answer(await outages(here.services.database, here.tenant, here.now))


@route([_path(GET_STATUS), _path(GET_OUTAGES)], http_method=[HttpMethod.OPTIONS], opt={SERVES_SUSPENDED: True})
async def preflight() -> Response[None]:
    """Let pages of any origin ask, with the version headers."""
    return Response(None, status_code=204, headers=_PREFLIGHT)


def _not_implemented(endpoint: Endpoint) -> ControllerRouterHandler:
    @route(_path(endpoint), http_method=[HttpMethod(endpoint.method)], opt={ENDPOINT: endpoint})
    async def not_implemented(request: HttpRequest) -> None:
        """Say that the standards have this endpoint and the platform does not serve it."""
        context(request).operation = endpoint.operation
        raise CdsError(RESOURCE_NOT_IMPLEMENTED, f"{endpoint.name} is not implemented")

    return not_implemented


def _routes(*handlers: ControllerRouterHandler) -> list[ControllerRouterHandler]:
    return [Router(BASE_PATH, route_handlers=handlers, exception_handlers=cds_failures)]


# The preflight first: a route whose first handler is another gets an OPTIONS handler of the framework.
public_routes = _routes(preflight, get_status, get_outages)
secure_routes = _routes(
    get_customer,
    get_customer_detail,
    list_energy_accounts,
    get_energy_account_detail,
    *(_not_implemented(endpoint) for endpoint in unserved()),
)
