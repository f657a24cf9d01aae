"""The SQL of who holds an account together with whom, and of approvals whose time limit is over."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Row,
    Uuid,
    and_,
    any_,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from haas.database import Transaction
from tenants.accounts.store import authoriser, is_protected, was_concealed
from tenants.accounts.tables import account, holding
from tenants.arrangements.store import WITHDRAWN_AS
from tenants.arrangements.tables import account_approval, arrangement, authorisation, authorised_account
from tenants.clients.tables import client
from tenants.holders.models import NoticeChoice
from tenants.holders.tables import notice_choice
from tenants.notices.models import About
from tenants.notices.tables import outbox
from tenants.parties.store import is_in_person, is_representation_in_force
from tenants.parties.tables import customer, login, representation

HolderRow = Row[Any]
"""An account of an authorisation, the customer who is told of it, and a person who may act for this customer."""
ApprovalKey = tuple[UUID, UUID]
"""The authorisation and the account."""
_PENDING: Final = "pending"
_LAPSED: Final = "lapsed"
_EXPIRING: Final[About] = "receipt-expiring"
_SHARED: Final = (
    arrangement.c.id.label("arrangement_id"),
    arrangement.c.customer_id.label("sharer_id"),
    arrangement.c.login_id,
    authorisation.c.id.label("authorisation_id"),
    authorisation.c.sharing_duration,
    authorisation.c.authorised_at,
    authorisation.c.expires_at,
    client.c.registration,
    account.c.id.label("account_id"),
)
_CONTACT: Final = (
    login.c.id.label("contact_id"),
    login.c.name.label("contact_name"),
    login.c.email,
    login.c.mobile,
    login.c.channel,
)
_PEOPLE: Final = representation.join(
    login, and_(login.c.id == representation.c.login_id, login.c.disabled_at.is_(None))
)
_AUTHORISED: Final = (
    arrangement.join(authorisation, authorisation.c.arrangement_id == arrangement.c.id)
    .join(authorised_account, authorised_account.c.authorisation_id == authorisation.c.id)
    .join(account, account.c.id == authorised_account.c.account_id)
    .join(client, client.c.client_id == arrangement.c.client_id)
)
"""The accounts of each authorisation."""
_earlier: Final = authorisation.alias("earlier")
_IS_AMENDMENT: Final = (
    select(_earlier.c.id)
    .where(
        _earlier.c.arrangement_id == arrangement.c.id,
        _earlier.c.active_at.is_not(None),
        _earlier.c.version < authorisation.c.version,
    )
    .exists()
)
_IS_IN_FORCE: Final = authorisation.c.id == arrangement.c.authorisation_id
AuthorisationCondition = ColumnElement[bool]
"""An SQL condition that selects authorisations: the result of `in_force_under`, for example."""


def in_force_under(arrangement_ids: Collection[UUID]) -> AuthorisationCondition:
    """Return the condition that selects the authorisation in force of each of these arrangements."""
    return and_(_IS_IN_FORCE, arrangement.c.id == any_(literal(list(arrangement_ids), ARRAY(Uuid))))


def is_or_was_replaced_by(authorisation_id: UUID) -> AuthorisationCondition:
    """Return the condition that selects an authorisation, and the one that was in force before it."""
    return or_(authorisation.c.id == authorisation_id, authorisation.c.id == in_force_before(authorisation_id))


def in_force_before(authorisation_id: UUID) -> ColumnElement[UUID]:
    """Return the id of the version that was in force before this one, or null."""
    new, old = authorisation.alias("new"), authorisation.alias("old")
    return (
        select(old.c.id)
        .join(new, and_(new.c.arrangement_id == old.c.arrangement_id, new.c.version > old.c.version))
        .where(new.c.id == authorisation_id, old.c.active_at.is_not(None))
        .order_by(old.c.version.desc())
        .limit(1)
        .scalar_subquery()
    )


def ends_soon(now: datetime, before: timedelta) -> AuthorisationCondition:
    """Return the condition that selects the authorisations in force that end so long before their end, or later.

    Those are left out that were given for no longer than this, or for which there is a receipt already.
    """
    has_receipt = (
        select(outbox.c.id)
        .where(
            outbox.c.arrangement_id == arrangement.c.id,
            outbox.c.about == _EXPIRING,
            outbox.c.created_at >= authorisation.c.active_at,
        )
        .exists()
    )
    return and_(
        _IS_IN_FORCE,
        arrangement.c.ended_at.is_(None),
        authorisation.c.expires_at > now,
        authorisation.c.expires_at <= now + before,
        authorisation.c.sharing_duration > int(before.total_seconds()),
        ~has_receipt,
    )


async def authorisers(tx: Transaction, which: AuthorisationCondition, today: date) -> list[HolderRow]:
    """Return one row for each account of an authorisation, with the person who has authorised.

    There are no rows if this person may not act for the customer today. The columns of the account are null if the
    authorisation has no accounts. `is_concealed` is as in `other_holders`.
    """
    may_act = and_(
        representation.c.customer_id == arrangement.c.customer_id,
        representation.c.login_id == arrangement.c.login_id,
        is_representation_in_force(today),
    )
    query = (
        select(
            *_SHARED,
            authorised_account.c.approval,
            _IS_AMENDMENT.label("is_amendment"),
            was_concealed(arrangement.c.customer_id, account.c.id, authorisation.c.authorised_at).label("is_concealed"),
            customer.c.id.label("holder_id"),
            customer.c.reference,
            customer.c.name,
            *_CONTACT,
            is_in_person(customer.c.id, login.c.id, today).label("in_person"),
            arrangement.c.ended_by_login_id,
            WITHDRAWN_AS.label("withdrawn_as"),
        )
        .select_from(
            arrangement.join(authorisation, authorisation.c.arrangement_id == arrangement.c.id)
            .join(client, client.c.client_id == arrangement.c.client_id)
            .join(customer, customer.c.id == arrangement.c.customer_id)
            .join(representation, may_act)
            .join(login, and_(login.c.id == representation.c.login_id, login.c.disabled_at.is_(None)))
            .outerjoin(authorised_account, authorised_account.c.authorisation_id == authorisation.c.id)
            .outerjoin(account, account.c.id == authorised_account.c.account_id)
        )
        .where(which)
        .order_by(authorisation.c.expires_at, arrangement.c.id, account.c.display_name, account.c.id)
    )
    return list((await tx.execute(query)).all())


async def others_have_contact(tx: Transaction, login_id: UUID, email: str | None, mobile: str | None) -> bool:
    """Return whether another login has the email address or the mobile number of a login."""
    same = or_(func.lower(login.c.email) == func.lower(literal(email)), login.c.mobile == literal(mobile))
    return (await tx.execute(select(login.c.id).where(login.c.id != login_id, same).limit(1))).first() is not None


async def other_holders(tx: Transaction, which: AuthorisationCondition, today: date) -> list[HolderRow]:
    """Return one row for each authorised account, other holder of it, and person who may act for this holder.

    Only accounts that the customer of the arrangement holds or may use today, and only holders of today. The columns of
    the person are null if nobody is known. `is_concealed` says whether a harm flag has concealed the account from the
    other holders since the authorisation was given: then they must not learn of it.
    """
    own = (
        select(holding.c.role)
        .where(
            holding.c.customer_id == arrangement.c.customer_id,
            holding.c.account_id == account.c.id,
            _is_today(holding.c.valid_from, holding.c.valid_to, today),
        )
        .order_by(holding.c.valid_from.desc())
        .limit(literal_column("1"))
        .correlate_except(holding)
        .lateral("own")
    )
    other = holding.alias("other")
    is_other_holder = and_(
        other.c.account_id == account.c.id,
        other.c.customer_id != arrangement.c.customer_id,
        other.c.role.in_(("holder", "joint-holder")),
        _is_today(other.c.valid_from, other.c.valid_to, today),
    )
    approval = account_approval.alias("approval")
    is_approval = and_(
        approval.c.authorisation_id == authorisation.c.id,
        approval.c.account_id == account.c.id,
        approval.c.customer_id == customer.c.id,
    )
    query = (
        select(
            *_SHARED,
            own.c.role,
            authorised_account.c.approval,
            approval.c.due_at,
            notice_choice.c.choice,
            _IS_AMENDMENT.label("is_amendment"),
            was_concealed(arrangement.c.customer_id, account.c.id, authorisation.c.authorised_at).label("is_concealed"),
            customer.c.id.label("holder_id"),
            customer.c.reference,
            customer.c.name,
            *_CONTACT,
            is_in_person(customer.c.id, login.c.id, today).label("in_person"),
        )
        .select_from(
            _AUTHORISED.join(own, literal_column("true"))
            .join(other, is_other_holder)
            .join(customer, customer.c.id == other.c.customer_id)
            .outerjoin(approval, is_approval)
            .outerjoin(notice_choice, _is_choice_of(customer.c.id))
            .outerjoin(_PEOPLE, _acts(today))
        )
        .where(which)
        .order_by(arrangement.c.id, customer.c.id, login.c.id, account.c.display_name, account.c.id)
    )
    return list((await tx.execute(query)).all())


async def holders_of(tx: Transaction, account_id: UUID, today: date) -> list[HolderRow]:
    """Return one row for each holder of an account today, and person who may act for this holder.

    The columns of the person are null if nobody is known.
    """
    query = (
        select(
            customer.c.id.label("holder_id"),
            customer.c.reference,
            customer.c.name,
            *_CONTACT,
            is_in_person(customer.c.id, login.c.id, today).label("in_person"),
        )
        .select_from(
            holding.join(customer, customer.c.id == holding.c.customer_id).outerjoin(_PEOPLE, _acts(today)),
        )
        .where(
            holding.c.account_id == account_id,
            holding.c.role.in_(("holder", "joint-holder")),
            _is_today(holding.c.valid_from, holding.c.valid_to, today),
        )
        .order_by(customer.c.id, login.c.id)
    )
    return list((await tx.execute(query)).all())


async def lapse_approvals(tx: Transaction, now: datetime) -> list[ApprovalKey]:
    """Mark the approvals as lapsed whose time limit is over. Return the authorised accounts that lapse with them.

    An account on which another holder has decided already keeps that decision.
    """
    is_due = and_(account_approval.c.state == _PENDING, account_approval.c.due_at <= now)
    has_due = (
        select(account_approval.c.account_id)
        .where(
            account_approval.c.authorisation_id == authorised_account.c.authorisation_id,
            account_approval.c.account_id == authorised_account.c.account_id,
            is_due,
        )
        .exists()
    )
    # The account is locked before the approvals of its holders, as in `arrangements.store.holder_approvals`.
    due = (
        select(authorised_account.c.authorisation_id, authorised_account.c.account_id)
        .join(authorisation, authorisation.c.id == authorised_account.c.authorisation_id)
        .join(arrangement, arrangement.c.id == authorisation.c.arrangement_id)
        .where(arrangement.c.ended_at.is_(None), has_due)
        .order_by(authorised_account.c.authorisation_id, authorised_account.c.account_id)
        .with_for_update(of=authorised_account)
    )
    keys = [(row.authorisation_id, row.account_id) for row in await tx.execute(due)]
    if not keys:
        return []
    await tx.execute(
        update(account_approval)
        .where(is_due, tuple_(account_approval.c.authorisation_id, account_approval.c.account_id).in_(keys))
        .values(state=_LAPSED, at=now)
    )
    lapsed = await tx.execute(
        update(authorised_account)
        .where(
            authorised_account.c.approval == _PENDING,
            tuple_(authorised_account.c.authorisation_id, authorised_account.c.account_id).in_(keys),
        )
        .values(approval=_LAPSED)
        .returning(authorised_account.c.authorisation_id, authorised_account.c.account_id)
    )
    return [(row.authorisation_id, row.account_id) for row in lapsed]


async def requesters(tx: Transaction, shared: Sequence[ApprovalKey], now: datetime) -> list[HolderRow]:
    """Return one row for each of these accounts of an authorisation in force, with the person who authorised.

    The columns of the person are null if the login is disabled. An account that a harm flag protects is left out: it is
    shared without the approval of the others (CDR Rules 4A.15).
    """
    who = authoriser(arrangement.c.login_id, authorisation.c.authorised_at)
    protected = is_protected(arrangement.c.customer_id, account.c.id, who, literal(now))
    last_due = (
        select(func.max(account_approval.c.due_at))
        .where(
            account_approval.c.authorisation_id == authorisation.c.id,
            account_approval.c.account_id == account.c.id,
            account_approval.c.state == _LAPSED,
        )
        .correlate_except(account_approval)
        .scalar_subquery()
    )
    query = (
        select(
            *_SHARED,
            customer.c.id.label("holder_id"),
            customer.c.reference,
            customer.c.name,
            *_CONTACT,
            last_due.label("due_at"),
            notice_choice.c.choice,
        )
        .select_from(
            _AUTHORISED.join(customer, customer.c.id == arrangement.c.customer_id)
            .outerjoin(notice_choice, _is_choice_of(customer.c.id))
            .outerjoin(login, and_(login.c.id == arrangement.c.login_id, login.c.disabled_at.is_(None)))
        )
        .where(
            _IS_IN_FORCE,
            tuple_(authorisation.c.id, account.c.id).in_(shared),
            arrangement.c.ended_at.is_(None),
            ~protected,
        )
        .order_by(arrangement.c.id, account.c.display_name, account.c.id)
    )
    return list((await tx.execute(query)).all())


async def notice_choice_of(tx: Transaction, customer_id: UUID, account_id: UUID) -> NoticeChoice:
    """Return which notices about an account a holder wants."""
    query = select(notice_choice.c.choice).where(
        notice_choice.c.customer_id == customer_id, notice_choice.c.account_id == account_id
    )
    found: NoticeChoice = (await tx.execute(query)).scalar_one_or_none() or "all"
    return found


async def set_notice_choice(
    tx: Transaction, customer_id: UUID, account_id: UUID, choice: NoticeChoice, now: datetime
) -> None:
    """Set which notices about an account a holder wants."""
    key = {"customer_id": customer_id, "account_id": account_id}
    values = {"choice": choice, "since": now}
    await tx.execute(
        upsert(notice_choice).values(**key, **values).on_conflict_do_update(index_elements=list(key), set_=values)
    )


def _is_choice_of(customer_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    return and_(notice_choice.c.customer_id == customer_id, notice_choice.c.account_id == account.c.id)


def _acts(today: date) -> ColumnElement[bool]:
    return and_(representation.c.customer_id == customer.c.id, is_representation_in_force(today))


def _is_today(first: ColumnElement[date], last: ColumnElement[date], today: date) -> ColumnElement[bool]:
    return and_(first <= today, or_(last.is_(None), last >= today))
