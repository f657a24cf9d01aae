"""The page on which a developer lets the Register call a brand. It is on the Register's public host."""

from collections.abc import Awaitable
from typing import Any, Final

import httpx
import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency

from haas.errors import HaasError
from ops.sandbox.register.holder_calls import HolderCalls
from ops.sandbox.templating import Pages, style
from ops.sandbox.tenants import Tenant, Tenants
from ops.sandbox.web import BadRequest, HttpRequest, check_same_origin, form_of

PAGES: Final = Pages("register")
PERIODS: Final = ("ALL", "CURRENT", "HISTORIC")


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a brand has answered. Without a status there was no answer, and `body` says why."""

    operation: str
    brand: str
    status: str = ""
    body: str


@get("/")
async def index(tenants: NamedDependency[Tenants]) -> Response[str]:
    """Show the brands, and the calls that the Register can make."""
    return _page(tenants)


@post("/get-metrics", status_code=200)
async def get_metrics(
    request: HttpRequest, tenants: NamedDependency[Tenants], holder_calls: NamedDependency[HolderCalls]
) -> Response[str]:
    """Let the Register call Get Metrics of the brand of the form, and show the answer."""
    tenant, period = await _choice(request, tenants)
    result = await _result("Get Metrics", tenant, holder_calls.metrics(tenant, period))
    return _page(tenants, tenant, period, result)


@post("/metadata-update", status_code=200)
async def update_metadata(
    request: HttpRequest, tenants: NamedDependency[Tenants], holder_calls: NamedDependency[HolderCalls]
) -> Response[str]:
    """Let the Register call Metadata Update of the brand of the form, and show the answer."""
    tenant, period = await _choice(request, tenants)
    result = await _result("Metadata Update", tenant, holder_calls.update_metadata(tenant))
    return _page(tenants, tenant, period, result)


@get("/style.css")
async def style_sheet() -> Response[Any]:
    """The page's style, which is that of the e-Hub's page."""
    return style("ehub")


ROUTES = [index, get_metrics, update_metadata, style_sheet]


async def _choice(request: HttpRequest, tenants: Tenants) -> tuple[Tenant, str]:
    """Return the brand and the period of a form. Raises BadRequest."""
    check_same_origin(request)
    form = await form_of(request)
    tenant, period = tenants.find(form.get("brand", "")), form.get("period", PERIODS[0])
    if tenant is None or period not in PERIODS:
        raise BadRequest("the form has no brand of the running stack, or another period than the page offers")
    return tenant, period


async def _result(operation: str, tenant: Tenant, call: Awaitable[httpx.Response]) -> Result:
    try:
        answer = await call
    except (HaasError, httpx.HTTPError) as error:
        why = f"{tenant.name} could not be called: {type(error).__name__}: {error}"[:500]
        return Result(operation=operation, brand=tenant.name, body=why)
    try:
        body = msgspec.json.format(answer.content, indent=2).decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        body = answer.text
    status = f"{answer.status_code} {answer.reason_phrase}"
    return Result(operation=operation, brand=tenant.name, status=status, body=body)


def _page(
    tenants: Tenants, chosen: Tenant | None = None, period: str = PERIODS[0], result: Result | None = None
) -> Response[str]:
    return PAGES.show(
        "index.html",
        tenants=tenants.all(),
        periods=PERIODS,
        chosen=None if chosen is None else chosen.slug,
        period=period,
        result=result,
    )
