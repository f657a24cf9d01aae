"""The queries for the access token of a data API call and for the person who authorised an arrangement."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, func, literal_column, or_, select, true
from sqlalchemy.dialects.postgresql import array

from haas.database import Statement, Transaction
from haas.digest import digest
from tenants.accounts.models import TREATED_AS_NOT_CHOSEN
from tenants.accounts.service import market_day
from tenants.accounts.store import disclosure_facts, withholding_reason
from tenants.accounts.tables import account, supply
from tenants.arrangements.tables import arrangement, authorised_account
from tenants.clients.tables import client
from tenants.disclosure.models import Agent, DataAccessToken
from tenants.grants.store import ACCESS_TOKEN_COLUMNS, ACCESS_TOKEN_SOURCE
from tenants.parties.tables import login
from tenants.tokens.tables import access_token

_facts = disclosure_facts(
    authorised_account, arrangement.c.customer_id, authorised_account.c.account_id, client.c.recipient_id
)
_authorised = (
    select(
        authorised_account.c.account_id,
        withholding_reason(_facts, authorised_account.c.approval).label("withholding"),
    )
    .select_from(_facts.source)
    .where(authorised_account.c.authorisation_id == access_token.c.authorisation_id)
    .correlate(access_token, arrangement, client)
    .offset(literal_column("0"))
    .subquery("authorised")
)
_treated_as_not_chosen = _authorised.c.withholding == func.any(
    array([literal_column(f"'{reason}'") for reason in sorted(TREATED_AS_NOT_CHOSEN)])
)
# An account that the customer no longer holds is treated as not part of the arrangement. Any other account that is not
# disclosed now may be disclosed again later.
_disclosure = (
    select(
        func.array_agg(_authorised.c.account_id).filter(_authorised.c.withholding.is_(None)).label("accounts"),
        func.array_agg(_authorised.c.account_id).filter(~_treated_as_not_chosen).label("withheld"),
    )
    .select_from(_authorised)
    .lateral("disclosure")
)
_DATA_ACCESS_TOKEN = Statement(
    select(*ACCESS_TOKEN_COLUMNS, _disclosure.c.accounts, _disclosure.c.withheld)
    .select_from(ACCESS_TOKEN_SOURCE.outerjoin(_disclosure, true()))
    .where(access_token.c.token_hash == bindparam("token_hash"))
)

_AGENT = Statement(
    select(login.c.given_name, login.c.family_name)
    .select_from(arrangement.join(login, login.c.id == arrangement.c.login_id))
    .where(arrangement.c.id == bindparam("arrangement_id"))
)

_SUPPLIED = Statement(
    select(supply.c.service_point_id)
    .distinct()
    .join(account, account.c.id == supply.c.account_id)
    .where(
        account.c.id == func.any(bindparam("accounts", type_=ARRAY(Uuid))),
        account.c.open_status == literal_column("'OPEN'"),
        supply.c.valid_from <= bindparam("today"),
        or_(supply.c.valid_to.is_(None), supply.c.valid_to >= bindparam("today")),
    )
)


async def load_data_access_token(tx: Transaction, token: str, now: datetime) -> DataAccessToken | None:
    """Return an access token with the accounts of its arrangement at `now`, or None for an unknown token."""
    row: Any = await tx.row(_DATA_ACCESS_TOKEN, token_hash=digest(token), today=market_day(now), now=now)
    return None if row is None else DataAccessToken(**row)


async def agent_of(tx: Transaction, arrangement_id: UUID) -> Agent | None:
    """Return the person who authorised an arrangement, or None."""
    row: Any = await tx.row(_AGENT, arrangement_id=arrangement_id)
    return None if row is None else Agent(**row)


async def supplied_service_points(tx: Transaction, accounts: Sequence[UUID], today: date) -> list[UUID]:
    """Return the service points that supply those of `accounts` today that are open, each once."""
    if not accounts:
        return []
    return [row["service_point_id"] for row in await tx.rows(_SUPPLIED, accounts=accounts, today=today)]
