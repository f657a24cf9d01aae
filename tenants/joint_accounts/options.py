"""The disclosure option management service: any holder restricts at once, and all agree to what is less restrictive.

CDR Rules 4A.5 to 4A.8. An option applies at the data APIs from the commit on. It neither gives nor removes an
approval: what was approved stays approved, is not disclosed under non-disclosure, and is disclosed again when sharing
is turned on again (K-11). Co-approval applies to what is authorised or amended after it was chosen.
"""

from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID, uuid4

from haas.database import Transaction
from tenants.accounts import store as accounts
from tenants.accounts.models import (
    DEFAULT_OPTION,
    DisclosureOption,
    DisclosureOptionSetting,
    DisclosureProposal,
    ProposalAnswer,
    ProposalState,
)
from tenants.accounts.service import market_day
from tenants.holders import store as holders_store
from tenants.holders.message_parts import day_of
from tenants.joint_accounts import notice_text, store
from tenants.joint_accounts.errors import OptionChanged, OptionNotOffered, ProposalNotFound, ProposalOpen
from tenants.joint_accounts.holders import Holders, is_protected, label_of, require_holder
from tenants.joint_accounts.models import (
    RESTRICTIVENESS,
    AffectedSharing,
    Effect,
    OptionPreview,
    OptionState,
    Proposal,
    is_stricter,
)
from tenants.notices.models import About
from tenants.parties.acting import Acting
from tenants.registry.models import Tenant

TIME_TO_AGREE: Final = timedelta(days=30)
"""For how long a proposal can be answered. The Rules state no time."""


async def state(tx: Transaction, tenant: Tenant, acting: Acting, account_id: UUID, *, now: datetime) -> OptionState:
    """Return the option of an account, what the holder can choose, and an open proposal.

    Raise MayNotAct or NotAHolder.
    """
    holders = await require_holder(tx, tenant, acting, account_id, now, to_see=True)
    setting = await store.option_of(tx, account_id)
    current = DEFAULT_OPTION if setting is None else setting.option
    offered = tuple(each for each in RESTRICTIVENESS if each != current and _is_offered(holders, current, each))
    found = await accounts.open_proposal(tx, account_id)
    proposal = None
    if found is not None and _is_open(holders, found):
        answers = await accounts.proposal_answers(tx, found.id)
        proposal = Proposal(
            id=found.id,
            option=found.option,
            at=found.at,
            due_at=found.due_at,
            is_own=found.proposed_by == acting.customer_id,
            is_answered=any(each.answered_by == acting.customer_id for each in answers),
        )
    return OptionState(
        account_id=account_id,
        option=current,
        since=None if setting is None else setting.since,
        offered=offered,
        needs_agreement=tuple(each for each in offered if not _is_immediate(holders, current, each)),
        has_others=bool(holders.others),
        is_protected=await is_protected(tx, acting, account_id, now),
        proposal=proposal,
    )


async def preview(
    tx: Transaction, tenant: Tenant, acting: Acting, account_id: UUID, option: DisclosureOption, *, now: datetime
) -> OptionPreview:
    """Return what an option would do to the sharing that is in force. Nothing is changed.

    The option is one that is offered, or that another holder has proposed. Of other holders it says to which recipient
    the account is shared, and not who shares it. What a harm flag conceals is left out, also from a person who acts for
    the customer and for another holder. Of an own sharing with a flag it says that the option changes nothing, if the
    customer in person acts (CDR Rules 4A.15). Raise MayNotAct, NotAHolder or OptionNotOffered.
    """
    holders = await require_holder(tx, tenant, acting, account_id, now, to_see=True)
    current = await _current(tx, account_id)
    found = await accounts.open_proposal(tx, account_id)
    if found is None or found.option != option or not _is_open(holders, found):
        _require_offered(holders, current, option)
    shared = await store.sharing_in_force(tx, account_id, acting.customer_id, acting.login_id, now)
    return OptionPreview(
        account_id=account_id,
        now=current,
        chosen=option,
        takes_effect="at-once" if _is_immediate(holders, current, option) else "when-all-agree",
        has_others=bool(holders.others),
        is_protected=await is_protected(tx, acting, account_id, now),
        sharing=tuple(
            AffectedSharing(
                recipient=row.registration.get("legal_entity_name") or row.registration["org_name"],
                product=row.registration["client_name"],
                until=row.expires_at,
                is_own=row.is_own,
                arrangement_id=row.arrangement_id if row.is_own else None,
                is_shared=row.is_protected or (row.approval == "approved" and current != "no-disclosure"),
                effect=_effect(row, current, option),
            )
            for row in shared
        ),
    )


async def choose(
    tx: Transaction,
    tenant: Tenant,
    acting: Acting,
    account_id: UUID,
    option: DisclosureOption,
    *,
    seen: DisclosureOption | None = None,
    now: datetime,
) -> Literal["set", "proposed", "unchanged"]:
    """Set a more restrictive option at once, or propose a less restrictive one to the other holders.

    A stricter option closes an open proposal. A proposal that is repeated by who made it changes nothing. `seen` is the
    option that was in force when the holder was told what would happen, if that is known. Raise MayNotAct, NotAHolder,
    OptionNotOffered, OptionChanged or ProposalOpen.
    """
    await store.lock_account(tx, account_id)
    holders = await require_holder(tx, tenant, acting, account_id, now)
    current = await _current(tx, account_id)
    if option == current:
        return "unchanged"
    if seen not in {None, current}:
        raise OptionChanged(f"the option of account {account_id} is {current}, and {seen} was seen")
    _require_offered(holders, current, option)
    found = await accounts.open_proposal(tx, account_id)
    if found is not None and not _is_open(holders, found):
        await _close(tx, holders, found, "lapsed")
        found = None
    if _is_immediate(holders, current, option):
        if found is not None:  # who proposed is told of the new option
            closed: ProposalState = "withdrawn" if found.proposed_by == acting.customer_id else "declined"
            await accounts.close_proposal(tx, found.id, closed, now)
        await _set(tx, holders, current, option)
        return "set"
    if found is not None:
        if found.option == option and found.proposed_by == acting.customer_id:
            return "proposed"
        raise ProposalOpen(f"proposal {found.id} for account {account_id} is open")
    await _propose(tx, holders, current, option)
    return "proposed"


async def answer(
    tx: Transaction,
    tenant: Tenant,
    acting: Acting,
    proposal_id: UUID,
    given: Literal["agreed", "declined"],
    *,
    now: datetime,
) -> ProposalState:
    """Store a holder's answer to another holder's proposal. Return the state of the proposal.

    When all other holders of today have agreed, the option is set. One who declines closes the proposal. A repeated
    answer changes nothing. Raise MayNotAct, NotAHolder or ProposalNotFound.
    """
    holders, found = await _proposal_of(tx, tenant, acting, proposal_id, now)
    if found.proposed_by == acting.customer_id:
        raise ProposalNotFound(f"proposal {proposal_id} is the customer's own")
    agreed = {each.answered_by for each in await accounts.proposal_answers(tx, proposal_id)}
    if given == "declined" or acting.customer_id not in agreed:
        await store.save_answer(
            tx, ProposalAnswer(proposal_id=proposal_id, answered_by=acting.customer_id, answer=given, at=now)
        )
        await holders.record(tx, "disclosure-proposal.answer", before=found.option, after=given)
    if given == "declined":
        await _close(tx, holders, found, "declined")
        return "declined"
    if not agreed.issuperset({*holders.others} - {found.proposed_by}):
        return "open"
    await accounts.close_proposal(tx, found.id, "agreed", now)
    await _set(tx, holders, await _current(tx, found.account_id), found.option)
    return "agreed"


async def withdraw_proposal(
    tx: Transaction, tenant: Tenant, acting: Acting, proposal_id: UUID, *, now: datetime
) -> None:
    """Close a proposal of the holder's own. Raise MayNotAct, NotAHolder or ProposalNotFound."""
    holders, found = await _proposal_of(tx, tenant, acting, proposal_id, now)
    if found.proposed_by != acting.customer_id:
        raise ProposalNotFound(f"proposal {proposal_id} is not the customer's own")
    await holders.record(tx, "disclosure-proposal.withdraw", before=found.option)
    await _close(tx, holders, found, "withdrawn")


async def lapse_proposals(tx: Transaction, tenant: Tenant, now: datetime) -> int:
    """Close the proposals whose time limit is over, and tell who proposed. Return their number."""
    due = await store.due_proposals(tx, now)
    for found in due:
        rows = await holders_store.holders_of(tx, found.account_id, market_day(now))
        acting = Acting(customer_id=found.proposed_by, staff="housekeeping")
        await _close(tx, Holders(tenant, acting, found.account_id, rows, now=now), found, "lapsed")
    return len(due)


def _is_immediate(holders: Holders, current: DisclosureOption, option: DisclosureOption) -> bool:
    return is_stricter(option, current) or not holders.others


def _is_offered(holders: Holders, current: DisclosureOption, option: DisclosureOption) -> bool:
    """Co-approval is offered only if the brand does. A sole holder can only undo what was chosen before."""
    if option == "co-approval" and not holders.tenant.settings.offers_co_approval:
        return False
    return bool(holders.others) or not is_stricter(option, current)


def _require_offered(holders: Holders, current: DisclosureOption, option: DisclosureOption) -> None:
    if not _is_offered(holders, current, option):
        raise OptionNotOffered(f"{option} is not offered for account {holders.account_id}")


def _is_open(holders: Holders, found: DisclosureProposal) -> bool:
    """Return whether a proposal can still be answered: who proposed it must still hold the account."""
    return found.due_at > holders.now and found.proposed_by in holders


def _effect(row: store.SharedRow, current: DisclosureOption, option: DisclosureOption) -> Effect:
    is_on, will_be_on = current != "no-disclosure", option != "no-disclosure"
    if row.approval != "approved" or row.is_protected or is_on == will_be_on:
        return "none"
    return "resumes" if will_be_on else "stops"


async def _current(tx: Transaction, account_id: UUID) -> DisclosureOption:
    setting = await store.option_of(tx, account_id)
    return DEFAULT_OPTION if setting is None else setting.option


async def _proposal_of(
    tx: Transaction, tenant: Tenant, acting: Acting, proposal_id: UUID, now: datetime
) -> tuple[Holders, DisclosureProposal]:
    account_id = await store.account_of_proposal(tx, proposal_id)
    if account_id is None:
        raise ProposalNotFound(f"there is no proposal {proposal_id}")
    await store.lock_account(tx, account_id)
    holders = await require_holder(tx, tenant, acting, account_id, now)
    found = await accounts.open_proposal(tx, account_id)
    if found is None or found.id != proposal_id or not _is_open(holders, found):
        raise ProposalNotFound(f"proposal {proposal_id} is closed")
    return holders, found


async def _propose(tx: Transaction, holders: Holders, current: DisclosureOption, option: DisclosureOption) -> None:
    now, tenant = holders.now, holders.tenant
    made = DisclosureProposal(
        id=uuid4(),
        account_id=holders.account_id,
        option=option,
        proposed_by=holders.acting.customer_id,
        at=now,
        due_at=now + TIME_TO_AGREE,
        state_at=now,
    )
    await accounts.insert_decision(tx, made)
    await holders.record(tx, "disclosure-proposal.make", before=current, after=option)
    account, due = await label_of(tx, holders.account_id, now), day_of(made.due_at, tenant.settings.time_zone)
    notice = notice_text.option_proposed(tenant, account, current, option, due)
    await holders.ask(tx, holders.others, notice, "option-proposed", key=f"{made.id}")


async def _set(tx: Transaction, holders: Holders, before: DisclosureOption, option: DisclosureOption) -> None:
    """Set an option, record it, and tell the other holders (CDR Rules 4A.7(3)), unless a harm flag forbids it."""
    account_id, now, tenant = holders.account_id, holders.now, holders.tenant
    by: Literal["holder", "staff"] = "holder" if holders.acting.staff is None else "staff"
    setting = DisclosureOptionSetting(account_id=account_id, option=option, since=now, set_by=by)
    await accounts.set_disclosure_option(tx, setting)
    await holders.record(tx, "disclosure-option.set", before=before, after=option)
    account, day = await label_of(tx, account_id, now), day_of(now, tenant.settings.time_zone)
    notice = notice_text.option_changed(tenant, account, before, option, day)
    await holders.tell(tx, holders.others, notice, "option-changed", key=f"{account_id} {now.isoformat()}")


async def _close(tx: Transaction, holders: Holders, found: DisclosureProposal, closed: ProposalState) -> None:
    """Close a proposal without agreement, and tell who proposed unless it was withdrawn."""
    await accounts.close_proposal(tx, found.id, closed, holders.now)
    about: dict[ProposalState, About] = {"declined": "option-declined", "lapsed": "option-lapsed"}
    if closed in about:
        account, current = await label_of(tx, found.account_id, holders.now), await _current(tx, found.account_id)
        brand, in_time = holders.tenant.name, closed == "declined"
        notice = notice_text.option_not_agreed(brand, account, current, found.option, in_time=in_time)
        await holders.tell(tx, [found.proposed_by], notice, about[closed], key=f"{found.id}")
