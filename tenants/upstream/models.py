"""The credentials for the retailer's own server, and the parties of a consent under which it is asked."""

from typing import Literal
from uuid import UUID

import msgspec

from tenants.keys.credentials import Credential

CredentialKind = Literal["client-secret", "client-certificate"]


class UpstreamCredential(Credential, frozen=True, kw_only=True):
    """A client id and its secret, or a certificate with its chain and its private key, both in PEM."""

    kind: CredentialKind


class ConsentParties(msgspec.Struct, frozen=True):
    """The customer of an arrangement, with the retailer's reference, and the recipient."""

    customer_id: UUID
    customer: str
    recipient_id: str
