"""The queries for a data API call: its access token, the supplies, the person who authorised; and for the ledger."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Date,
    DateTime,
    Text,
    Uuid,
    and_,
    bindparam,
    cast,
    column,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import array

from haas.database import Statement, Transaction
from haas.digest import digest
from tenants.accounts.models import TREATED_AS_NOT_CHOSEN
from tenants.accounts.service import market_day
from tenants.accounts.store import authoriser, disclosure_facts, is_eligible, was_concealed, withholding_reason
from tenants.accounts.tables import account, harm_flag, holding, supply
from tenants.arrangements.tables import arrangement, authorisation, authorised_account
from tenants.calls.tables import disclosure_day
from tenants.clients.tables import client
from tenants.disclosure.models import Agent, DataAccessToken, DisclosedCluster, SupplyPeriod
from tenants.grants.store import ACCESS_TOKEN_COLUMNS, ACCESS_TOKEN_SOURCE, REFUSAL_OF_ALL_DATA
from tenants.parties.tables import login
from tenants.tokens.tables import access_token

_facts = disclosure_facts(
    authorised_account,
    arrangement.c.customer_id,
    authorised_account.c.account_id,
    client.c.recipient_id,
    authoriser(arrangement.c.login_id, authorisation.c.authorised_at),
)
_authorised = (
    select(
        authorised_account.c.account_id,
        withholding_reason(_facts, authorised_account.c.approval).label("withholding"),
        (account.c.open_status == literal_column("'OPEN'")).label("is_open"),
    )
    .select_from(_facts.source.join(account, account.c.id == authorised_account.c.account_id))
    .where(authorised_account.c.authorisation_id == access_token.c.authorisation_id)
    .correlate(access_token, arrangement, authorisation, client)
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
        func.array_agg(_authorised.c.withholding).filter(~_treated_as_not_chosen).label("withholdings"),
        func.bool_or(and_(_authorised.c.is_open, _authorised.c.withholding.is_(None))).label("is_customer_eligible"),
    )
    .select_from(_authorised)
    .lateral("disclosure")
)
_DATA_ACCESS_TOKEN = Statement(
    select(
        *ACCESS_TOKEN_COLUMNS,
        _disclosure.c.accounts,
        _disclosure.c.withheld,
        _disclosure.c.withholdings,
        REFUSAL_OF_ALL_DATA,
        _disclosure.c.is_customer_eligible,
    )
    .select_from(ACCESS_TOKEN_SOURCE.outerjoin(_disclosure, true()))
    .where(access_token.c.token_hash == bindparam("token_hash"))
)
_IS_CUSTOMER_ELIGIBLE = Statement(select(is_eligible(bindparam("customer_id", type_=Uuid))))

_AGENT = Statement(
    select(login.c.given_name, login.c.family_name)
    .select_from(arrangement.join(login, login.c.id == arrangement.c.login_id))
    .where(arrangement.c.id == bindparam("arrangement_id"))
)

_of_the_accounts = account.c.id == func.any(bindparam("accounts", type_=ARRAY(Uuid)))
_has_begun = supply.c.valid_from <= bindparam("today", type_=Date)
_is_supplied_today = and_(
    account.c.open_status == literal_column("'OPEN'"),
    or_(supply.c.valid_to.is_(None), supply.c.valid_to >= bindparam("today", type_=Date)),
)
_SUPPLIED = Statement(
    select(
        supply.c.service_point_id,
        supply.c.account_id,
        literal_column("true").label("is_current"),
        supply.c.valid_from.label("first"),
        supply.c.valid_to.label("last"),
    )
    .join(account, account.c.id == supply.c.account_id)
    .where(_of_the_accounts, _has_begun, _is_supplied_today)
)
# The accounts are rows, and not an array in a condition: PostgreSQL plans without knowing how many there are, and would
# compare each account that the customer holds with every element of the array.
_given = (
    func.unnest(bindparam("accounts", type_=ARRAY(Uuid)))
    .table_valued(column("account_id", Uuid))
    .render_derived(name="given")
)
# Without a known end, nobody knows since when another consumer uses the service point of a closed account.
_SUPPLY_PERIODS = Statement(
    select(
        supply.c.service_point_id,
        supply.c.account_id,
        _is_supplied_today.label("is_current"),
        func.greatest(supply.c.valid_from, holding.c.valid_from).label("first"),
        func.least(supply.c.valid_to, holding.c.valid_to).label("last"),
    )
    .select_from(_given)
    .join(account, account.c.id == _given.c.account_id)
    .join(supply, supply.c.account_id == account.c.id)
    .join(
        holding,
        and_(holding.c.account_id == account.c.id, holding.c.customer_id == bindparam("customer_id", type_=Uuid)),
    )
    .where(_has_begun, or_(_is_supplied_today, supply.c.valid_to.is_not(None)))
)

_CLOSED = Statement(
    select(account.c.id).where(
        account.c.id == func.any(bindparam("accounts", type_=ARRAY(Uuid))),
        account.c.open_status == literal_column("'CLOSED'"),
    )
)

_KEY = (disclosure_day.c.arrangement_id, disclosure_day.c.account_id, disclosure_day.c.cluster)
_disclosed = (
    select(
        *_KEY,
        func.min(disclosure_day.c.day).label("first_day"),
        func.max(disclosure_day.c.last_at).label("last_at"),
        cast(func.sum(disclosure_day.c.calls), BigInteger).label("calls"),
        func.max(disclosure_day.c.corrected_at).label("corrected_at"),
    )
    .group_by(*_KEY)
    .order_by(
        disclosure_day.c.arrangement_id, disclosure_day.c.account_id.asc().nulls_first(), disclosure_day.c.cluster
    )
)
_DISCLOSED_UNDER = Statement(
    _disclosed.where(disclosure_day.c.arrangement_id == bindparam("arrangement_id", type_=Uuid))
)
_LAST_DISCLOSURES = Statement(
    select(disclosure_day.c.arrangement_id, func.max(disclosure_day.c.last_at).label("last_at"))
    .where(disclosure_day.c.arrangement_id == func.any(bindparam("arrangements", type_=ARRAY(Uuid))))
    .group_by(disclosure_day.c.arrangement_id)
)
_viewer_holds = exists().where(
    holding.c.account_id == disclosure_day.c.account_id,
    holding.c.customer_id == bindparam("viewer_id", type_=Uuid),
    holding.c.role != literal_column("'secondary-user'"),
    holding.c.valid_from <= disclosure_day.c.day,
    or_(holding.c.valid_to.is_(None), holding.c.valid_to >= disclosure_day.c.day),
)
_now = bindparam("now", type_=DateTime(timezone=True))


def _day_of(moment: Any) -> Any:
    return cast(func.timezone(bindparam("zone", type_=Text), moment), Date)


_is_hidden = exists().where(
    harm_flag.c.account_id == disclosure_day.c.account_id,
    harm_flag.c.customer_id == arrangement.c.customer_id,
    harm_flag.c.since <= _now,
    or_(
        harm_flag.c.until.is_(None),
        harm_flag.c.until > _now,
        disclosure_day.c.day.between(_day_of(harm_flag.c.since), _day_of(harm_flag.c.until)),
    ),
)
# A version that a harm flag has concealed at any time stays concealed for good, with all that was disclosed under it.
_is_of_visible_version = exists().where(
    authorised_account.c.account_id == disclosure_day.c.account_id,
    authorised_account.c.authorisation_id == authorisation.c.id,
    authorisation.c.arrangement_id == arrangement.c.id,
    authorisation.c.active_at.is_not(None),
    _day_of(authorisation.c.authorised_at) <= disclosure_day.c.day,
    ~was_concealed(arrangement.c.customer_id, authorised_account.c.account_id, authorisation.c.authorised_at),
)
_DISCLOSED_OF_ACCOUNT = Statement(
    _disclosed.join(arrangement, arrangement.c.id == disclosure_day.c.arrangement_id).where(
        disclosure_day.c.account_id == bindparam("account_id", type_=Uuid),
        arrangement.c.customer_id != bindparam("viewer_id", type_=Uuid),
        _viewer_holds,
        ~_is_hidden,
        _is_of_visible_version,
    )
)


async def load_data_access_token(tx: Transaction, token: str, now: datetime) -> DataAccessToken | None:
    """Return an access token with the accounts of its arrangement at `now`, or None for an unknown token."""
    today = market_day(now)
    row: Any = await tx.row(_DATA_ACCESS_TOKEN, token_hash=digest(token), today=today, now=now)
    if row is None:
        return None
    values = dict(row)
    # An open account that is disclosed makes its customer eligible. All their accounts are read only if there is none.
    if not values["is_customer_eligible"]:
        eligible: Any = await tx.row(_IS_CUSTOMER_ELIGIBLE, customer_id=values["customer_id"], today=today, now=now)
        values["is_customer_eligible"] = eligible[0]
    return DataAccessToken(**values)


async def agent_of(tx: Transaction, arrangement_id: UUID) -> Agent | None:
    """Return the person who authorised an arrangement, or None."""
    row: Any = await tx.row(_AGENT, arrangement_id=arrangement_id)
    return None if row is None else Agent(**row)


async def current_supplies(tx: Transaction, accounts: Sequence[UUID], today: date) -> list[SupplyPeriod]:
    """Return the periods in which a service point supplies `today` one of `accounts` that is open."""
    if not accounts:
        return []
    return [SupplyPeriod(*row) for row in await tx.rows(_SUPPLIED, accounts=accounts, today=today)]


async def closed_accounts(tx: Transaction, accounts: Sequence[UUID]) -> list[UUID]:
    """Return those of `accounts` that are closed."""
    return [row["id"] for row in await tx.rows(_CLOSED, accounts=accounts)]


async def supply_periods(
    tx: Transaction, customer_id: UUID, accounts: Sequence[UUID], today: date
) -> list[SupplyPeriod]:
    """Return the periods in which a service point supplied one of `accounts` while the customer held the account.

    A period of a service point that supplies an open account `today` is current. A supply that begins after `today`, or
    that is not current and has no known end, is left out.
    """
    if not accounts:
        return []
    found = await tx.rows(_SUPPLY_PERIODS, customer_id=customer_id, accounts=accounts, today=today)
    return [SupplyPeriod(*row) for row in found]


async def disclosed_under(tx: Transaction, arrangement_id: UUID) -> list[DisclosedCluster]:
    """Return what was disclosed under an arrangement. See `ledger.of_arrangement`."""
    return [DisclosedCluster(**row) for row in await tx.rows(_DISCLOSED_UNDER, arrangement_id=arrangement_id)]


async def last_disclosures(tx: Transaction, arrangement_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """Return when data was last disclosed under each arrangement. See `ledger.last_disclosures`."""
    if not arrangement_ids:
        return {}
    rows = await tx.rows(_LAST_DISCLOSURES, arrangements=arrangement_ids)
    return {row["arrangement_id"]: row["last_at"] for row in rows}


async def disclosed_of_account(
    tx: Transaction, account_id: UUID, viewer_id: UUID, *, now: datetime, zone: ZoneInfo
) -> list[DisclosedCluster]:
    """Return what other customers' arrangements disclosed of an account. See `ledger.of_account`."""
    rows = await tx.rows(_DISCLOSED_OF_ACCOUNT, account_id=account_id, viewer_id=viewer_id, now=now, zone=zone.key)
    return [DisclosedCluster(**row) for row in rows]
