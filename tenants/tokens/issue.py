"""Issuing tokens. A token is 256 random bits; only its SHA-256 hash is stored."""

import secrets
from datetime import datetime
from typing import Final
from uuid import UUID

from haas.database import Transaction
from haas.digest import digest
from tenants.tokens import store
from tenants.tokens.lifetimes import ACCESS_TOKEN_LIFETIME

TOKEN_BYTES: Final = 32


async def access_token(
    tx: Transaction,
    *,
    client_id: str,
    scope: str,
    thumbprint: bytes,
    now: datetime,
    arrangement_id: UUID | None = None,
    authorisation_id: UUID | None = None,
) -> str:
    """Issue an access token, bound to a client certificate by its SHA-256 thumbprint (RFC 8705 3)."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await store.insert_access_token(
        tx,
        digest(token),
        client_id=client_id,
        arrangement_id=arrangement_id,
        authorisation_id=authorisation_id,
        scope=scope,
        thumbprint=thumbprint,
        issued_at=now,
        expires_at=now + ACCESS_TOKEN_LIFETIME,
    )
    return token


async def refresh_token(
    tx: Transaction,
    *,
    client_id: str,
    scope: str,
    arrangement_id: UUID,
    authorisation_id: UUID,
    expires_at: datetime,
    now: datetime,
) -> str:
    """Issue a refresh token. It is bound to the client and not to a certificate, so the client may change certificates.

    "MUST issue Refresh Tokens with an exp value equal to the sharing duration authorised by the consumer" (CDS).
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await store.insert_refresh_token(
        tx,
        digest(token),
        client_id=client_id,
        arrangement_id=arrangement_id,
        authorisation_id=authorisation_id,
        scope=scope,
        issued_at=now,
        expires_at=expires_at,
    )
    return token
