"""The state of a token request, which the steps of a grant share."""

from collections.abc import Mapping
from datetime import datetime

from haas.database import Transaction
from tenants.clients.models import Client
from tenants.grants.models import IssuedTokens
from tenants.registry.models import Tenant


class TokenRequest:
    """A token request of an authenticated client. The last step of a grant sets `issued`."""

    issued: IssuedTokens

    def __init__(
        self,
        tx: Transaction,
        tenant: Tenant,
        client: Client,
        parameters: Mapping[str, str],
        *,
        thumbprint: bytes,
        now: datetime,
    ) -> None:
        """`parameters` are the non-empty form parameters. `thumbprint` is the SHA-256 of the client certificate."""
        self.tx = tx
        self.tenant = tenant
        self.client = client
        self.parameters = parameters
        self.thumbprint = thumbprint
        self.now = now
