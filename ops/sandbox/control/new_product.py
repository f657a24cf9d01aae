"""Adds a software product to the Register, and hosts its keys and endpoints unless it has its own."""

import uuid
from collections.abc import Sequence
from typing import Any

import msgspec

from ops.sandbox.control.models import NewSoftwareProduct
from ops.sandbox.control.requests import NotFound
from ops.sandbox.recipient.hosting import PRIVATE_MEMBERS
from ops.sandbox.register.models import SCOPE, DataRecipient, DataRecipientBrand, SoftwareProduct
from ops.sandbox.services import SandboxServices
from ops.sandbox.web import BadRequest


async def add_product(services: SandboxServices, wanted: NewSoftwareProduct) -> dict[str, Any]:
    """Add a product and return its members, with `private_jwk` when the sandbox generated its key.

    Raises BadRequest and NotFound.
    """
    if wanted.jwks is not None and wanted.jwks_uri is not None:
        raise BadRequest("a product has either jwks or a jwks_uri, not both")
    refuse_private_keys(wanted.jwks or [])
    brand = await _brand(services, wanted)
    product = _product(services, wanted, brand)
    generates_key = wanted.jwks is None and wanted.jwks_uri is None
    hosted = await services.hosting.host(
        product.software_product_id,
        jwks=wanted.jwks or [],
        redirect_uris=product.redirect_uris,
        algorithm=wanted.algorithm if generates_key else "ES256",
    )
    await services.register.products.put(product.software_product_id, product)
    answer: dict[str, Any] = {**msgspec.to_builtins(product), "legal_entity_id": brand.legal_entity_id}
    if generates_key:
        answer["private_jwk"] = hosted.signing_key
    return answer


def refuse_private_keys(jwks: Sequence[dict[str, Any]]) -> None:
    """Refuse JWKs with a private part, which must not be published. Raises BadRequest."""
    if any(PRIVATE_MEMBERS & set(jwk) for jwk in jwks):
        raise BadRequest("jwks has a private key; send the public part")


async def _brand(services: SandboxServices, wanted: NewSoftwareProduct) -> DataRecipientBrand:
    if wanted.data_recipient_brand_id is not None:
        known = await services.register.brands.get(wanted.data_recipient_brand_id)
        if known is None:
            raise NotFound("no such data recipient brand")
        return known
    logo = wanted.logo_uri or f"{services.recipient_origin}/logo.svg"
    entity = DataRecipient(
        legal_entity_id=str(uuid.uuid4()),
        legal_entity_name=wanted.legal_entity_name,
        accreditation_number=f"ADR{uuid.uuid4().int % 1_000_000_000:09}",
        logo_uri=logo,
        last_updated=services.clock.now(),
    )
    brand = DataRecipientBrand(
        data_recipient_brand_id=str(uuid.uuid4()),
        legal_entity_id=entity.legal_entity_id,
        brand_name=wanted.brand_name,
        logo_uri=logo,
    )
    await services.register.recipients.put(entity.legal_entity_id, entity)
    await services.register.brands.put(brand.data_recipient_brand_id, brand)
    return brand


def _product(services: SandboxServices, wanted: NewSoftwareProduct, brand: DataRecipientBrand) -> SoftwareProduct:
    product_id = str(uuid.uuid4())
    home = f"{services.recipient_origin}/products/{product_id}"
    base = (wanted.recipient_base_uri or home).rstrip("/")
    return SoftwareProduct(
        software_product_id=product_id,
        data_recipient_brand_id=brand.data_recipient_brand_id,
        name=wanted.name,
        description=wanted.description,
        client_uri=wanted.client_uri or services.recipient_origin,
        logo_uri=wanted.logo_uri or f"{services.recipient_origin}/logo.svg",
        tos_uri=f"{services.recipient_origin}/policy",
        policy_uri=f"{services.recipient_origin}/policy",
        jwks_uri=wanted.jwks_uri or f"{home}/jwks",
        redirect_uris=wanted.redirect_uris or [f"{home}/callback"],
        sector_identifier_uri=wanted.sector_identifier_uri,
        recipient_base_uri=base,
        revocation_uri=f"{base}/arrangements/revoke",
        scope=wanted.scope or SCOPE,
    )
