"""Reading a token together with what it stands for: its client, arrangement and authorisation."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import LargeBinary, bindparam, select

from haas.database import Statement, Transaction
from tenants.arrangements.tables import arrangement, authorisation
from tenants.clients.tables import client
from tenants.grants.models import RefreshToken
from tenants.tokens.tables import access_token, refresh_token

_TOKEN_HASH = bindparam("token_hash", type_=LargeBinary)
_refresh = (
    select(
        refresh_token.c.client_id,
        refresh_token.c.arrangement_id,
        refresh_token.c.authorisation_id,
        refresh_token.c.scope,
        refresh_token.c.expires_at,
        refresh_token.c.revoked_at,
        arrangement.c.customer_id,
        arrangement.c.ended_at.label("arrangement_ended_at"),
        authorisation.c.acr,
        authorisation.c.authenticated_at,
    )
    .join(arrangement, arrangement.c.id == refresh_token.c.arrangement_id)
    .join(authorisation, authorisation.c.id == refresh_token.c.authorisation_id)
    .where(refresh_token.c.token_hash == _TOKEN_HASH)
)
_REFRESH: Final = Statement(_refresh)
# In the order in which whoever ends an arrangement locks them. Shared: two refreshes do not wait for each other.
_REFRESH_IN_USE: Final = Statement(_refresh.with_for_update(read=True, of=(arrangement, refresh_token)))
_ACCESS: Final = Statement(
    select(
        access_token.c.client_id,
        access_token.c.scope,
        access_token.c.certificate_thumbprint,
        access_token.c.expires_at,
        access_token.c.revoked_at,
        access_token.c.arrangement_id,
        access_token.c.authorisation_id,
        client.c.registration,
        client.c.recipient_status,
        client.c.product_status,
        client.c.removed_at,
        arrangement.c.customer_id,
        arrangement.c.login_id,
        arrangement.c.ended_at,
        authorisation.c.claims,
        authorisation.c.expires_at.label("sharing_ends_at"),
    )
    .join(client, client.c.client_id == access_token.c.client_id)
    .outerjoin(arrangement, arrangement.c.id == access_token.c.arrangement_id)
    .outerjoin(authorisation, authorisation.c.id == access_token.c.authorisation_id)
    .where(access_token.c.token_hash == _TOKEN_HASH)
)


async def load_refresh_token(tx: Transaction, token_hash: bytes, *, in_use: bool = False) -> RefreshToken | None:
    """Return a refresh token, whatever has become of it, or None.

    One that is `in_use` cannot be revoked before the transaction ends: a revocation then finds what was issued for it.
    """
    row = await tx.row(_REFRESH_IN_USE if in_use else _REFRESH, token_hash=token_hash)
    return None if row is None else RefreshToken(**row)


async def load_access_token(tx: Transaction, token_hash: bytes) -> Mapping[str, Any] | None:
    """Return the row of an access token with its client, arrangement and authorisation, or None."""
    return await tx.row(_ACCESS, token_hash=token_hash)
