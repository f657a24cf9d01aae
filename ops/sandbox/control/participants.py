"""Control API: the participants of the Register and their statuses, and the tenants of the running stack."""

import uuid
from typing import Any

import msgspec
from litestar import Response, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from ops.sandbox.control.models import NewHolderBrand, ProductChange, RecipientChange
from ops.sandbox.control.requests import NotFound, read_body
from ops.sandbox.register.models import DataHolderBrand, DataRecipient, SoftwareProduct
from ops.sandbox.services import SandboxServices
from ops.sandbox.web import HttpRequest


@put("/software-products/{product_id:str}/status")
async def change_product_status(
    request: HttpRequest, product_id: FromPath[str], services: NamedDependency[SandboxServices]
) -> SoftwareProduct:
    """Change a product's status in the Register, or omit it from the status response."""
    change = await read_body(request, ProductChange)
    product = await services.register.set_product_status(product_id, change.status, omitted=change.omitted)
    if product is None:
        raise NotFound("no such software product")
    return product


@get("/data-recipients")
async def list_data_recipients(services: NamedDependency[SandboxServices]) -> dict[str, Any]:
    """Every data recipient and its brands."""
    return {
        "data_recipients": await services.register.recipients.all(),
        "brands": await services.register.brands.all(),
    }


@put("/data-recipients/{legal_entity_id:str}/status")
async def change_recipient_status(
    request: HttpRequest, legal_entity_id: FromPath[str], services: NamedDependency[SandboxServices]
) -> DataRecipient:
    """Change a recipient's accreditation status, and with it the status of its products."""
    change = await read_body(request, RecipientChange)
    entity = await services.register.set_recipient_status(legal_entity_id, change.status, omitted=change.omitted)
    if entity is None:
        raise NotFound("no such data recipient")
    return entity


@get("/data-holder-brands")
async def list_holder_brands(services: NamedDependency[SandboxServices]) -> dict[str, Any]:
    """Every data holder brand: the running stack's tenants, and those added here."""
    return {"data_holder_brands": await services.register.holder_brands()}


@put("/data-holder-brands/{brand_id:str}")
async def put_holder_brand(
    request: HttpRequest, brand_id: FromPath[str], services: NamedDependency[SandboxServices]
) -> DataHolderBrand:
    """Add or replace a data holder brand."""
    wanted = await read_body(request, NewHolderBrand)
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
        logo_uri=f"{services.recipient_origin}/logo.svg",
        last_updated=services.clock.now(),
        status=wanted.status,
    )
    await services.register.holders.put(brand_id, brand)
    return brand


@get("/tenants")
async def list_tenants(services: NamedDependency[SandboxServices]) -> Response[Any]:
    """The running stack's tenants, with their demonstration customers."""
    return Response({"tenants": msgspec.to_builtins(services.tenants.all())})


ROUTES = [
    change_product_status,
    list_data_recipients,
    change_recipient_status,
    list_holder_brands,
    put_holder_brand,
    list_tenants,
]
