"""The SQL of tokens."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import LargeBinary, Row, bindparam, func, insert, select, update

from haas.database import Statement, Transaction
from tenants.arrangements.tables import arrangement, authorisation
from tenants.clients.tables import client
from tenants.parties.tables import login as login_table
from tenants.tokens.models import RefreshToken
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
_ADD_ACCESS: Final = Statement(insert(access_token).values({name: bindparam(name) for name in _ACCESS_COLUMNS}))
_ADD_REFRESH: Final = Statement(insert(refresh_token).values({name: bindparam(name) for name in _REFRESH_COLUMNS}))
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


async def add_access(
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
        _ADD_ACCESS,
        token_hash=token_hash,
        client_id=client_id,
        arrangement_id=arrangement_id,
        authorisation_id=authorisation_id,
        scope=scope,
        certificate_thumbprint=thumbprint,
        issued_at=issued_at,
        expires_at=expires_at,
    )


async def add_refresh(
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
        _ADD_REFRESH,
        token_hash=token_hash,
        client_id=client_id,
        arrangement_id=arrangement_id,
        authorisation_id=authorisation_id,
        scope=scope,
        issued_at=issued_at,
        expires_at=expires_at,
    )


async def refresh(tx: Transaction, token_hash: bytes, *, in_use: bool = False) -> RefreshToken | None:
    """Return a refresh token, whatever has become of it, or None.

    One that is `in_use` cannot be revoked before the transaction ends: a revocation then finds what was issued for it.
    """
    row = await tx.row(_REFRESH_IN_USE if in_use else _REFRESH, token_hash=token_hash)
    return None if row is None else RefreshToken(**row)


async def access(tx: Transaction, token_hash: bytes) -> Mapping[str, Any] | None:
    """Return the row of an access token with its client, arrangement and authorisation, or None."""
    return await tx.row(_ACCESS, token_hash=token_hash)


async def revoke_of_arrangements(tx: Transaction, arrangement_ids: Collection[UUID], now: datetime) -> None:
    """Revoke every token of these arrangements."""
    for table in (refresh_token, access_token):  # in this order: see `refresh`
        await tx.execute(
            update(table)
            .where(table.c.arrangement_id.in_(arrangement_ids), table.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )


async def revoke_of_client(tx: Transaction, client_id: str, now: datetime) -> None:
    """Revoke every token of a client."""
    for table in (refresh_token, access_token):  # in this order: see `refresh`
        await tx.execute(
            update(table).where(table.c.client_id == client_id, table.c.revoked_at.is_(None)).values(revoked_at=now)
        )


async def revoke_refresh(tx: Transaction, token_hash: bytes, authorisation_id: UUID, now: datetime) -> None:
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


async def revoke_access(tx: Transaction, token_hash: bytes, now: datetime) -> None:
    """Revoke an access token."""
    await tx.execute(
        update(access_token)
        .where(access_token.c.token_hash == token_hash)
        .values(revoked_at=func.coalesce(access_token.c.revoked_at, now))
    )


async def login(tx: Transaction, login_id: UUID) -> Row[Any]:
    """Return the names of the person behind a login."""
    result = await tx.execute(
        select(login_table.c.name, login_table.c.given_name, login_table.c.family_name, login_table.c.updated_at).where(
            login_table.c.id == login_id
        )
    )
    return result.one()
