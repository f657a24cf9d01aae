"""Registers software products with data holder brands, on their behalf."""

from typing import Any

from haas.clock import Clock
from haas.jose import SigningKey
from ops.sandbox.certificates import MutualTls
from ops.sandbox.messages import Deviation
from ops.sandbox.recipient.books import Books, at_brand
from ops.sandbox.recipient.client import RecipientClient
from ops.sandbox.recipient.holder import Holder
from ops.sandbox.recipient.records import Registration
from ops.sandbox.recipient.register_client import HolderBrand
from ops.sandbox.register.models import SoftwareProduct


class Registrar:
    """Makes protocol clients for software products, and registers them where they are not yet."""

    def __init__(self, books: Books, mutual_tls: MutualTls, clock: Clock) -> None:
        """Keep client ids in `books`."""
        self._books = books
        self._mutual_tls = mutual_tls
        self._clock = clock

    async def client(self, product: SoftwareProduct, brand: HolderBrand, key: SigningKey) -> RecipientClient:
        """Return a client of `product` at `brand`, with its client id where it has one. Raises HolderError."""
        http = await self._mutual_tls.http(product)
        registration = await self._books.registrations.get(at_brand(product.software_product_id, brand.id))
        return RecipientClient(
            await Holder.discover(brand.issuer, http),
            http,
            key,
            software_product_id=product.software_product_id,
            redirect_uri=product.redirect_uris[0],
            resource_base_uri=brand.resource_base_uri,
            client_id="" if registration is None else registration.client_id,
            clock=self._clock,
        )

    async def register(
        self, client: RecipientClient, brand: HolderBrand, ssa: str, **metadata: object
    ) -> dict[str, Any]:
        """Register with `brand`, keep the client id, and return the registration. Raises Refused and HolderError."""
        answer = await client.register(ssa, Deviation(claims=metadata))
        registration = Registration(
            software_product_id=client.software_product_id,
            data_holder_brand_id=brand.id,
            issuer=brand.issuer,
            resource_base_uri=brand.resource_base_uri,
            client_id=client.client_id,
        )
        await self._books.registrations.put(at_brand(client.software_product_id, brand.id), registration)
        return answer
