"""The one query behind every resource request, and who authorised what it asks for."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, bindparam, func, literal_column, or_, select, true

from haas.database import Statement, Transaction
from haas.digest import digest
from tenants.accounts.tables import account, holding
from tenants.arrangements.tables import arrangement, authorisation, authorised_account
from tenants.clients.tables import client
from tenants.disclosure.grant import Agent, Grant
from tenants.parties.tables import login
from tenants.tokens.tables import access_token

_is_held = (
    select(literal_column("1"))
    .where(
        holding.c.account_id == authorised_account.c.account_id,
        holding.c.customer_id == arrangement.c.customer_id,
        # Without the holder's instruction (CDR Rules 1.13), to use an account is not to hold it.
        holding.c.role != literal_column("'secondary-user'"),
        holding.c.valid_from <= bindparam("today", type_=Date),
        or_(holding.c.valid_to.is_(None), holding.c.valid_to >= bindparam("today", type_=Date)),
    )
    .exists()
)
_is_approved = authorised_account.c.approval == literal_column("'approved'")
_is_open_to_disclosure = account.c.disclosure_option != literal_column("'no-disclosure'")
# An account that the customer no longer holds is as if it had never been chosen; one that was stopped may return.
_reached = (
    select(
        func.array_agg(authorised_account.c.account_id).filter(_is_approved, _is_open_to_disclosure).label("accounts"),
        func.array_agg(authorised_account.c.account_id)
        .filter(~(_is_approved & _is_open_to_disclosure))
        .label("withheld"),
    )
    .select_from(authorised_account.join(account, account.c.id == authorised_account.c.account_id))
    .where(authorised_account.c.authorisation_id == access_token.c.authorisation_id, _is_held)
    .lateral("reached")
)
_GRANT = Statement(
    select(
        access_token.c.scope,
        access_token.c.certificate_thumbprint,
        access_token.c.expires_at,
        access_token.c.revoked_at,
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


async def grant_of(tx: Transaction, token: str, today: date) -> Grant | None:
    """Return what `token` gives on the day `today`, or None for a token that nobody has."""
    row: Any = await tx.row(_GRANT, token_hash=digest(token), today=today)
    return None if row is None else Grant(**row)


async def agent_of(tx: Transaction, arrangement_id: UUID) -> Agent | None:
    """Return who authorised an arrangement."""
    row: Any = await tx.row(_AGENT, arrangement_id=arrangement_id)
    return None if row is None else Agent(**row)
