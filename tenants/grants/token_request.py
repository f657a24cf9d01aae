"""The state that the steps of a grant share."""

from collections.abc import Mapping
from datetime import datetime

from haas.database import Transaction
from tenants.clients.models import Client
from tenants.grants.models import IssuedTokens


class TokenRequest:
    """A token request of an authenticated client. The last step of a grant sets `issued`."""

    issued: IssuedTokens

    def __init__(
        self, tx: Transaction, client: Client, parameters: Mapping[str, str], *, thumbprint: bytes, now: datetime
    ) -> None:
        """Take the form parameters, each there once and not empty; `thumbprint` is the client certificate's SHA-256."""
        self.tx = tx
        self.client = client
        self.parameters = parameters
        self.thumbprint = thumbprint
        self.now = now
