"""The SQL of accounts, their holders, and whether an account is disclosed."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple, get_args
from uuid import UUID

import msgspec
from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert

from haas.database import Transaction
from tenants.accounts.descriptions import AccountSupplies
from tenants.accounts.models import (
    DEFAULT_OPTION,
    DisclosureFacts,
    DisclosureOptionSetting,
    DisclosureProposal,
    DisclosureRefusal,
    HarmFlag,
    Ineligibility,
    KnownAccount,
    ProposalAnswer,
    ProposalState,
    RefusalReason,
    SecondaryUserInstruction,
    SharingBlock,
    SharingDecision,
    StoredAccount,
)
from tenants.accounts.tables import (
    account,
    disclosure_answer,
    disclosure_option,
    disclosure_proposal,
    harm_flag,
    holding,
    ineligibility,
    refusal,
    secondary_user_instruction,
    service_point,
    sharing_block,
    supply,
)
from tenants.parties.store import is_in_person
from tenants.schema_metadata import Uuid

SqlExpression = ColumnElement[Any]
_today = bindparam("today", type_=Date)
_now = bindparam("now", type_=DateTime(timezone=True))
_KNOWN: Final = (
    account.c.id,
    account.c.display_name,
    account.c.account_number,
    account.c.creation_date,
    account.c.summary.label("plans"),
)
"""The columns of `models.KnownAccount` but one."""
_HAS_SEVERAL_PEOPLE: Final = (
    select(func.count(holding.c.customer_id.distinct()) > 1)
    .where(holding.c.account_id == account.c.id)
    .correlate(account)
    .scalar_subquery()
    .label("has_several_people")
)
_FUELS: Final[SqlExpression] = literal_column("'$[*].planDetail.fuelType'")
_REFUSALS: Final = tuple(enumerate(get_args(RefusalReason)))
_TABLES: Final[dict[type[SharingDecision], Table]] = {
    DisclosureProposal: disclosure_proposal,
    ProposalAnswer: disclosure_answer,
    SecondaryUserInstruction: secondary_user_instruction,
    Ineligibility: ineligibility,
    SharingBlock: sharing_block,
    DisclosureRefusal: refusal,
    HarmFlag: harm_flag,
}


class PersonOfDay(NamedTuple):
    """A person, and the day on which it matters who they are: `parties.store.is_in_person`.

    Of who has authorised, it is the day of the authorisation (`authoriser`); of everybody else, today.
    """

    login_id: SqlExpression
    on: SqlExpression


NOBODY_OF_DAY: Final = PersonOfDay(cast(null(), Uuid), cast(null(), Date))


def authoriser(login_id: SqlExpression, authorised_at: SqlExpression) -> PersonOfDay:
    """Return the person who has authorised at a moment."""
    return PersonOfDay(login_id, market_day_of(authorised_at))


class DisclosureFactColumns(NamedTuple):
    """The fields of `models.DisclosureFacts` as SQL expressions, with the FROM clause that they need (`source`)."""

    source: FromClause
    role: SqlExpression
    option: SqlExpression
    is_instructed: SqlExpression
    is_ineligible: SqlExpression
    refusal: SqlExpression
    is_blocked: SqlExpression
    is_protected: SqlExpression


def disclosure_facts(
    source: FromClause,
    customer_id: SqlExpression,
    account_id: SqlExpression,
    recipient_id: SqlExpression,
    person: PersonOfDay,
) -> DisclosureFactColumns:
    """Return, for each row of `source`, the facts that decide whether a customer's account is disclosed to a recipient.

    The ids are columns of `source` or parameters; `recipient_id` identifies a legal entity, and `person` who authorises
    or has authorised. A statement that uses the result must bind the parameters `today` and `now`.
    """
    held = (
        select(holding.c.role)
        .where(
            holding.c.customer_id == customer_id,
            holding.c.account_id == account_id,
            _is_today(holding.c.valid_from, holding.c.valid_to),
        )
        .order_by(holding.c.valid_from.desc())
        .limit(literal_column("1"))
        .correlate_except(holding)
        .lateral("held")
    )
    # Every holder of a joint account must be eligible (CDR Rules 1.7).
    other = holding.alias("other_holding")
    joint_holders = select(other.c.customer_id).where(
        held.c.role == _text("joint-holder"),
        other.c.account_id == account_id,
        other.c.role == _text("joint-holder"),
        _is_today(other.c.valid_from, other.c.valid_to),
    )
    option = (
        select(disclosure_option.c.option)
        .where(disclosure_option.c.account_id == account_id)
        .correlate_except(disclosure_option)
        .scalar_subquery()
    )
    return DisclosureFactColumns(
        source=source.outerjoin(held, true()),
        role=held.c.role,
        option=func.coalesce(case((_has_any_row(disclosure_option), option)), _text(DEFAULT_OPTION)),
        is_instructed=_has_row(
            secondary_user_instruction,
            secondary_user_instruction.c.account_id == account_id,
            secondary_user_instruction.c.customer_id == customer_id,
            _is_now(secondary_user_instruction.c.given_at, secondary_user_instruction.c.withdrawn_at),
        ),
        is_ineligible=_has_row(
            ineligibility,
            _matches(ineligibility.c.account_id, account_id),
            _is_today(ineligibility.c.valid_from, ineligibility.c.valid_to),
            or_(
                _matches(ineligibility.c.customer_id, customer_id),
                ineligibility.c.customer_id.in_(joint_holders.correlate_except(other)),
            ),
        ),
        refusal=first_refusal(customer_id, recipient_id, _matches(refusal.c.account_id, account_id)),
        is_blocked=_has_row(
            sharing_block,
            sharing_block.c.account_id == account_id,
            _matches(sharing_block.c.customer_id, customer_id),
            _matches(sharing_block.c.recipient_id, recipient_id),
            _is_now(sharing_block.c.since, sharing_block.c.until),
        ),
        is_protected=and_(_has_any_row(harm_flag), is_protected(customer_id, account_id, person, _now)),
    )


def withholding_reason(facts: DisclosureFactColumns, approval: SqlExpression) -> SqlExpression:
    """Return why an account is not disclosed now, or null: the rule of `disclosure_rule.withholding_reason` in SQL.

    Each fact is in it once: PostgreSQL plans a subquery as often as it occurs.
    """
    return func.coalesce(
        case(
            (facts.role.is_(None), _text("not-held")),
            (and_(facts.role == _text("secondary-user"), ~facts.is_instructed), _text("secondary-user")),
            (facts.is_ineligible, _text("ineligible")),
        ),
        _text("refused-").concat(facts.refusal),
        case(
            (facts.is_blocked, _text("blocked")),
            (facts.is_protected, null()),
            (approval != _text("approved"), _text("approval-").concat(approval)),
            (facts.option == _text("no-disclosure"), _text("sharing-off")),
            else_=null(),
        ),
    )


def first_refusal(customer_id: SqlExpression, recipient_id: SqlExpression, of: SqlExpression) -> SqlExpression:
    """Return the first reason why data is refused now, or null. `of` selects refusals by their account."""
    customer_and_recipient = (
        _matches(refusal.c.customer_id, customer_id),
        _matches(refusal.c.recipient_id, recipient_id),
    )
    order = case(*((refusal.c.reason == _text(each), literal_column(str(n))) for n, each in _REFUSALS))
    found = select(refusal.c.reason).where(of, *customer_and_recipient, _is_now(refusal.c.since, refusal.c.until))
    first = found.order_by(order).limit(literal_column("1")).correlate_except(refusal)
    return case((_has_any_row(refusal), first.scalar_subquery()))


def is_eligible(customer_id: SqlExpression) -> SqlExpression:
    """Return whether a customer is an eligible consumer today: the rule of `disclosure_rule.makes_eligible` in SQL.

    `customer_id` is a column of an enclosing statement, which must bind the parameters `today` and `now`.
    """
    own, opened = holding.alias("own_holding"), account.alias("own_account")
    source = own.join(opened, opened.c.id == own.c.account_id)
    facts = disclosure_facts(source, customer_id, own.c.account_id, null(), NOBODY_OF_DAY)
    usable = and_(facts.role.is_not(None), or_(facts.role != _text("secondary-user"), facts.is_instructed))
    makes_eligible: Select[Any] = select(literal_column("1")).select_from(facts.source)
    makes_eligible = makes_eligible.where(
        own.c.customer_id == customer_id, opened.c.open_status == _text("OPEN"), usable, ~facts.is_ineligible
    )
    return makes_eligible.correlate_except(own, opened, facts.source).exists()


def market_day_of(moment: SqlExpression) -> SqlExpression:
    """Return the date of a moment in the market's time zone: `service.market_day` in SQL."""
    return cast(func.timezone(literal_column("interval '10 hours'"), moment), Date)


def is_protected(
    customer_id: SqlExpression, account_id: SqlExpression, person: PersonOfDay, now: SqlExpression | None
) -> SqlExpression:
    """Return whether a harm flag for an account is in force, and `person` is the customer in person.

    Without `now`, a flag is in force until its end is known: staff end it at the present moment.

    What a representative authorises or reads is as without the flag: otherwise a page would tell of it to somebody else
    (CDR Rules 4A.15, decision 0061). From the other holders, all of the customer's sharing is concealed
    (`was_concealed`).
    """
    flags: Select[Any] = select(literal_column("1")).where(
        harm_flag.c.customer_id == customer_id,
        harm_flag.c.account_id == account_id,
        harm_flag.c.until.is_(None) if now is None else _is_between(harm_flag.c.since, now, harm_flag.c.until),
        is_in_person(customer_id, person.login_id, person.on),
    )
    return flags.correlate_except(harm_flag).exists()


def was_concealed(customer_id: SqlExpression, account_id: SqlExpression, since: SqlExpression) -> SqlExpression:
    """Return whether a harm flag of a customer for an account is in force, or ended after `since`.

    What a flag has concealed from the other holders is not made visible by its end (CDR Rules 4A.15, K-14).
    """
    flags: Select[Any] = select(literal_column("1")).where(
        harm_flag.c.customer_id == customer_id,
        harm_flag.c.account_id == account_id,
        or_(harm_flag.c.until.is_(None), harm_flag.c.until > since),
    )
    return flags.correlate_except(harm_flag).exists()


def _is_now(since: SqlExpression, until: SqlExpression) -> SqlExpression:
    return _is_between(since, _now, until)


def _is_between(since: SqlExpression, moment: SqlExpression, until: SqlExpression) -> SqlExpression:
    return and_(since <= moment, or_(until.is_(None), until > moment))


def _is_today(first: SqlExpression, last: SqlExpression) -> SqlExpression:
    return and_(first <= _today, or_(last.is_(None), last >= _today))


def _matches(column: SqlExpression, value: SqlExpression) -> SqlExpression:
    """Compare a column of a block or refusal with a value. Null in the column matches every value."""
    return or_(column.is_(None), column == value)


def _text(value: str) -> SqlExpression:
    """Return a constant that is part of the SQL text: a compiled `Statement` may have named parameters only."""
    return literal_column(f"'{value}'", Text)


def _has_row(table: Table, *conditions: SqlExpression) -> SqlExpression:
    """Return whether the table has a row that fulfils the conditions."""
    found: Select[Any] = select(literal_column("1")).select_from(table).where(*conditions).correlate_except(table)
    return and_(_has_any_row(table), found.exists())


def _has_any_row(table: Table) -> SqlExpression:
    """Return whether the table has any row.

    PostgreSQL evaluates this once for a statement. Where the table is empty, it does not search it for each account.
    """
    return select(literal_column("1")).select_from(table).exists()


async def known_accounts(tx: Transaction, account_ids: Sequence[UUID]) -> list[KnownAccount]:
    """Return accounts by their ids, without the fuels of their plans."""
    query = select(*_KNOWN, _HAS_SEVERAL_PEOPLE).where(account.c.id.in_(account_ids))
    return [KnownAccount(**row) for row in (await tx.execute(query)).mappings()]


async def accounts_of(
    tx: Transaction,
    customer_id: UUID,
    recipient_id: str,
    *,
    login_id: UUID | None,
    login_on: date,
    today: date,
    now: datetime,
) -> list[StoredAccount]:
    """Return the accounts that a customer holds or may use today, in the order of their ids.

    A harm flag counts if `login_id` was the customer in person on the day `login_on`.
    """
    facts = disclosure_facts(
        account,
        bindparam("customer_id", type_=Uuid),
        account.c.id,
        bindparam("recipient_id", type_=Text),
        PersonOfDay(bindparam("login_id", type_=Uuid), bindparam("login_on", type_=Date)),
    )
    other = holding.alias("another_holding")
    has_other_holder = select(other.c.customer_id).where(
        other.c.account_id == account.c.id,
        other.c.customer_id != bindparam("customer_id"),
        other.c.role != "secondary-user",
        _is_today(other.c.valid_from, other.c.valid_to),
    )
    held = select(holding.c.account_id).where(
        holding.c.customer_id == bindparam("customer_id"), _is_today(holding.c.valid_from, holding.c.valid_to)
    )
    query = (
        select(
            *_KNOWN,
            _HAS_SEVERAL_PEOPLE,
            account.c.open_status,
            func.jsonb_path_query_array(account.c.detail, _FUELS).label("fuels"),
            has_other_holder.correlate_except(other).exists().label("has_other_holder"),
            *(getattr(facts, name).label(name) for name in DisclosureFacts.__struct_fields__),
        )
        .select_from(facts.source)
        .where(account.c.id.in_(held))
        .order_by(account.c.id)
    )
    values = {
        "customer_id": customer_id, "recipient_id": recipient_id, "login_id": login_id, "login_on": login_on,
        "today": today, "now": now,
    }  # fmt: skip
    return [
        StoredAccount(
            **{column.name: getattr(row, column.name) for column in _KNOWN},
            has_several_people=row.has_several_people,
            has_other_holder=row.has_other_holder,
            open_status=row.open_status,
            fuels=tuple(row.fuels),
            disclosure_facts=DisclosureFacts(
                **{name: getattr(row, name) for name in DisclosureFacts.__struct_fields__}
            ),
        )
        for row in await tx.execute(query, values)
    ]


async def supplies_of(tx: Transaction, account_ids: Sequence[UUID], today: date) -> dict[UUID, AccountSupplies]:
    """Return what supplies each account, by its id: a service point of today, or else the one that supplied it last.

    A service point whose address is known is preferred. An account without a service point is not in the result.
    """
    is_now = _is_today(supply.c.valid_from, supply.c.valid_to)
    location = service_point.c.detail["location"]
    query = (
        select(
            supply.c.account_id,
            location.label("location"),
            func.count().filter(is_now).over(partition_by=supply.c.account_id).label("now"),
        )
        .join(service_point, service_point.c.id == supply.c.service_point_id)
        .where(supply.c.account_id.in_(account_ids))
        .ext(distinct_on(supply.c.account_id))
        .order_by(
            supply.c.account_id,
            is_now.desc(),
            location.is_(None),
            supply.c.valid_to.desc().nulls_first(),
            supply.c.valid_from,
            service_point.c.id,
        )
    )
    found = await tx.execute(query, {"today": today})
    return {row.account_id: AccountSupplies(row.location, max(row.now - 1, 0)) for row in found}


async def set_disclosure_option(tx: Transaction, option: DisclosureOptionSetting) -> None:
    """Set the disclosure option of an account. It replaces the previous one."""
    values = msgspec.structs.asdict(option)
    await tx.execute(
        upsert(disclosure_option).values(values).on_conflict_do_update(index_elements=["account_id"], set_=values)
    )


async def insert_decision(tx: Transaction, decision: SharingDecision) -> None:
    """Store a decision. Use `set_disclosure_option` for a `DisclosureOptionSetting`."""
    await tx.execute(insert(_TABLES[type(decision)]).values(msgspec.structs.asdict(decision)))


async def open_proposal(tx: Transaction, account_id: UUID) -> DisclosureProposal | None:
    """Return the open proposal of an account, or None. Its row is locked until the transaction ends."""
    query = select(disclosure_proposal).where(
        disclosure_proposal.c.account_id == account_id, disclosure_proposal.c.state == "open"
    )
    row = (await tx.execute(query.with_for_update())).mappings().one_or_none()
    return None if row is None else DisclosureProposal(**row)


async def proposal_answers(tx: Transaction, proposal_id: UUID) -> list[ProposalAnswer]:
    """Return the other holders' answers to a proposal, oldest first."""
    query = select(disclosure_answer).where(disclosure_answer.c.proposal_id == proposal_id)
    return [ProposalAnswer(**row) for row in (await tx.execute(query.order_by(disclosure_answer.c.at))).mappings()]


async def close_proposal(tx: Transaction, proposal_id: UUID, state: ProposalState, now: datetime) -> None:
    """Set the final state of a proposal."""
    changed = update(disclosure_proposal).where(disclosure_proposal.c.id == proposal_id)
    await tx.execute(changed.values(state=state, state_at=now))


async def withdraw_instruction(
    tx: Transaction, account_id: UUID, customer_id: UUID, *, withdrawn_by: UUID, now: datetime
) -> bool:
    """Withdraw the instruction for a secondary user. Return whether there was one."""
    given = and_(
        secondary_user_instruction.c.account_id == account_id,
        secondary_user_instruction.c.customer_id == customer_id,
        secondary_user_instruction.c.withdrawn_at.is_(None),
    )
    withdrawn = update(secondary_user_instruction).where(given).values(withdrawn_at=now, withdrawn_by=withdrawn_by)
    return int((await tx.execute(withdrawn)).rowcount) > 0


async def end_sharing_block(tx: Transaction, block_id: UUID, now: datetime) -> None:
    """End a block, so that sharing continues."""
    await _end(tx, sharing_block, sharing_block.c.id == block_id, now)


async def end_refusal(tx: Transaction, refusal_id: UUID, now: datetime) -> None:
    """End a refusal."""
    await _end(tx, refusal, refusal.c.id == refusal_id, now)


async def end_harm_flag(tx: Transaction, customer_id: UUID, account_id: UUID, now: datetime) -> None:
    """End a harm flag, so that the rules for joint accounts apply again."""
    await _end(tx, harm_flag, and_(harm_flag.c.customer_id == customer_id, harm_flag.c.account_id == account_id), now)


async def end_ineligibility(tx: Transaction, ineligibility_id: UUID, last_day: date) -> None:
    """Set the last day of a period without eligibility."""
    ended = update(ineligibility).where(ineligibility.c.id == ineligibility_id)
    await tx.execute(ended.values(valid_to=last_day))


async def _end(tx: Transaction, table: Table, which: SqlExpression, now: datetime) -> None:
    await tx.execute(update(table).where(which, table.c.until.is_(None)).values(until=now))
