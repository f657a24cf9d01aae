"""The SQL that reads a token together with its client, arrangement and authorisation."""

from datetime import datetime
from typing import Final

from sqlalchemy import LargeBinary, bindparam, literal_column, select

from haas.database import Statement, Transaction
from tenants.accounts.service import market_day
from tenants.accounts.store import first_refusal, is_eligible
from tenants.accounts.tables import refusal
from tenants.arrangements.tables import arrangement, authorisation
from tenants.clients.tables import client
from tenants.grants.models import AccessToken, RefreshToken, UserInfoToken
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
# This locks the rows in the same order as ending an arrangement does, so that the two cannot deadlock. The lock is
# shared, so that two refreshes do not wait for each other.
_REFRESH_LOCKED: Final = Statement(_refresh.with_for_update(read=True, of=(arrangement, refresh_token)))
ACCESS_TOKEN_COLUMNS: Final = (
    access_token.c.client_id,
    client.c.software_id,
    client.c.recipient_status,
    client.c.product_status,
    client.c.removed_at.label("client_removed_at"),
    access_token.c.scope,
    access_token.c.certificate_thumbprint,
    access_token.c.expires_at,
    access_token.c.revoked_at,
    access_token.c.arrangement_id,
    arrangement.c.customer_id,
    arrangement.c.login_id,
    arrangement.c.active_at.label("arrangement_active_at"),
    arrangement.c.ended_at.label("arrangement_ended_at"),
    authorisation.c.expires_at.label("sharing_ends_at"),
    (arrangement.c.authorisation_id == access_token.c.authorisation_id).label("is_authorisation_in_force"),
)
"""The columns of `models.AccessToken`. Select them from ACCESS_TOKEN_SOURCE."""
ACCESS_TOKEN_SOURCE: Final = (
    access_token.join(client, client.c.client_id == access_token.c.client_id)
    .outerjoin(arrangement, arrangement.c.id == access_token.c.arrangement_id)
    .outerjoin(authorisation, authorisation.c.id == access_token.c.authorisation_id)
)
REFUSAL_OF_ALL_DATA: Final = first_refusal(
    arrangement.c.customer_id, client.c.recipient_id, refusal.c.account_id.is_(None)
).label("refusal")
"""The column `refusal` of `models.ConsumerToken`. A statement that selects it must bind the parameter `now`."""
_ACCESS: Final = Statement(
    select(*ACCESS_TOKEN_COLUMNS).select_from(ACCESS_TOKEN_SOURCE).where(access_token.c.token_hash == _TOKEN_HASH)
)
_USERINFO: Final = Statement(
    select(
        *ACCESS_TOKEN_COLUMNS,
        client.c.registration.op("->>")(literal_column("'sector_identifier_uri'")).label("sector_identifier_uri"),
        authorisation.c.claims,
        REFUSAL_OF_ALL_DATA,
        is_eligible(arrangement.c.customer_id).label("is_customer_eligible"),
    )
    .select_from(ACCESS_TOKEN_SOURCE)
    .where(access_token.c.token_hash == _TOKEN_HASH)
)


async def load_refresh_token(tx: Transaction, token_hash: bytes, *, lock: bool = False) -> RefreshToken | None:
    """Return a refresh token, even if it has expired or was revoked; None for an unknown token.

    With `lock`, its row is locked until the transaction ends. A concurrent revocation waits for the end of the
    transaction, and then also revokes the access token that the transaction issued.
    """
    row = await tx.row(_REFRESH_LOCKED if lock else _REFRESH, token_hash=token_hash)
    return None if row is None else RefreshToken(**row)


async def load_access_token(tx: Transaction, token_hash: bytes) -> AccessToken | None:
    """Return an access token, even if it has expired or was revoked; None for an unknown token."""
    row = await tx.row(_ACCESS, token_hash=token_hash)
    return None if row is None else AccessToken(**row)


async def load_userinfo_token(tx: Transaction, token_hash: bytes, now: datetime) -> UserInfoToken | None:
    """Return an access token for UserInfo, even if it has expired or was revoked; None for an unknown token.

    The same statement finds out whether the customer is eligible and whether all data is refused. The names of the
    person are read by another one, and only if they were authorised (`tenants.grants.userinfo.person_claims`).
    """
    row = await tx.row(_USERINFO, token_hash=token_hash, today=market_day(now), now=now)
    return None if row is None else UserInfoToken(**row)
