"""Revoking tokens (RFC 7009; CDS, Token Revocation endpoint). Revoking a token does not end the arrangement."""

from datetime import datetime

from haas.database import Transaction
from haas.digest import digest
from tenants.clients.models import Client
from tenants.grants import store
from tenants.oauth.errors import InvalidRequest
from tenants.tokens import store as tokens


async def revoke(tx: Transaction, client: Client, token: str, now: datetime) -> None:
    """Revoke a client's refresh token and the access tokens of its authorisation, or revoke one access token.

    Do nothing for an unknown token: it counts as revoked (RFC 7009 2.2). `token_type_hint` is not needed to find a
    token. Raise InvalidRequest for another client's token: "the request is refused and the client is informed" (RFC
    7009 2.1).
    """
    token_hash = digest(token)
    refresh_token = await store.load_refresh_token(tx, token_hash)
    if refresh_token is not None:
        _require_own_token(client, refresh_token.client_id)
        await tokens.revoke_refresh_token(tx, token_hash, refresh_token.authorisation_id, now)
        return
    access_token = await store.load_access_token(tx, token_hash)
    if access_token is not None:
        _require_own_token(client, access_token.client_id)
        await tokens.revoke_access_token(tx, token_hash, now)


def _require_own_token(client: Client, owner: str) -> None:
    """Raise InvalidRequest unless the token was issued to the client (RFC 7009 2.1)."""
    if owner != client.client_id:
        raise InvalidRequest("the token was not issued to this client")
