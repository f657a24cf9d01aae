"""Control API: the retailers' own servers, the faults that they show, and the requests that they got."""

from typing import Annotated, Any, Literal

from litestar import Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from ops.sandbox.control.models import Request
from ops.sandbox.control.requests import NotFound, read_body
from ops.sandbox.retailer.authorisation import CLIENT_ID, CLIENT_SECRET
from ops.sandbox.retailer.faults import Fault
from ops.sandbox.services import SandboxServices
from ops.sandbox.web import HttpRequest

_Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class NewEndedCustomer(Request, frozen=True, kw_only=True):
    """A customer to add to the feed of ended customers."""

    customer_id: Annotated[str, Meta(min_length=1, max_length=200)]
    ended_on: _Day


class NewIneligiblePeriod(Request, frozen=True, kw_only=True):
    """A period in which a customer, an account, or a customer for one account is not eligible to share data."""

    customer_id: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    account_id: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    reason: Literal["under-age", "large-consumption", "outside-market", "trial-product", "deceased", "other"]
    valid_from: _Day
    valid_to: _Day | None = None

    def __post_init__(self) -> None:
        if self.customer_id is None and self.account_id is None:
            raise ValueError("one of `customer_id` and `account_id` is mandatory here")


@get("/retailers")
async def list_retailers(services: NamedDependency[SandboxServices]) -> dict[str, Any]:
    """The brands whose retailers have a server here, with the settings of a tenant that uses it."""
    origin = services.settings.origin("mtls.retailer")
    retailers = [
        {"slug": slug, "base_uri": f"{origin}/{slug}/v1", "token_uri": f"{origin}/{slug}/token"}
        for slug in services.retailers.slugs()
    ]
    return {"retailers": retailers, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


@get("/retailers/{slug:str}/requests")
async def list_retailer_requests(slug: FromPath[str], services: NamedDependency[SandboxServices]) -> dict[str, Any]:
    """The latest requests that a retailer's server has authenticated."""
    _require(services, slug)
    return {"requests": services.retailer_faults.requests(slug)}


@post("/retailers/{slug:str}/faults")
async def add_retailer_fault(
    request: HttpRequest, slug: FromPath[str], services: NamedDependency[SandboxServices]
) -> Fault:
    """Let a retailer's server show a fault, for a number of requests or until the faults are removed."""
    _require(services, slug)
    fault = await read_body(request, Fault)
    services.retailer_faults.add(slug, fault)
    return fault


@delete("/retailers/{slug:str}/faults")
async def remove_retailer_faults(slug: FromPath[str], services: NamedDependency[SandboxServices]) -> None:
    """Remove the faults of a retailer's server, and forget its requests."""
    _require(services, slug)
    services.retailer_faults.clear(slug)


@put("/retailers/{slug:str}/ended-customers")
async def end_retailer_customer(
    request: HttpRequest, slug: FromPath[str], services: NamedDependency[SandboxServices]
) -> Response[Any]:
    """Add a customer to the feed of ended customers of a retailer's server."""
    _require(services, slug)
    wanted = await read_body(request, NewEndedCustomer)
    feed = services.retailers.feed.setdefault(slug, [])
    feed.append({"customerId": wanted.customer_id, "endedOn": wanted.ended_on})
    return Response({"number": len(feed)})


@put("/retailers/{slug:str}/ineligible")
async def exclude_from_sharing(
    request: HttpRequest, slug: FromPath[str], services: NamedDependency[SandboxServices]
) -> Response[Any]:
    """Add a period without eligibility to the feed of a retailer's server, and to its customers and accounts."""
    _require(services, slug)
    wanted = await read_body(request, NewIneligiblePeriod)
    given = {
        "customerId": wanted.customer_id,
        "accountId": wanted.account_id,
        "reason": wanted.reason,
        "validFrom": wanted.valid_from,
        "validTo": wanted.valid_to,
    }
    feed = services.retailers.feed.setdefault(slug, [])
    feed.append({name: value for name, value in given.items() if value is not None})
    return Response({"number": len(feed)})


ROUTES = [
    list_retailers,
    list_retailer_requests,
    add_retailer_fault,
    remove_retailer_faults,
    end_retailer_customer,
    exclude_from_sharing,
]


def _require(services: SandboxServices, slug: str) -> None:
    """Raise NotFound unless a retailer has a server here."""
    if slug not in services.retailers.slugs():
        raise NotFound("no retailer has a server for this brand")
