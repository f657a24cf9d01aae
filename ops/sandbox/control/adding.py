"""Adds a software product to the Register, and hosts what it does not host itself."""

import uuid
from collections.abc import Sequence
from typing import Any

import msgspec

from ops.sandbox.control.bodies import NotFound
from ops.sandbox.control.models import NewSoftwareProduct
from ops.sandbox.recipient.hosting import PRIVATE_MEMBERS
from ops.sandbox.register.models import SCOPE, DataRecipient, DataRecipientBrand, SoftwareProduct
from ops.sandbox.web import BadRequest
from ops.sandbox.world import World


async def added(world: World, wanted: NewSoftwareProduct) -> dict[str, Any]:
    """Return the new product's members, with `private_jwk` where the sandbox made its key.

    Raises BadRequest and NotFound.
    """
    if wanted.jwks is not None and wanted.jwks_uri is not None:
        raise BadRequest("a product publishes either jwks or a jwks_uri of its own")
    refuse_private_keys(wanted.jwks or [])
    brand = await _brand(world, wanted)
    product = _product(world, wanted, brand)
    makes_the_key = wanted.jwks is None and wanted.jwks_uri is None
    hosted = await world.hosting.host(
        product.software_product_id,
        jwks=wanted.jwks or [],
        redirect_uris=product.redirect_uris,
        algorithm=wanted.algorithm if makes_the_key else "ES256",
    )
    await world.register.products.put(product.software_product_id, product)
    answer: dict[str, Any] = {**msgspec.to_builtins(product), "legal_entity_id": brand.legal_entity_id}
    if makes_the_key:
        answer["private_jwk"] = hosted.signing_key
    return answer


def refuse_private_keys(jwks: Sequence[dict[str, Any]]) -> None:
    """Refuse keys that would be published with their private part. Raises BadRequest."""
    if any(PRIVATE_MEMBERS & set(jwk) for jwk in jwks):
        raise BadRequest("jwks carries a private key; send the public part")


async def _brand(world: World, wanted: NewSoftwareProduct) -> DataRecipientBrand:
    if wanted.data_recipient_brand_id is not None:
        known = await world.register.brands.get(wanted.data_recipient_brand_id)
        if known is None:
            raise NotFound("no such data recipient brand")
        return known
    logo = wanted.logo_uri or f"{world.recipient_origin}/logo.svg"
    entity = DataRecipient(
        legal_entity_id=str(uuid.uuid4()),
        legal_entity_name=wanted.legal_entity_name,
        accreditation_number=f"ADR{uuid.uuid4().int % 1_000_000_000:09}",
        logo_uri=logo,
        last_updated=world.clock.now(),
    )
    brand = DataRecipientBrand(
        data_recipient_brand_id=str(uuid.uuid4()),
        legal_entity_id=entity.legal_entity_id,
        brand_name=wanted.brand_name,
        logo_uri=logo,
    )
    await world.register.recipients.put(entity.legal_entity_id, entity)
    await world.register.brands.put(brand.data_recipient_brand_id, brand)
    return brand


def _product(world: World, wanted: NewSoftwareProduct, brand: DataRecipientBrand) -> SoftwareProduct:
    product_id = str(uuid.uuid4())
    home = f"{world.recipient_origin}/products/{product_id}"
    base = (wanted.recipient_base_uri or home).rstrip("/")
    return SoftwareProduct(
        software_product_id=product_id,
        data_recipient_brand_id=brand.data_recipient_brand_id,
        name=wanted.name,
        description=wanted.description,
        client_uri=wanted.client_uri or world.recipient_origin,
        logo_uri=wanted.logo_uri or f"{world.recipient_origin}/logo.svg",
        tos_uri=f"{world.recipient_origin}/policy",
        policy_uri=f"{world.recipient_origin}/policy",
        jwks_uri=wanted.jwks_uri or f"{home}/jwks",
        redirect_uris=wanted.redirect_uris or [f"{home}/callback"],
        sector_identifier_uri=wanted.sector_identifier_uri,
        recipient_base_uri=base,
        revocation_uri=f"{base}/arrangements/revoke",
        scope=wanted.scope or SCOPE,
    )
