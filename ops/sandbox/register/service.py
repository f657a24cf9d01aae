"""The participants of the Register and the software statements that it signs."""

import secrets
from typing import Any

import msgspec

from haas.clock import Clock, epoch
from ops.sandbox.cds_errors import status_not_active
from ops.sandbox.jose import SigningKey
from ops.sandbox.messages import NO_DEVIATION, Deviation, signed
from ops.sandbox.register.errors import invalid_brand, invalid_software_product
from ops.sandbox.register.models import (
    PRODUCT_STATUS_BY_RECIPIENT,
    DataHolderBrand,
    DataRecipient,
    DataRecipientBrand,
    ProductStatus,
    RecipientStatus,
    SoftwareProduct,
)
from ops.sandbox.register.responses import ssa_claims
from ops.sandbox.store import Collection, Store
from ops.sandbox.tenants import Tenants

SSA_LIFETIME = 600
"""Seconds (CDS, Software Statement Assertion: 10 minutes)."""
LIMIT = 10_000


class StoredKey(msgspec.Struct, frozen=True):
    """A private JWK of the Register. It is stored without encryption: no party outside the sandbox trusts it."""

    jwk: dict[str, Any]


class Register:
    """The participants, their statuses, and software statement assertions."""

    def __init__(self, store: Store, clock: Clock, tenants: Tenants) -> None:
        """Store participants in `store`. Data holder brands come from `tenants` and the control API."""
        self.recipients = Collection(store, "data-recipient", DataRecipient, limit=LIMIT)
        self.brands = Collection(store, "data-recipient-brand", DataRecipientBrand, limit=LIMIT)
        self.products = Collection(store, "software-product", SoftwareProduct, limit=LIMIT)
        self.holders = Collection(store, "data-holder-brand", DataHolderBrand, limit=LIMIT)
        self._keys = Collection(store, "register-key", StoredKey, limit=LIMIT)
        self._loaded: dict[str, SigningKey] = {}
        self._clock = clock
        self._tenants = tenants

    async def key(self, purpose: str) -> SigningKey:
        """Return the Register's key for `purpose` (`ssa` or `idp`); it is generated at the first use."""
        loaded = self._loaded.get(purpose)
        if loaded is not None:
            return loaded
        stored = await self._keys.get(purpose)
        if stored is None:
            await self._keys.add(purpose, StoredKey(SigningKey.generate("PS256").private_jwk()))
            stored = await self._keys.get(purpose)
        if stored is None:
            raise RuntimeError(f"the Register's {purpose} key was not stored")
        return self._loaded.setdefault(purpose, SigningKey.from_jwk(stored.jwk))

    async def holder_brands(self) -> list[DataHolderBrand]:
        """Return every data holder brand."""
        added = {brand.data_holder_brand_id: brand for brand in await self.holders.all()}
        running = {brand.data_holder_brand_id: brand for brand in self._tenants.holder_brands()}
        return list({**running, **added}.values())

    async def ssa(self, brand_id: str, product_id: str, deviation: Deviation = NO_DEVIATION) -> str:
        """Return a new SSA for an active product of an active recipient. Raises CdsError."""
        product = await self.products.get(product_id)
        if product is None:
            raise invalid_software_product(product_id)
        brand = await self.brands.get(product.data_recipient_brand_id)
        if brand is None or brand.data_recipient_brand_id != brand_id:
            raise invalid_brand(brand_id)
        entity = await self.recipients.get(brand.legal_entity_id)
        if entity is None or (entity.status, product.status) != ("ACTIVE", "ACTIVE"):
            raise status_not_active("statements are issued to active recipients for active software products only")
        now = epoch(self._clock.now())
        claims = ssa_claims(product, brand, entity, now=now, lifetime=SSA_LIFETIME, jti=secrets.token_hex(16))
        return signed(claims, await self.key("ssa"), deviation)

    async def set_product_status(
        self, product_id: str, status: ProductStatus | None, *, omitted: bool | None
    ) -> SoftwareProduct | None:
        """Change a product's status and `omitted`; None changes nothing. Returns None for an unknown product."""

        def changed(product: SoftwareProduct) -> SoftwareProduct:
            return msgspec.structs.replace(
                product,
                status=status or product.status,
                omitted=product.omitted if omitted is None else omitted,
            )

        return await self.products.change(product_id, changed)

    async def set_recipient_status(
        self, legal_entity_id: str, status: RecipientStatus | None, *, omitted: bool | None
    ) -> DataRecipient | None:
        """Change a recipient's status, and that of its products by the status mapping of the standards."""

        def changed(entity: DataRecipient) -> DataRecipient:
            return msgspec.structs.replace(
                entity,
                status=status or entity.status,
                omitted=entity.omitted if omitted is None else omitted,
                last_updated=self._clock.now(),
            )

        entity = await self.recipients.change(legal_entity_id, changed)
        if entity is not None and status in PRODUCT_STATUS_BY_RECIPIENT:
            for brand in await self.brands.all():
                if brand.legal_entity_id == legal_entity_id:
                    await self._set_status_of_products(
                        brand.data_recipient_brand_id, PRODUCT_STATUS_BY_RECIPIENT[status]
                    )
        return entity

    async def _set_status_of_products(self, brand_id: str, status: ProductStatus) -> None:
        for product in await self.products.all():
            if product.data_recipient_brand_id == brand_id and product.status != "REMOVED":
                await self.set_product_status(product.software_product_id, status, omitted=None)
