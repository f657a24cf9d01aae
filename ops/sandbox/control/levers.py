"""Control API: statuses in the Register, the clock, the product's jobs, and pinned one-time codes."""

import uuid
from datetime import timedelta
from typing import Any

import msgspec
from litestar import Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from haas.clock import Clock, MovableClock
from ops.sandbox.control.bodies import Conflict, NotFound, body_of
from ops.sandbox.control.models import ClockMove, NewHolderBrand, Pin, ProductChange, RecipientChange
from ops.sandbox.jobs import JobDone
from ops.sandbox.register.models import DataHolderBrand, DataRecipient, SoftwareProduct
from ops.sandbox.web import HttpRequest
from ops.sandbox.world import World


@put("/software-products/{product_id:str}/status")
async def change_product_status(
    request: HttpRequest, product_id: FromPath[str], world: NamedDependency[World]
) -> SoftwareProduct:
    """Change a product's status in the Register, or leave it out of the status answer."""
    change = await body_of(request, ProductChange)
    product = await world.register.set_product_status(product_id, change.status, omitted=change.omitted)
    if product is None:
        raise NotFound("no such software product")
    return product


@get("/data-recipients")
async def list_data_recipients(world: NamedDependency[World]) -> dict[str, Any]:
    """Every data recipient and its brands."""
    return {
        "data_recipients": await world.register.recipients.all(),
        "brands": await world.register.brands.all(),
    }


@put("/data-recipients/{legal_entity_id:str}/status")
async def change_recipient_status(
    request: HttpRequest, legal_entity_id: FromPath[str], world: NamedDependency[World]
) -> DataRecipient:
    """Change a recipient's accreditation status; its products follow."""
    change = await body_of(request, RecipientChange)
    entity = await world.register.set_recipient_status(legal_entity_id, change.status, omitted=change.omitted)
    if entity is None:
        raise NotFound("no such data recipient")
    return entity


@get("/data-holder-brands")
async def list_holder_brands(world: NamedDependency[World]) -> dict[str, Any]:
    """Every data holder brand: the running stack's tenants, and those added here."""
    return {"data_holder_brands": await world.register.holder_brands()}


@put("/data-holder-brands/{brand_id:str}")
async def put_holder_brand(
    request: HttpRequest, brand_id: FromPath[str], world: NamedDependency[World]
) -> DataHolderBrand:
    """Add or replace a data holder brand."""
    wanted = await body_of(request, NewHolderBrand)
    brand = DataHolderBrand(
        data_holder_brand_id=brand_id,
        brand_name=wanted.brand_name,
        legal_entity_id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{wanted.issuer}#legal-entity")),
        legal_entity_name=f"{wanted.brand_name} Pty Ltd"[:36],
        infosec_base_uri=wanted.issuer,
        public_base_uri=wanted.public_base_uri,
        resource_base_uri=wanted.resource_base_uri,
        jwks_endpoint=wanted.jwks_uri,
        website_uri=wanted.issuer,
        logo_uri=f"{world.recipient_origin}/logo.svg",
        last_updated=world.clock.now(),
        status=wanted.status,
    )
    await world.register.holders.put(brand_id, brand)
    return brand


@post("/register-poll", status_code=200)
async def poll_register(world: NamedDependency[World]) -> JobDone:
    """Let the product read the Register now; answers when it is done."""
    return await world.jobs.run("register-poll")


@post("/outbox-drain", status_code=200)
async def drain_outbox(world: NamedDependency[World]) -> JobDone:
    """Let the product send what waits in its outbox now; answers when it is done."""
    return await world.jobs.run("outbox-drain")


@get("/clock")
async def read_clock(world: NamedDependency[World]) -> dict[str, Any]:
    """The time of every process of this deployment, and how far it was moved."""
    return _clock(world.clock)


@post("/clock", status_code=200)
async def move_clock(request: HttpRequest, world: NamedDependency[World]) -> dict[str, Any]:
    """Move the clock of every process of this deployment."""
    move = await body_of(request, ClockMove)
    if not isinstance(world.clock, MovableClock):
        raise Conflict("this deployment has no movable clock")
    if move.reset:
        world.clock.reset()
    try:
        world.clock.move(timedelta(seconds=move.seconds))
    except OverflowError as error:
        raise Conflict("no clock goes that far") from error
    return _clock(world.clock)


@get("/tenants")
async def list_tenants(world: NamedDependency[World]) -> Response[Any]:
    """The running stack's tenants, with their demonstration customers."""
    return Response({"tenants": msgspec.to_builtins(world.tenants.all())})


@get("/pinned-codes")
async def list_pinned_codes(world: NamedDependency[World]) -> dict[str, Any]:
    """Every pinned one-time code: tenant → identifier → code."""
    return {"pinned_codes": world.pinned.all()}


@put("/pinned-codes/{tenant:str}/{identifier:str}")
async def pin_code(
    request: HttpRequest, tenant: FromPath[str], identifier: FromPath[str], world: NamedDependency[World]
) -> dict[str, str]:
    """Let a customer always be sent the same one-time code."""
    pin = await body_of(request, Pin)
    await world.pinned.pin(tenant, identifier, pin.code)
    return {"tenant": tenant, "identifier": identifier, "code": pin.code}


@delete("/pinned-codes/{tenant:str}/{identifier:str}")
async def unpin_code(tenant: FromPath[str], identifier: FromPath[str], world: NamedDependency[World]) -> None:
    """Let a customer be sent random codes again."""
    if not await world.pinned.unpin(tenant, identifier):
        raise NotFound("no code is pinned for this customer")


ROUTES = [
    change_product_status,
    list_data_recipients,
    change_recipient_status,
    list_holder_brands,
    put_holder_brand,
    poll_register,
    drain_outbox,
    read_clock,
    move_clock,
    list_tenants,
    list_pinned_codes,
    pin_code,
    unpin_code,
]


def _clock(clock: Clock) -> dict[str, Any]:
    offset = clock.offset.total_seconds() if isinstance(clock, MovableClock) else 0.0
    return {"now": clock.now().isoformat(), "offset_seconds": offset}
