"""The credentials for the retailer's own server, and the parties of a consent under which it is asked."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

CredentialKind = Literal["client-secret", "client-certificate"]


class UpstreamCredential(msgspec.Struct, frozen=True, kw_only=True):
    """A credential with its decrypted secret. Printing the object does not show the secret."""

    kind: CredentialKind
    presented: str
    """The part that the retailer's server sees: the client id, or the certificate with its chain in PEM."""
    secret: str
    """The client secret, or the private key of the certificate in PEM."""
    changed_at: datetime

    def __repr__(self) -> str:
        """Show only the kind, because tracebacks and logs may contain this text."""
        return f"UpstreamCredential(kind={self.kind!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Show only the kind in the output of the library rich as well."""
        return [("kind", self.kind)]


class ConsentParties(msgspec.Struct, frozen=True):
    """The customer of an arrangement, with the retailer's reference, and the recipient."""

    customer_id: UUID
    customer: str
    recipient_id: str
