"""Keys and redirect URIs that the sandbox publishes for software products."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from ops.sandbox.jose import Algorithm, SigningKey
from ops.sandbox.recipient.records import HostedProduct
from ops.sandbox.recipient.store import RecipientCollections

PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
"""The private members of a JWK (RFC 7518 6.2.2, 6.3.2, 6.4.1)."""


class Hosting:
    """The software products that the sandbox hosts, including the recipient's own product."""

    def __init__(self, collections: RecipientCollections, own_product_id: str) -> None:
        """Store them in `collections`."""
        self._collections = collections
        self.own_product_id = own_product_id

    async def host(
        self,
        product_id: str,
        *,
        jwks: Sequence[dict[str, Any]],
        redirect_uris: Sequence[str],
        algorithm: Algorithm = "PS256",
        strict: bool = False,
    ) -> HostedProduct:
        """Host a product, with a new key with which the sandbox signs for it."""
        signing_key = (await asyncio.to_thread(SigningKey.generate, algorithm)).private_jwk()
        hosted = HostedProduct(
            software_product_id=product_id,
            signing_key=signing_key,
            jwks=list(jwks),
            redirect_uris=list(redirect_uris),
            strict=strict,
        )
        await self._collections.hosted.put(product_id, hosted)
        return hosted

    async def product(self, product_id: str) -> HostedProduct | None:
        """Return a hosted product, or None."""
        return await self._collections.hosted.get(product_id)

    async def publish(self, product_id: str, jwks: Sequence[dict[str, Any]]) -> HostedProduct | None:
        """Replace the product's own public keys, as in a key rotation. Returns None when it is not hosted."""
        return await self._collections.hosted.change(
            product_id, lambda hosted: msgspec.structs.replace(hosted, jwks=list(jwks), jwks_document=None)
        )

    async def publish_document(self, product_id: str, document: str) -> HostedProduct | None:
        """Publish a text in place of the product's JWKS document. Returns None when the product is not hosted."""
        return await self._collections.hosted.change(
            product_id, lambda hosted: msgspec.structs.replace(hosted, jwks_document=document)
        )

    async def fail(self, product_id: str, failures: int, status: int) -> HostedProduct | None:
        """Make the next calls of the product's revocation endpoint fail. Returns None when it is not hosted."""
        return await self._collections.hosted.change(
            product_id, lambda hosted: msgspec.structs.replace(hosted, failures=failures, failure_status=status)
        )

    @staticmethod
    def public_keys(hosted: HostedProduct) -> list[dict[str, Any]]:
        """Return the keys that the product's JWKS document lists."""
        own = {name: value for name, value in hosted.signing_key.items() if name not in PRIVATE_MEMBERS}
        return [*hosted.jwks, own]
