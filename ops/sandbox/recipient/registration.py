"""Registration of software products with data holder brands, and their protocol clients."""

from collections.abc import Awaitable, Callable
from typing import Any

from haas.clock import Clock
from ops.sandbox.certificates import MutualTls
from ops.sandbox.jose import SigningKey
from ops.sandbox.messages import Deviation
from ops.sandbox.recipient.client import RecipientClient
from ops.sandbox.recipient.holder import Holder
from ops.sandbox.recipient.records import Registration
from ops.sandbox.recipient.register_api import HolderBrand
from ops.sandbox.recipient.store import RecipientCollections, registration_key
from ops.sandbox.register.models import SoftwareProduct


class ClientRegistration:
    """Makes protocol clients for software products, and registers them with brands."""

    def __init__(self, collections: RecipientCollections, mutual_tls: MutualTls, clock: Clock) -> None:
        """Store client ids in `collections`."""
        self._collections = collections
        self._mutual_tls = mutual_tls
        self._clock = clock

    async def client(self, product: SoftwareProduct, brand: HolderBrand, key: SigningKey) -> RecipientClient:
        """Return a client of `product` at `brand`; its client id is empty before the registration.

        Raises HolderError.
        """
        http = await self._mutual_tls.http(product)
        registration = await self._collections.registrations.get(
            registration_key(product.software_product_id, brand.id)
        )
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
        """Register with `brand`, store the client id, and return the registration. Raises Refused and HolderError."""
        answer = await client.register(ssa, Deviation(claims=metadata))
        await self._store(client, brand, answer)
        return answer

    async def add_new_scopes(
        self, client: RecipientClient, product: SoftwareProduct, brand: HolderBrand, ssa: Callable[[], Awaitable[str]]
    ) -> None:
        """Update the registration if `brand` now supports scopes of `product` that are not registered.

        `ssa` is called only then. A holder registers the scopes that it supports on that day, and "Registrations MUST
        only be updated via a PUT operation" (CDS, Dynamic Client Registration endpoints). Raises Refused and
        HolderError.
        """
        registered = await self._collections.registrations.get(registration_key(product.software_product_id, brand.id))
        wanted = client.holder.metadata.scopes_supported.intersection(product.scope.split())
        if registered is None or wanted.issubset(registered.scope.split()):
            return
        token = (await client.client_credentials()).access_token
        metadata = Deviation(claims={"redirect_uris": product.redirect_uris})
        await self._store(client, brand, await client.update_registration(token, await ssa(), metadata))

    async def _store(self, client: RecipientClient, brand: HolderBrand, answer: dict[str, Any]) -> None:
        registration = Registration(
            software_product_id=client.software_product_id,
            data_holder_brand_id=brand.id,
            issuer=brand.issuer,
            resource_base_uri=brand.resource_base_uri,
            client_id=client.client_id,
            scope=str(answer.get("scope", "")),
        )
        await self._collections.registrations.put(registration_key(client.software_product_id, brand.id), registration)
