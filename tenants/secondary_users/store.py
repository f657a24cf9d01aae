"""The SQL of the secondary users of accounts, their instructions, and blocks of recipients."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, or_, select

from haas.database import Transaction
from tenants.accounts.models import SecondaryUserInstruction, SharingBlock
from tenants.accounts.tables import account, holding, secondary_user_instruction, sharing_block
from tenants.joint_accounts.store import HOLDERS
from tenants.parties.tables import customer

UserRow = Row[Any]
"""A secondary user of an account, with the open instruction, and when one was last withdrawn."""
_IS_OPEN = secondary_user_instruction.c.withdrawn_at.is_(None)
_earlier = secondary_user_instruction.alias("earlier")
_WITHDRAWN_AT = (
    select(func.max(_earlier.c.withdrawn_at))
    .where(_earlier.c.account_id == holding.c.account_id, _earlier.c.customer_id == holding.c.customer_id)
    .scalar_subquery()
)


async def users_of(
    tx: Transaction, account_ids: Collection[UUID], today: date, *, user_id: UUID | None = None
) -> list[UserRow]:
    """Return the secondary users of accounts today, or only one of them, by name."""
    instructed = and_(
        secondary_user_instruction.c.account_id == holding.c.account_id,
        secondary_user_instruction.c.customer_id == holding.c.customer_id,
        _IS_OPEN,
    )
    query = (
        select(
            holding.c.customer_id,
            holding.c.account_id,
            customer.c.name,
            account.c.display_name,  # for the order
            secondary_user_instruction.c.given_at,
            _WITHDRAWN_AT.label("withdrawn_at"),
        )
        .distinct()
        .select_from(
            holding.join(customer, customer.c.id == holding.c.customer_id)
            .join(account, account.c.id == holding.c.account_id)
            .outerjoin(secondary_user_instruction, instructed)
        )
        .where(
            holding.c.account_id.in_(account_ids),
            holding.c.role == "secondary-user",
            holding.c.valid_from <= today,
            or_(holding.c.valid_to.is_(None), holding.c.valid_to >= today),
        )
        .order_by(customer.c.name, holding.c.customer_id, account.c.display_name, holding.c.account_id)
    )
    if user_id is not None:
        query = query.where(holding.c.customer_id == user_id)
    return list((await tx.execute(query)).all())


async def holders_with_users(tx: Transaction, customer_ids: Collection[UUID], today: date) -> set[UUID]:
    """Return those of the customers who hold an account today that a secondary user may use."""
    used = holding.alias("used")
    query = (
        select(holding.c.customer_id)
        .distinct()
        .join(used, used.c.account_id == holding.c.account_id)
        .where(
            holding.c.customer_id.in_(customer_ids),
            holding.c.role.in_(HOLDERS),
            holding.c.valid_from <= today,
            or_(holding.c.valid_to.is_(None), holding.c.valid_to >= today),
            used.c.role == "secondary-user",
            used.c.valid_from <= today,
            or_(used.c.valid_to.is_(None), used.c.valid_to >= today),
        )
    )
    return set((await tx.execute(query)).scalars())


async def used_without_instruction(
    tx: Transaction, customer_ids: Collection[UUID], today: date
) -> set[tuple[UUID, UUID]]:
    """Return the customers and accounts that they may only use today, without an instruction that is in force."""
    held = holding.alias("held")
    is_held = (
        select(held.c.account_id)
        .where(
            held.c.account_id == holding.c.account_id,
            held.c.customer_id == holding.c.customer_id,
            held.c.role.in_(HOLDERS),
            held.c.valid_from <= today,
            or_(held.c.valid_to.is_(None), held.c.valid_to >= today),
        )
        .exists()
    )
    is_instructed = (
        select(secondary_user_instruction.c.account_id)
        .where(
            secondary_user_instruction.c.account_id == holding.c.account_id,
            secondary_user_instruction.c.customer_id == holding.c.customer_id,
            _IS_OPEN,
        )
        .exists()
    )
    query = select(holding.c.customer_id, holding.c.account_id).where(
        holding.c.customer_id.in_(customer_ids),
        holding.c.role == "secondary-user",
        holding.c.valid_from <= today,
        or_(holding.c.valid_to.is_(None), holding.c.valid_to >= today),
        ~is_held,
        ~is_instructed,
    )
    return {(row.customer_id, row.account_id) for row in await tx.execute(query)}


async def open_instruction(tx: Transaction, account_id: UUID, user_id: UUID) -> SecondaryUserInstruction | None:
    """Return the instruction for a secondary user that is in force, or None."""
    columns = (secondary_user_instruction.c[name] for name in SecondaryUserInstruction.__struct_fields__)
    query = select(*columns).where(
        secondary_user_instruction.c.account_id == account_id,
        secondary_user_instruction.c.customer_id == user_id,
        _IS_OPEN,
    )
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else SecondaryUserInstruction(**row)


async def blocks_of(tx: Transaction, account_ids: Collection[UUID], now: datetime) -> list[SharingBlock]:
    """Return the blocks in force of one customer's sharing of accounts with one recipient, the oldest first."""
    query = select(sharing_block).where(
        sharing_block.c.account_id.in_(account_ids),
        sharing_block.c.customer_id.is_not(None),
        sharing_block.c.recipient_id.is_not(None),
        _is_in_force(now),
    )
    rows = await tx.execute(query.order_by(sharing_block.c.since, sharing_block.c.id))
    return [SharingBlock(**row) for row in rows.mappings()]


async def block(tx: Transaction, block_id: UUID, now: datetime) -> SharingBlock | None:
    """Return a block that is in force and that a holder has set, locked until the transaction ends, or None."""
    query = select(sharing_block).where(
        sharing_block.c.id == block_id, sharing_block.c.set_by == "holder", _is_in_force(now)
    )
    row = (await tx.execute(query.with_for_update())).mappings().one_or_none()
    return None if row is None else SharingBlock(**row)


def _is_in_force(now: datetime) -> ColumnElement[bool]:
    return and_(sharing_block.c.since <= now, or_(sharing_block.c.until.is_(None), sharing_block.c.until > now))
