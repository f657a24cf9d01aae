"""The SQL of tokens."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, insert, update

from haas.database import Statement, Transaction
from tenants.tokens.tables import access_token, refresh_token

_ACCESS_COLUMNS: Final = (
    "token_hash",
    "client_id",
    "arrangement_id",
    "authorisation_id",
    "scope",
    "certificate_thumbprint",
    "issued_at",
    "expires_at",
)
_REFRESH_COLUMNS: Final = (
    "token_hash",
    "client_id",
    "arrangement_id",
    "authorisation_id",
    "scope",
    "issued_at",
    "expires_at",
)
_INSERT_ACCESS_TOKEN: Final = Statement(
    insert(access_token).values({name: bindparam(name) for name in _ACCESS_COLUMNS})
)
_INSERT_REFRESH_TOKEN: Final = Statement(
    insert(refresh_token).values({name: bindparam(name) for name in _REFRESH_COLUMNS})
)


async def insert_access_token(
    tx: Transaction,
    token_hash: bytes,
    *,
    client_id: str,
    arrangement_id: UUID | None,
    authorisation_id: UUID | None,
    scope: str,
    thumbprint: bytes,
    issued_at: datetime,
    expires_at: datetime,
) -> None:
    """Add an access token."""
    await tx.rows(
        _INSERT_ACCESS_TOKEN,
        token_hash=token_hash,
        client_id=client_id,
        arrangement_id=arrangement_id,
        authorisation_id=authorisation_id,
        scope=scope,
        certificate_thumbprint=thumbprint,
        issued_at=issued_at,
        expires_at=expires_at,
    )


async def insert_refresh_token(
    tx: Transaction,
    token_hash: bytes,
    *,
    client_id: str,
    arrangement_id: UUID,
    authorisation_id: UUID,
    scope: str,
    issued_at: datetime,
    expires_at: datetime,
) -> None:
    """Add a refresh token."""
    await tx.rows(
        _INSERT_REFRESH_TOKEN,
        token_hash=token_hash,
        client_id=client_id,
        arrangement_id=arrangement_id,
        authorisation_id=authorisation_id,
        scope=scope,
        issued_at=issued_at,
        expires_at=expires_at,
    )


async def revoke_for_arrangements(tx: Transaction, arrangement_ids: Collection[UUID], now: datetime) -> None:
    """Revoke every token of these arrangements."""
    for table in (refresh_token, access_token):  # in this order: see `grants.store.load_refresh_token`
        await tx.execute(
            update(table)
            .where(table.c.arrangement_id.in_(arrangement_ids), table.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )


async def revoke_for_client(tx: Transaction, client_id: str, now: datetime) -> None:
    """Revoke every token of a client."""
    for table in (refresh_token, access_token):  # in this order: see `grants.store.load_refresh_token`
        await tx.execute(
            update(table).where(table.c.client_id == client_id, table.c.revoked_at.is_(None)).values(revoked_at=now)
        )


async def revoke_refresh_token(tx: Transaction, token_hash: bytes, authorisation_id: UUID, now: datetime) -> None:
    """Revoke a refresh token, and the access tokens of its authorisation."""
    await tx.execute(
        update(refresh_token)
        .where(refresh_token.c.token_hash == token_hash)
        .values(revoked_at=func.coalesce(refresh_token.c.revoked_at, now))
    )
    await tx.execute(
        update(access_token)
        .where(access_token.c.authorisation_id == authorisation_id, access_token.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def revoke_access_token(tx: Transaction, token_hash: bytes, now: datetime) -> None:
    """Revoke an access token."""
    await tx.execute(
        update(access_token)
        .where(access_token.c.token_hash == token_hash)
        .values(revoked_at=func.coalesce(access_token.c.revoked_at, now))
    )
