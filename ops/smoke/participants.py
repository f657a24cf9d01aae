"""The persons and data recipients of a run. The sandbox issues the recipients' software products and certificates."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import msgspec

from haas.clock import Clock
from ops.browser.person import Person
from ops.sandbox.jose import Algorithm, SigningKey
from ops.sandbox.recipient.client import RecipientClient
from ops.sandbox.recipient.holder import Holder
from ops.sandbox.transport import http_client
from ops.smoke.control import ClientCertificate, SandboxControl, SoftwareProduct
from ops.stack.description import StackDescription, TenantDescription

SCOPES: Final = (
    "openid profile common:customer.basic:read common:customer.detail:read "
    "energy:accounts.basic:read energy:accounts.detail:read energy:accounts.paymentschedule:read "
    "energy:accounts.concessions:read energy:billing:read"
)
"""The scopes that the benchmark requests, so that its measurements stay comparable. The smoke test asks the brand."""
_NOT_FOR_CONSUMERS: Final = ("cdr:", "admin:")


class Participants:
    """Creates persons and recipients that send requests to a stack, and closes their connections at the end."""

    def __init__(
        self, description: StackDescription, control: SandboxControl, clock: Clock, exits: AsyncExitStack
    ) -> None:
        """Use the stack in `description`. `exits` closes the connections."""
        self.description = description
        self.control = control
        self.clock = clock
        self._exits = exits

    async def person(self) -> Person:
        """Return a person with an empty cookie jar."""
        http = http_client(hosts=self.description.addresses, trusted_roots=self._roots)
        return await self._exits.enter_async_context(Person(http))

    async def recipient(self, tenant: TenantDescription, *, algorithm: Algorithm = "ES256") -> "Recipient":
        """Return a new software product with a new key and client certificate. It is not registered at the brand."""
        key = SigningKey.generate(algorithm)
        product = await self.control.add_product(key.public_jwk(), name=f"Smoke of {tenant.name}")
        certificate = await self.control.certificate(product)
        http = http_client(
            hosts=self.description.addresses,
            trusted_roots=self._roots,
            certificate=(certificate.certificate.encode(), certificate.private_key.encode()),
        )
        await self._exits.enter_async_context(http)
        client = RecipientClient(
            await Holder.discover(tenant.issuer, http),
            http,
            key,
            software_product_id=product.software_product_id,
            redirect_uri=product.redirect_uris[0],
            resource_base_uri=tenant.resource_base_uri,
            clock=self.clock,
        )
        return Recipient(product=product, client=client, certificate=certificate)

    @property
    def _roots(self) -> Path:
        return Path(self.description.roots.bundle)


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """A software product, its protocol client at one brand, and the client certificate that it uses there."""

    product: SoftwareProduct
    client: RecipientClient
    certificate: ClientCertificate

    @property
    def scope(self) -> str:
        """Every scope that a consumer can authorise at the brand, as its discovery document says."""
        supported = self.client.holder.metadata.scopes_supported
        return " ".join(sorted(scope for scope in supported if not scope.startswith(_NOT_FOR_CONSUMERS)))
