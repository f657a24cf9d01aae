"""The approvals of the other holders: asked for, given, declined, and removed (CDR Rules 4A.10 to 4A.13).

Under pre-approval every sharing counts as approved until another holder removes the approval. Without the approval of
all other holders, the data APIs disclose nothing of the account under that authorisation, from the commit on.
"""

from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from haas.database import Transaction
from tenants.accounts.models import ApprovalState
from tenants.accounts.service import market_day
from tenants.arrangements import store as arrangements
from tenants.arrangements.models import AccountApproval
from tenants.holders.service import tell_requesters
from tenants.joint_accounts import store
from tenants.joint_accounts.errors import NotAskedForApproval
from tenants.joint_accounts.holders import Holders, require_holder
from tenants.joint_accounts.sharing import SeenSharing, awaits_answer, find
from tenants.notices.models import About
from tenants.parties.acting import Acting
from tenants.registry.models import Tenant

TIME_TO_APPROVE: Final = timedelta(days=7)
"""For how long an approval can be given, but not longer than the authorisation lasts. The Rules state no time."""


def time_limit(authorised_at: datetime, expires_at: datetime) -> datetime:
    """Return until when the approvals of an authorisation can be given. It begins when the person authorises.

    So the review page can say it (CDS, Authorisation Standards, Pending status).
    """
    return min(authorised_at + TIME_TO_APPROVE, expires_at)


async def begin(tx: Transaction, authorisation_id: UUID, *, amends: bool, now: datetime) -> None:
    """Decide about the accounts of an authorisation that comes into force, in the transaction that puts it in force.

    Accounts with the option co-approval wait for the approval of each other holder, also after an amendment. An account
    that a harm flag protects does not, if the customer has authorised in person (4A.15). For all other accounts, an
    approval that a holder has removed or declined stays so when the authorisation is amended: only a new authorisation
    can share the account again.
    """
    asked = await store.accounts_to_approve(tx, authorisation_id, market_day(now), now)
    if amends:
        await store.keep_refused_approvals(tx, authorisation_id, sorted({row.account_id for row in asked}))
    if asked:
        due_at = time_limit(asked[0].authorised_at, asked[0].expires_at)
        await store.ask_for_approvals(tx, authorisation_id, asked, due_at=due_at, now=now)


async def decide(
    tx: Transaction,
    tenant: Tenant,
    acting: Acting,
    sharing_id: UUID,
    decision: Literal["approved", "declined"],
    *,
    now: datetime,
) -> ApprovalState:
    """Store the decision of a holder who is asked for approval. Return the combined approval of all holders.

    Raise MayNotAct, NotAHolder, SharingNotFound or NotAskedForApproval, also if another holder has declined. The
    requester is told of a decline.
    """
    shared, holders = await _lock(tx, tenant, acting, sharing_id, now)
    if not awaits_answer(shared.view, now):
        raise NotAskedForApproval(f"customer {acting.customer_id} is not asked to approve {sharing_id}")
    return await _save(tx, holders, shared, decision)


async def remove(tx: Transaction, tenant: Tenant, acting: Acting, sharing_id: UUID, *, now: datetime) -> None:
    """Remove a co-holder's approval of one sharing of one joint account, at any time (CDR Rules 4A.13(1)(d)).

    Nothing of the account is disclosed under that authorisation any more, and the requester is told. The requester's
    other accounts, and other authorisations, are not affected. A pending approval is declined. An approval that is not
    there any more stays removed. Raise MayNotAct, NotAHolder or SharingNotFound.
    """
    shared, holders = await _lock(tx, tenant, acting, sharing_id, now)
    match shared.version.approval:
        case "pending":
            await _save(tx, holders, shared, "declined")
        case "approved":
            await _save(tx, holders, shared, "withdrawn")


async def _lock(
    tx: Transaction, tenant: Tenant, acting: Acting, sharing_id: UUID, now: datetime
) -> tuple[SeenSharing, Holders]:
    """Return a sharing whose arrangement is locked, so that no amendment comes into force meanwhile."""
    seen = await find(tx, acting, sharing_id, now=now)
    await arrangements.lock(tx, seen.view.arrangement_id)
    shared = await find(tx, acting, sharing_id, now=now)
    return shared, await require_holder(tx, tenant, acting, shared.view.account_id, now)


async def _save(
    tx: Transaction, holders: Holders, shared: SeenSharing, decision: Literal["approved", "declined", "withdrawn"]
) -> ApprovalState:
    by, now = holders.acting, holders.now
    authorisation_id, account_id = shared.version.authorisation_id, shared.version.account_id
    given = await arrangements.holder_approvals(tx, authorisation_id, account_id)
    own = next((each for each in given if each.customer_id == by.customer_id), None)
    await arrangements.save_holder_approval(
        tx,
        AccountApproval(
            authorisation_id=authorisation_id,
            account_id=account_id,
            customer_id=by.customer_id,
            state=decision,
            due_at=None if own is None else own.due_at,
            at=now,
            login_id=by.login_id,
        ),
    )
    await holders.record(
        tx, f"account-approval.{decision}", before=shared.version.approval, after=str(authorisation_id)
    )
    combined: ApprovalState = decision
    others = [each for each in given if each.customer_id != by.customer_id and each.customer_id in holders]
    if decision == "approved" and any(each.state != "approved" for each in others):
        combined = "pending"
    await arrangements.set_combined_approval(tx, authorisation_id, account_id, combined)
    about: dict[ApprovalState, About] = {"declined": "approval-declined", "withdrawn": "approval-withdrawn"}
    if combined in about and await holders.tells_others(tx):
        shared_as = [(authorisation_id, account_id)]
        await tell_requesters(tx, holders.tenant, about[combined], shared_as, decided_for=holders.decided, now=now)
    return combined
