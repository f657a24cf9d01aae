"""The state of a refresh token (RFC 7662; CDS, Introspection endpoint)."""

from datetime import datetime

import msgspec

from haas.clock import epoch
from haas.database import Transaction
from haas.digest import digest
from tenants.clients.models import Client
from tenants.grants import store


class Introspection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer; of a token that is not active it says nothing else (RFC 7662 2.2)."""

    active: bool
    exp: int | None = None
    scope: str | None = None
    cdr_arrangement_id: str | None = None


INACTIVE = Introspection(active=False)


async def introspect(tx: Transaction, client: Client, token: str, now: datetime) -> Introspection:
    """Return the state of a client's refresh token.

    "Introspection of Access Tokens and ID Tokens MUST NOT be supported" (CDS): those are not active here, and neither
    is another client's token.
    """
    presented = await store.load_refresh_token(tx, digest(token))
    if presented is None or presented.client_id != client.client_id or not presented.is_active(now):
        return INACTIVE
    return Introspection(
        active=True,
        exp=epoch(presented.expires_at),
        scope=presented.scope,
        cdr_arrangement_id=str(presented.arrangement_id),
    )
