"""Introspection of refresh tokens (RFC 7662; CDS, Introspection endpoint)."""

from datetime import datetime

import msgspec

from haas.clock import epoch
from haas.database import Transaction
from haas.digest import digest
from tenants.clients.models import Client
from tenants.grants import store


class Introspection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The introspection response. For a token that is not active it has no other members (RFC 7662 2.2)."""

    active: bool
    exp: int | None = None
    scope: str | None = None
    cdr_arrangement_id: str | None = None


INACTIVE = Introspection(active=False)


async def introspect(tx: Transaction, client: Client, token: str, now: datetime) -> Introspection:
    """Return the state of a client's refresh token.

    "Introspection of Access Tokens and ID Tokens MUST NOT be supported" (CDS): the response for these, for unknown
    tokens and for tokens of other clients is the same as for a token that is not active.
    """
    refresh_token = await store.load_refresh_token(tx, digest(token))
    if refresh_token is None or refresh_token.client_id != client.client_id or not refresh_token.is_active(now):
        return INACTIVE
    return Introspection(
        active=True,
        exp=epoch(refresh_token.expires_at),
        scope=client.registration.usable_scopes(refresh_token.scope),
        cdr_arrangement_id=str(refresh_token.arrangement_id),
    )
