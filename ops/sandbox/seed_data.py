"""The participants that exist from the first start: the recipient's own software product, brand and legal entity."""

from typing import Final

from haas.clock import Clock
from ops.sandbox.recipient.hosting import Hosting
from ops.sandbox.register.models import DataRecipient, DataRecipientBrand, SoftwareProduct
from ops.sandbox.register.service import Register

LEGAL_ENTITY_ID: Final = "5f2b7c1e-8a34-4d0f-9b61-2c7e90d1a4f8"
BRAND_ID: Final = "0d3c9a52-64be-4f17-8e2a-b1f5c6709d3e"
SOFTWARE_PRODUCT_ID: Final = "c7a1e8d4-3f90-4b6d-a5c2-18e47f0b9a36"


async def ensure_own_product(register: Register, hosting: Hosting, clock: Clock, origin: str) -> SoftwareProduct:
    """Return the recipient's own software product, whose pages are at `origin`; create it if it does not exist."""
    product = await register.products.get(SOFTWARE_PRODUCT_ID)
    if product is not None:
        return product
    logo = f"{origin}/logo.svg"
    await register.recipients.put(
        LEGAL_ENTITY_ID,
        DataRecipient(
            legal_entity_id=LEGAL_ENTITY_ID,
            legal_entity_name="Brightside Budget Pty Ltd",
            accreditation_number="ADRBNK000042",
            logo_uri=logo,
            last_updated=clock.now(),
        ),
    )
    await register.brands.put(
        BRAND_ID,
        DataRecipientBrand(
            data_recipient_brand_id=BRAND_ID,
            legal_entity_id=LEGAL_ENTITY_ID,
            brand_name="Brightside Budget",
            logo_uri=logo,
        ),
    )
    product = SoftwareProduct(
        software_product_id=SOFTWARE_PRODUCT_ID,
        data_recipient_brand_id=BRAND_ID,
        name="Brightside Budget",
        description="A household budget that knows what energy costs",
        client_uri=origin,
        logo_uri=logo,
        tos_uri=f"{origin}/policy",
        policy_uri=f"{origin}/policy",
        jwks_uri=f"{origin}/jwks",
        redirect_uris=[f"{origin}/callback"],
        recipient_base_uri=origin,
        revocation_uri=f"{origin}/arrangements/revoke",
    )
    await hosting.host(SOFTWARE_PRODUCT_ID, jwks=[], redirect_uris=product.redirect_uris, strict=True)
    await register.products.put(SOFTWARE_PRODUCT_ID, product)
    return product
