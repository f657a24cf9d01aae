"""A credential of the `upstream` source."""

from datetime import datetime
from typing import Any, Literal

import msgspec

CredentialKind = Literal["client-secret", "client-certificate"]


class UpstreamCredential(msgspec.Struct, frozen=True, kw_only=True):
    """A credential with its secret open, which is not shown where the object is printed."""

    kind: CredentialKind
    presented: str
    """What the retailer's server is shown: the client id, or the certificate with its chain in PEM."""
    secret: str
    """The client secret, or the certificate's private key in PEM."""
    changed_at: datetime

    def __repr__(self) -> str:
        """Name the kind alone: secrets end up in tracebacks otherwise."""
        return f"UpstreamCredential(kind={self.kind!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Name the kind alone to rich as well."""
        return [("kind", self.kind)]
