"""Account holders instruct that secondary users may share an account, see what they share, and stop it.

CDR Rules 1.13(1)(e), 1.15(5) and 4.28; K-15. Any holder of a joint account can give and withdraw an instruction. It
applies at the data APIs from the commit on: without one, an account is treated as if the user had not chosen it. The
holders are told of amendments and ends by `tenants.holders`. The Rules name nobody who is told of an instruction.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4, uuid5

from haas.database import Transaction
from tenants.accounts import store as accounts
from tenants.accounts.models import SecondaryUserInstruction, SharingBlock
from tenants.accounts.service import labels_of, market_day
from tenants.joint_accounts import store as joint_accounts
from tenants.joint_accounts.errors import SharingNotFound
from tenants.joint_accounts.holders import require_holder
from tenants.joint_accounts.models import SharedByOther
from tenants.joint_accounts.sharing import SeenSharing, shared_by_secondary_users
from tenants.parties.acting import Acting
from tenants.registry.models import Tenant
from tenants.secondary_users import store
from tenants.secondary_users.errors import BlockNotFound, BlockNotOffered, NotASecondaryUser
from tenants.secondary_users.models import BlockedRecipient, SecondaryUser

_IDS: Final = UUID("5b0a9f7c-0f0e-4b57-9d3a-2f1c6f2d8e43")
"""The name space of the ids by which a holder names a user of an account."""


async def holders_with_users(tx: Transaction, customer_ids: Collection[UUID], *, now: datetime) -> set[UUID]:
    """Return those of the customers who hold an account that a secondary user may use.

    Whether a login may act for them is not checked: it is for finding out of whom `users` can be asked.
    """
    return await store.holders_with_users(tx, customer_ids, market_day(now))


async def used_without_instruction(
    tx: Transaction, customer_ids: Collection[UUID], *, now: datetime
) -> set[tuple[UUID, UUID]]:
    """Return the customers and accounts that they may use and not share, for want of an instruction."""
    return await store.used_without_instruction(tx, customer_ids, market_day(now))


async def users(tx: Transaction, acting: Acting, *, now: datetime) -> list[SecondaryUser]:
    """Return the secondary users of the accounts that a customer holds, with what they share of these accounts.

    What a harm flag conceals is left out. Raise MayNotAct.
    """
    shared = await shared_by_secondary_users(tx, acting, now=now)
    today = market_day(now)
    held = await joint_accounts.held_accounts(tx, acting.customer_id, today)
    names = {each.version.recipient_id: each.view.recipient for each in shared}
    stopped: dict[tuple[UUID | None, UUID, str | None], list[UUID]] = defaultdict(list)
    sharing: dict[tuple[UUID, UUID], list[SharedByOther]] = defaultdict(list)
    for each in shared:
        sharing[each.version.customer_id, each.view.account_id].append(each.view)
        stopped[each.version.customer_id, each.view.account_id, each.version.recipient_id].append(each.view.id)
    blocked: dict[tuple[UUID | None, UUID], list[BlockedRecipient]] = defaultdict(list)
    for block in await store.blocks_of(tx, held, now):
        blocked[block.customer_id, block.account_id].append(
            BlockedRecipient(
                id=block.id,
                recipient=names.get(block.recipient_id),
                since=block.since,
                is_by_holder=block.set_by == "holder",
                sharing_ids=tuple(stopped[block.customer_id, block.account_id, block.recipient_id]),
            )
        )
    rows = await store.users_of(tx, held, today)
    account_names = await labels_of(tx, {row.account_id for row in rows}, now)
    return [
        SecondaryUser(
            id=uuid5(_IDS, f"{row.account_id} {row.customer_id}"),
            customer_id=row.customer_id,
            name=row.name,
            account_id=row.account_id,
            account=account_names[row.account_id],
            instructed_at=row.given_at,
            withdrawn_at=row.withdrawn_at,
            blocked=tuple(blocked[row.customer_id, row.account_id]),
            sharing=tuple(sharing[row.customer_id, row.account_id]),
        )
        for row in rows
    ]


async def stopped_by_withdrawal(
    tx: Transaction, acting: Acting, account_id: UUID, user_id: UUID, *, now: datetime
) -> list[SharedByOther]:
    """Return what sharing the withdrawal of an instruction would stop. Nothing is changed.

    What a block has stopped already is left out. A page must also say that the user can start no other sharing of the
    account, and that the holder should talk with the user first (CDS, Withdrawal: Secondary User Instruction). Raise
    MayNotAct.
    """
    shared = await shared_by_secondary_users(tx, acting, now=now)
    blocks = await store.blocks_of(tx, [account_id], now)
    blocked = {block.recipient_id for block in blocks if block.customer_id == user_id}
    return [
        each.view
        for each in shared
        if (each.view.account_id, each.version.customer_id, each.view.state) == (account_id, user_id, "sharing")
        and each.version.recipient_id not in blocked
    ]


async def instruct(
    tx: Transaction, tenant: Tenant, acting: Acting, account_id: UUID, user_id: UUID, *, now: datetime
) -> None:
    """Let a secondary user share an account. An instruction that is in force stays as it is.

    Raise MayNotAct, NotAHolder or NotASecondaryUser.
    """
    await joint_accounts.lock_account(tx, account_id)
    holders = await require_holder(tx, tenant, acting, account_id, now)
    if not await store.users_of(tx, [account_id], market_day(now), user_id=user_id):
        raise NotASecondaryUser(f"customer {user_id} is no secondary user of account {account_id}")
    if await store.open_instruction(tx, account_id, user_id) is None:
        given = SecondaryUserInstruction(
            account_id=account_id, customer_id=user_id, given_at=now, given_by=acting.customer_id
        )
        await accounts.insert_decision(tx, given)
        await holders.record(tx, "secondary-user-instruction.give", after=str(user_id))


async def withdraw(
    tx: Transaction, tenant: Tenant, acting: Acting, account_id: UUID, user_id: UUID, *, now: datetime
) -> None:
    """Withdraw the instruction for a secondary user, whichever holder gave it. Without one, do nothing.

    The user need not be a secondary user any more. Raise MayNotAct or NotAHolder.
    """
    holders = await require_holder(tx, tenant, acting, account_id, now)
    if await accounts.withdraw_instruction(tx, account_id, user_id, withdrawn_by=acting.customer_id, now=now):
        await holders.record(tx, "secondary-user-instruction.withdraw", before=str(user_id))


async def block_recipient(tx: Transaction, tenant: Tenant, acting: Acting, sharing_id: UUID, *, now: datetime) -> UUID:
    """Stop a secondary user's sharing of an account with the recipient of one sharing. Return the id of the block.

    It applies to every authorisation of the user for this account and recipient, also to later ones; other users,
    accounts and recipients are not affected. Only if the brand offers it (K-15). A block in force stays as it is. Raise
    MayNotAct, BlockNotOffered or SharingNotFound.
    """
    if not tenant.settings.offers_secondary_user_blocks:
        raise BlockNotOffered(f"{tenant.slug} does not offer to block a recipient")
    shared = await _find(tx, acting, sharing_id, now)
    account_id, user_id, recipient_id = shared.view.account_id, shared.version.customer_id, shared.version.recipient_id
    await joint_accounts.lock_account(tx, account_id)
    holders = await require_holder(tx, tenant, acting, account_id, now)
    for block in await store.blocks_of(tx, [account_id], now):
        if (block.customer_id, block.recipient_id) == (user_id, recipient_id):
            return block.id
    made = SharingBlock(
        id=uuid4(),
        account_id=account_id,
        customer_id=user_id,
        recipient_id=recipient_id,
        set_by="holder" if acting.staff is None else "staff",
        since=now,
    )
    await accounts.insert_decision(tx, made)
    await holders.record(tx, "sharing-block.set", after={"user": str(user_id), "recipient": recipient_id})
    return made.id


async def end_block(tx: Transaction, tenant: Tenant, acting: Acting, block_id: UUID, *, now: datetime) -> None:
    """End a block that a holder has set. It can always be ended. Raise MayNotAct, NotAHolder or BlockNotFound."""
    found = await store.block(tx, block_id, now)
    if found is None:
        raise BlockNotFound(f"there is no block {block_id} of a holder")
    holders = await require_holder(tx, tenant, acting, found.account_id, now)
    await accounts.end_sharing_block(tx, block_id, now)
    await holders.record(
        tx, "sharing-block.end", before={"user": str(found.customer_id), "recipient": found.recipient_id}
    )


async def _find(tx: Transaction, acting: Acting, sharing_id: UUID, now: datetime) -> SeenSharing:
    for each in await shared_by_secondary_users(tx, acting, now=now):
        if each.view.id == sharing_id:
            return each
    raise SharingNotFound(f"customer {acting.customer_id} sees no sharing {sharing_id} of a secondary user")
