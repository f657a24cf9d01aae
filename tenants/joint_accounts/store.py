"""The SQL of joint accounts: their options and proposals, what others share of them, and approvals."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, FromClause, Row, Select, Uuid, and_, func, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from haas.database import Transaction
from tenants.accounts.models import (
    DEFAULT_OPTION,
    DisclosureOptionSetting,
    DisclosureProposal,
    HoldingRole,
    ProposalAnswer,
)
from tenants.accounts.service import market_day
from tenants.accounts.store import PersonOfDay, authoriser, is_protected, market_day_of, was_concealed
from tenants.accounts.tables import (
    account,
    disclosure_answer,
    disclosure_option,
    disclosure_proposal,
    harm_flag,
    holding,
)
from tenants.arrangements.tables import account_approval, arrangement, authorisation, authorised_account
from tenants.clients.tables import client
from tenants.holders.store import in_force_before
from tenants.parties.store import is_in_person, is_representation_in_force, role_on
from tenants.parties.tables import representation

SharedRow = Row[Any]
"""An account of a version of an arrangement."""
HOLDERS: Final[tuple[HoldingRole, ...]] = ("holder", "joint-holder")
_AUTHORISED: Final = (
    authorised_account.join(authorisation)
    .join(arrangement, arrangement.c.id == authorisation.c.arrangement_id)
    .join(account, account.c.id == authorised_account.c.account_id)
    .join(client, client.c.client_id == arrangement.c.client_id)
)
_later: Final = authorisation.alias("later")
_REPLACED_AT: Final = (
    select(func.min(_later.c.active_at))
    .where(_later.c.arrangement_id == arrangement.c.id, _later.c.version > authorisation.c.version)
    .scalar_subquery()
)
_COLUMNS: Final = (
    arrangement.c.id.label("arrangement_id"),
    arrangement.c.customer_id,
    arrangement.c.ended_at,
    authorisation.c.id.label("authorisation_id"),
    authorisation.c.scopes,
    authorisation.c.sharing_duration,
    authorisation.c.authorised_at,
    authorisation.c.expires_at,
    _REPLACED_AT.label("replaced_at"),
    authorised_account.c.account_id,
    authorised_account.c.approval,
    client.c.registration,
    client.c.recipient_id,
)


async def lock_account(tx: Transaction, account_id: UUID) -> None:
    """Lock the row of an account until the transaction ends, so that its option changes once at a time."""
    await tx.execute(select(account.c.id).where(account.c.id == account_id).with_for_update(key_share=True))


async def option_of(tx: Transaction, account_id: UUID) -> DisclosureOptionSetting | None:
    """Return the option that was set for an account, or None."""
    found = await tx.execute(select(disclosure_option).where(disclosure_option.c.account_id == account_id))
    row = found.mappings().one_or_none()
    return None if row is None else DisclosureOptionSetting(**row)


async def due_proposals(tx: Transaction, now: datetime) -> list[DisclosureProposal]:
    """Return the open proposals whose time limit is over, locked until the transaction ends."""
    due = select(disclosure_proposal).where(disclosure_proposal.c.state == "open", disclosure_proposal.c.due_at <= now)
    rows = await tx.execute(due.order_by(disclosure_proposal.c.id).with_for_update())
    return [DisclosureProposal(**row) for row in rows.mappings()]


async def account_of_proposal(tx: Transaction, proposal_id: UUID) -> UUID | None:
    """Return the account of a proposal, or None if there is no such proposal."""
    found = select(disclosure_proposal.c.account_id).where(disclosure_proposal.c.id == proposal_id)
    return (await tx.execute(found)).scalar_one_or_none()


async def save_answer(tx: Transaction, given: ProposalAnswer) -> None:
    """Store a holder's answer to a proposal. It replaces the holder's previous one."""
    values = msgspec.structs.asdict(given)
    key = [column.name for column in disclosure_answer.primary_key]
    await tx.execute(upsert(disclosure_answer).values(values).on_conflict_do_update(index_elements=key, set_=values))


async def shared_by_others(tx: Transaction, customer_id: UUID, *, account_id: UUID | None = None) -> list[SharedRow]:
    """Return the authorisations of others for accounts that the customer held while they were in force.

    There is a row for each account and each version that is or was in force, the oldest first. `role` is the last role
    of who authorised, and `held_until` the last day with this role, or null if no end is known. An authorisation is
    left out if a harm flag of its customer for the account is in force or ended after it was given: what a flag has
    concealed is not made visible by its end (CDR Rules 4A.15).
    """
    joint = (
        select(holding.c.account_id)
        .where(
            holding.c.customer_id == customer_id,
            holding.c.account_id == authorised_account.c.account_id,
            holding.c.role.in_(HOLDERS),
            or_(holding.c.valid_to.is_(None), holding.c.valid_to >= func.date(authorisation.c.authorised_at)),
            holding.c.valid_from <= func.date(func.coalesce(arrangement.c.ended_at, authorisation.c.expires_at)),
        )
        .exists()
    )
    own = holding.alias("own")
    last_holding = (
        select(own.c.role)
        .where(own.c.customer_id == arrangement.c.customer_id, own.c.account_id == authorised_account.c.account_id)
        .order_by(own.c.valid_from.desc())
        .limit(1)
    )
    mine = account_approval.alias("mine")
    query = (
        select(
            *_COLUMNS,
            last_holding.scalar_subquery().label("role"),
            last_holding.with_only_columns(own.c.valid_to).scalar_subquery().label("held_until"),
            disclosure_option.c.option,
            mine.c.state.label("own_approval"),
            mine.c.login_id.label("own_approval_by"),
            role_on(mine.c.customer_id, mine.c.login_id, market_day_of(mine.c.at)).label("own_approval_as"),
            mine.c.due_at.label("approve_by"),
        )
        .select_from(
            _AUTHORISED.outerjoin(
                disclosure_option, disclosure_option.c.account_id == authorised_account.c.account_id
            ).outerjoin(
                mine,
                and_(
                    mine.c.authorisation_id == authorisation.c.id,
                    mine.c.account_id == authorised_account.c.account_id,
                    mine.c.customer_id == customer_id,
                ),
            )
        )
        .where(authorisation.c.active_at.is_not(None), arrangement.c.customer_id != customer_id, joint, ~_concealed())
        .order_by(authorisation.c.authorised_at, account.c.display_name, account.c.id)
    )
    if account_id is not None:
        query = query.where(authorised_account.c.account_id == account_id)
    return list((await tx.execute(query)).all())


async def held_accounts(tx: Transaction, customer_id: UUID, today: date) -> set[UUID]:
    """Return the accounts that a customer holds today, alone or with others."""
    query = select(holding.c.account_id).where(holding.c.customer_id == customer_id, _is_held(holding, today))
    return set((await tx.execute(query)).scalars())


async def has_holding(tx: Transaction, customer_id: UUID, account_id: UUID, today: date) -> bool:
    """Return whether a customer holds or may use an account today."""
    query = select(holding.c.role).where(
        holding.c.customer_id == customer_id,
        holding.c.account_id == account_id,
        holding.c.valid_from <= today,
        or_(holding.c.valid_to.is_(None), holding.c.valid_to >= today),
    )
    return (await tx.execute(query.limit(1))).first() is not None


async def has_flag(tx: Transaction, customer_id: UUID, account_id: UUID) -> bool:
    """Return whether a harm flag of a customer for an account has not ended."""
    query = select(harm_flag.c.since).where(
        harm_flag.c.customer_id == customer_id, harm_flag.c.account_id == account_id, harm_flag.c.until.is_(None)
    )
    return (await tx.execute(query)).first() is not None


async def arrangements_about(tx: Transaction, customer_id: UUID, account_id: UUID) -> list[UUID]:
    """Return all arrangements of a customer of which a version covers an account."""
    query = (
        select(arrangement.c.id)
        .distinct()
        .select_from(_AUTHORISED)
        .where(arrangement.c.customer_id == customer_id, authorised_account.c.account_id == account_id)
    )
    return list((await tx.execute(query)).scalars())


async def joint_accounts(tx: Transaction, customer_id: UUID, today: date, now: datetime) -> list[Row[Any]]:
    """Return the accounts that a customer holds with others today, or alone with an option that was chosen before.

    `has_others` says whether there are other holders, and `is_asked` whether a proposal of another holder waits for the
    customer's answer.
    """
    other, proposer = holding.alias("other"), holding.alias("proposer")
    has_others = (
        select(other.c.role)
        .where(other.c.account_id == holding.c.account_id, other.c.customer_id != customer_id, _is_held(other, today))
        .exists()
    )
    answered = (
        select(disclosure_answer.c.at)
        .where(
            disclosure_answer.c.proposal_id == disclosure_proposal.c.id, disclosure_answer.c.answered_by == customer_id
        )
        .exists()
    )
    is_asked = (
        select(disclosure_proposal.c.id)
        .join(
            proposer,
            and_(
                proposer.c.account_id == disclosure_proposal.c.account_id,
                proposer.c.customer_id == disclosure_proposal.c.proposed_by,
                _is_held(proposer, today),
            ),
        )
        .where(
            disclosure_proposal.c.account_id == holding.c.account_id,
            disclosure_proposal.c.state == "open",
            disclosure_proposal.c.due_at > now,
            disclosure_proposal.c.proposed_by != customer_id,
            ~answered,
        )
        .exists()
    )
    query = (
        select(
            holding.c.account_id,
            disclosure_option.c.option,
            has_others.label("has_others"),
            is_asked.label("is_asked"),
        )
        .distinct()
        .select_from(holding.outerjoin(disclosure_option, disclosure_option.c.account_id == holding.c.account_id))
        .where(
            holding.c.customer_id == customer_id,
            _is_held(holding, today),
            or_(has_others, disclosure_option.c.option != DEFAULT_OPTION),
        )
        .order_by(holding.c.account_id)
    )
    return list((await tx.execute(query)).all())


async def protects_person(
    tx: Transaction, account_id: UUID, viewer_id: UUID, login_id: UUID | None, now: datetime
) -> bool:
    """Return whether a harm flag of a customer for an account is in force, and `login_id` is this customer in person.

    Nobody else learns of the flag (CDR Rules 4A.15).
    """
    viewer, shared = literal(viewer_id, Uuid), literal(account_id, Uuid)
    protected = is_protected(viewer, shared, _reader(login_id, now), literal(now))
    return bool((await tx.execute(select(protected))).scalar_one())


async def sharing_in_force(
    tx: Transaction, account_id: UUID, viewer_id: UUID, login_id: UUID | None, now: datetime
) -> list[SharedRow]:
    """Return the sharing of an account that is in force, the oldest first.

    It is all of the viewer's own, and of others what no harm flag conceals. From a person who also acts for another
    holder, an own sharing with a flag is concealed too, unless this person has authorised it. `is_protected` says of an
    own one that the disclosure option does not apply to it because of a flag, if `login_id` is the customer in person:
    nobody else learns of the flag. What somebody shares who has left the account is not in force.
    """
    today, user = market_day(now), holding.alias("user")
    is_own, reader = arrangement.c.customer_id == viewer_id, _reader(login_id, now)
    is_seen_as_protected = and_(_is_protected(now), _is_protected(now, reader))
    in_person = is_in_person(literal(viewer_id, Uuid), reader.login_id, reader.on)
    is_open_to_person = or_(
        in_person, arrangement.c.login_id == login_id, ~_acts_for_another_holder(account_id, viewer_id, login_id, today)
    )
    is_held = (
        select(user.c.role)
        .where(user.c.customer_id == arrangement.c.customer_id, user.c.account_id == account_id, _is_today(user, today))
        .exists()
    )
    query = (
        select(*_COLUMNS, is_own.label("is_own"), is_seen_as_protected.label("is_protected"))
        .select_from(_AUTHORISED)
        .where(
            authorised_account.c.account_id == account_id,
            authorisation.c.id == arrangement.c.authorisation_id,
            arrangement.c.ended_at.is_(None),
            authorisation.c.expires_at > now,
            is_held,
            or_(and_(is_own, is_open_to_person), ~_concealed()),
        )
        .order_by(authorisation.c.authorised_at, arrangement.c.id)
    )
    return list((await tx.execute(query)).all())


async def accounts_to_approve(tx: Transaction, authorisation_id: UUID, today: date, now: datetime) -> list[Row[Any]]:
    """Return each account of an authorisation that needs approval, with each other holder and the authorisation's end.

    These are the accounts with the option co-approval. One that a harm flag protects is left out. So is the rule
    `tenants.accounts.disclosure_rule.needs_approval`, by which the pages of the consent flow announce it.
    """
    other = holding.alias("other")
    columns = (authorised_account.c.account_id, other.c.customer_id)
    query = (
        select(*columns, authorisation.c.authorised_at, authorisation.c.expires_at)
        .distinct()
        .select_from(
            authorised_account.join(authorisation)
            .join(arrangement, arrangement.c.id == authorisation.c.arrangement_id)
            .join(disclosure_option, disclosure_option.c.account_id == authorised_account.c.account_id)
            .join(other, other.c.account_id == authorised_account.c.account_id)
        )
        .where(
            authorisation.c.id == authorisation_id,
            disclosure_option.c.option == "co-approval",
            other.c.customer_id != arrangement.c.customer_id,
            other.c.role.in_(HOLDERS),
            other.c.valid_from <= today,
            or_(other.c.valid_to.is_(None), other.c.valid_to >= today),
            ~_is_protected(now),
        )
        .order_by(authorised_account.c.account_id, other.c.customer_id)
    )
    return list((await tx.execute(query)).all())


async def keep_refused_approvals(tx: Transaction, authorisation_id: UUID, asked: Sequence[UUID]) -> None:
    """Carry approvals that holders removed or declined over to the version that replaces theirs.

    `asked` are the accounts of which the holders are asked again.
    """
    covered = select(authorised_account.c.account_id).where(authorised_account.c.authorisation_id == authorisation_id)
    columns = ("account_id", "customer_id", "state", "due_at", "at", "login_id")
    refused = select(literal(authorisation_id), *(account_approval.c[name] for name in columns)).where(
        account_approval.c.authorisation_id == in_force_before(authorisation_id),
        account_approval.c.state.in_(("withdrawn", "declined")),
        account_approval.c.account_id.in_(covered),
        account_approval.c.account_id.not_in(asked),
    )
    kept = (
        upsert(account_approval)
        .from_select(["authorisation_id", *columns], refused)
        .returning(account_approval.c.account_id, account_approval.c.state)
    )
    for row in (await tx.execute(kept)).all():
        await tx.execute(
            update(authorised_account)
            .where(
                authorised_account.c.authorisation_id == authorisation_id,
                authorised_account.c.account_id == row.account_id,
            )
            .values(approval=row.state)
        )


async def ask_for_approvals(
    tx: Transaction, authorisation_id: UUID, asked: Sequence[Row[Any]], *, due_at: datetime, now: datetime
) -> None:
    """Store that approvals are pending. Until then nothing of these accounts is disclosed."""
    values = {"authorisation_id": authorisation_id, "state": "pending", "due_at": due_at, "at": now}
    rows = [{**values, "account_id": row.account_id, "customer_id": row.customer_id} for row in asked]
    await tx.execute(insert(account_approval), rows)
    await tx.execute(
        update(authorised_account)
        .where(
            authorised_account.c.authorisation_id == authorisation_id,
            authorised_account.c.account_id.in_({row.account_id for row in asked}),
        )
        .values(approval="pending")
    )


def _reader(login_id: UUID | None, now: datetime) -> PersonOfDay:
    """Return the person who reads now. The staff is nobody in person."""
    return PersonOfDay(literal(login_id, Uuid), literal(market_day(now)))


def _is_protected(now: datetime, person: PersonOfDay | None = None) -> ColumnElement[bool]:
    """Return whether a harm flag protects the authorised account, for the person or else for who authorised."""
    whose = person or authoriser(arrangement.c.login_id, authorisation.c.authorised_at)
    return is_protected(arrangement.c.customer_id, authorised_account.c.account_id, whose, literal(now))


def _acts_for_another_holder(
    account_id: UUID, viewer_id: UUID, login_id: UUID | None, today: date
) -> ColumnElement[bool]:
    """Return whether a login also acts for another customer who holds or has held the account.

    Who holds a joint account could also have the power of attorney for the person in danger (CDR Rules 4A.15).
    """
    holds = holding.alias("of_another")
    return (
        select(holds.c.role)
        .where(
            holds.c.account_id == account_id,
            holds.c.customer_id != viewer_id,
            holds.c.customer_id.in_(_represented(login_id, today)),
        )
        .exists()
    )


def _represented(login_id: UUID | None, today: date) -> Select[Any]:
    """Return the customers for whom a login acts."""
    return select(representation.c.customer_id).where(
        representation.c.login_id == login_id, is_representation_in_force(today)
    )


def _is_today(of: FromClause, today: date) -> ColumnElement[bool]:
    return and_(of.c.valid_from <= today, or_(of.c.valid_to.is_(None), of.c.valid_to >= today))


def _is_held(of: FromClause, today: date) -> ColumnElement[bool]:
    """Return whether a holding is that of a holder, and not of a secondary user, and is in force."""
    return and_(of.c.role.in_(HOLDERS), _is_today(of, today))


def _concealed() -> ColumnElement[bool]:
    return was_concealed(arrangement.c.customer_id, authorised_account.c.account_id, authorisation.c.authorised_at)
