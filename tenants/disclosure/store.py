"""The one query behind every call of the data APIs, and who authorised an arrangement."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, bindparam, func, literal_column, or_, select, true

from haas.database import Statement, Transaction
from haas.digest import digest
from tenants.accounts.tables import account, holding
from tenants.arrangements.tables import arrangement, authorised_account
from tenants.disclosure.models import Agent, DataToken
from tenants.grants.store import ACCESS_TOKEN, ACCESS_TOKEN_SOURCE
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
_DATA_TOKEN = Statement(
    select(*ACCESS_TOKEN, _reached.c.accounts, _reached.c.withheld)
    .select_from(ACCESS_TOKEN_SOURCE.outerjoin(_reached, true()))
    .where(access_token.c.token_hash == bindparam("token_hash"))
)

_AGENT = Statement(
    select(login.c.given_name, login.c.family_name)
    .select_from(arrangement.join(login, login.c.id == arrangement.c.login_id))
    .where(arrangement.c.id == bindparam("arrangement_id"))
)


async def data_token(tx: Transaction, token: str, today: date) -> DataToken | None:
    """Return an access token with the accounts that it reaches on the day `today`; None for an unknown token."""
    row: Any = await tx.row(_DATA_TOKEN, token_hash=digest(token), today=today)
    return None if row is None else DataToken(**row)


async def agent_of(tx: Transaction, arrangement_id: UUID) -> Agent | None:
    """Return who authorised an arrangement."""
    row: Any = await tx.row(_AGENT, arrangement_id=arrangement_id)
    return None if row is None else Agent(**row)
