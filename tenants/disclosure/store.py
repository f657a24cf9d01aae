"""The one query behind every resource request, and who authorised what it asks for."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, literal_column, select, true
from sqlalchemy.dialects.postgresql import array

from haas.database import Statement, Transaction
from haas.digest import digest
from tenants.accounts.models import NOT_REACHED
from tenants.accounts.service import market_day
from tenants.accounts.store import standings, withholding
from tenants.arrangements.tables import arrangement, authorisation, authorised_account
from tenants.clients.tables import client
from tenants.disclosure.grant import Agent, Grant
from tenants.parties.tables import login
from tenants.tokens.tables import access_token

_standings = standings(
    authorised_account, arrangement.c.customer_id, authorised_account.c.account_id, client.c.recipient_id
)
_chosen = (
    select(authorised_account.c.account_id, withholding(_standings, authorised_account.c.approval).label("withholding"))
    .select_from(_standings.source)
    .where(authorised_account.c.authorisation_id == access_token.c.authorisation_id)
    .correlate(access_token, arrangement, client)
    .offset(literal_column("0"))
    .subquery("chosen")
)
_not_reached = _chosen.c.withholding == func.any(
    array([literal_column(f"'{reason}'") for reason in sorted(NOT_REACHED)])
)
# An account that the customer no longer holds is as if it had never been chosen; one that was stopped may return.
_reached = (
    select(
        func.array_agg(_chosen.c.account_id).filter(_chosen.c.withholding.is_(None)).label("accounts"),
        func.array_agg(_chosen.c.account_id).filter(~_not_reached).label("withheld"),
    )
    .select_from(_chosen)
    .lateral("reached")
)
_GRANT = Statement(
    select(
        access_token.c.scope,
        access_token.c.certificate_thumbprint,
        access_token.c.expires_at,
        access_token.c.revoked_at,
        client.c.client_id,
        client.c.software_id,
        client.c.recipient_status,
        client.c.product_status,
        client.c.removed_at.label("client_removed_at"),
        access_token.c.arrangement_id,
        arrangement.c.customer_id,
        arrangement.c.active_at,
        arrangement.c.ended_at,
        authorisation.c.expires_at.label("sharing_ends_at"),
        (arrangement.c.authorisation_id == access_token.c.authorisation_id).label("is_authorisation_in_force"),
        _reached.c.accounts,
        _reached.c.withheld,
    )
    .select_from(
        access_token.join(client, client.c.client_id == access_token.c.client_id)
        .outerjoin(arrangement, arrangement.c.id == access_token.c.arrangement_id)
        .outerjoin(authorisation, authorisation.c.id == access_token.c.authorisation_id)
        .outerjoin(_reached, true())
    )
    .where(access_token.c.token_hash == bindparam("token_hash"))
)

_AGENT = Statement(
    select(login.c.given_name, login.c.family_name)
    .select_from(arrangement.join(login, login.c.id == arrangement.c.login_id))
    .where(arrangement.c.id == bindparam("arrangement_id"))
)


async def grant_of(tx: Transaction, token: str, now: datetime) -> Grant | None:
    """Return what `token` gives now, or None for a token that nobody has."""
    row: Any = await tx.row(_GRANT, token_hash=digest(token), today=market_day(now), now=now)
    return None if row is None else Grant(**row)


async def agent_of(tx: Transaction, arrangement_id: UUID) -> Agent | None:
    """Return who authorised an arrangement."""
    row: Any = await tx.row(_AGENT, arrangement_id=arrangement_id)
    return None if row is None else Agent(**row)
