"""The SQL of joint accounts: their options and proposals, what others share of them, and approvals."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Row, Uuid, and_, func, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from haas.database import Transaction
from tenants.accounts.models import DisclosureOptionSetting, DisclosureProposal, HoldingRole, ProposalAnswer
from tenants.accounts.store import is_protected, was_concealed
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
    of who authorised. An authorisation is left out if a harm flag of its customer for the account is in force or ended
    after it was given: what a flag has concealed is not made visible by its end (CDR Rules 4A.15).
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
    role = (
        select(own.c.role)
        .where(own.c.customer_id == arrangement.c.customer_id, own.c.account_id == authorised_account.c.account_id)
        .order_by(own.c.valid_from.desc())
        .limit(1)
        .scalar_subquery()
    )
    mine = account_approval.alias("mine")
    query = (
        select(
            *_COLUMNS,
            role.label("role"),
            disclosure_option.c.option,
            mine.c.state.label("own_approval"),
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
    query = select(holding.c.account_id).where(
        holding.c.customer_id == customer_id,
        holding.c.role.in_(HOLDERS),
        holding.c.valid_from <= today,
        or_(holding.c.valid_to.is_(None), holding.c.valid_to >= today),
    )
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


async def sharing_in_force(
    tx: Transaction, account_id: UUID, viewer_id: UUID, login_id: UUID | None, now: datetime
) -> list[SharedRow]:
    """Return the sharing of an account that is in force, the oldest first.

    It is all of the viewer's own, and of others what no harm flag conceals. `is_protected` says of an own one that the
    disclosure option does not apply to it because of a flag, if `login_id` is the customer in person: nobody else
    learns of the flag.
    """
    is_own = arrangement.c.customer_id == viewer_id
    is_seen_as_protected = and_(_is_protected(now), _is_protected(now, literal(login_id, Uuid)))
    query = (
        select(*_COLUMNS, is_own.label("is_own"), is_seen_as_protected.label("is_protected"))
        .select_from(_AUTHORISED)
        .where(
            authorised_account.c.account_id == account_id,
            authorisation.c.id == arrangement.c.authorisation_id,
            arrangement.c.ended_at.is_(None),
            authorisation.c.expires_at > now,
            or_(is_own, ~_concealed()),
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


def _is_protected(now: datetime, login_id: ColumnElement[UUID] | None = None) -> ColumnElement[bool]:
    """Return whether a harm flag protects the authorised account, for the login or else for who authorised."""
    whose = arrangement.c.login_id if login_id is None else login_id
    return is_protected(arrangement.c.customer_id, authorised_account.c.account_id, whose, literal(now))


def _concealed() -> ColumnElement[bool]:
    return was_concealed(arrangement.c.customer_id, authorised_account.c.account_id, authorisation.c.authorised_at)
