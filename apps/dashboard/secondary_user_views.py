"""The people who may use an account, and what they share of it, in the form in which the dashboard shows it.

CDR Rules 1.15(5): an account holder sees the authorisations of secondary users. Only the account is named, and nothing
about other accounts of these people.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from apps.dashboard.disclosed import DisclosedEntry, disclosed_by_account
from apps.dashboard.labels import account_titles, joined
from apps.dashboard.recipients import IdentifiedRecipient, identified_recipient
from apps.dashboard.viewer import DashboardViewer
from haas.language import gettext, gettext_noop
from tenants.accounts.descriptions import AccountName
from tenants.arrangements.models import Arrangement
from tenants.data_language import Cluster
from tenants.disclosure.models import DisclosedCluster
from tenants.joint_accounts.models import SharedByOther, SharingState
from tenants.secondary_users.models import BlockedRecipient, SecondaryUser
from themes import wording

_WITHHELD: Final[dict[SharingState, str]] = {
    "sharing-off": gettext_noop("Sharing is turned off for this joint account."),
    "approval-pending": gettext_noop("The account holders have not approved it yet."),
    "approval-declined": gettext_noop("It was not approved."),
    "approval-lapsed": gettext_noop("It was not approved in time."),
    "approval-withdrawn": gettext_noop("It is not approved any more."),
}
"""Why nothing is shared, for the states in which the sharing has not ended."""


class SharedByUser(msgspec.Struct, frozen=True, kw_only=True):
    """What the pages show of one sharing of a secondary user."""

    id: UUID
    product: str
    recipient: str
    """The name of the legal entity."""
    identified: IdentifiedRecipient
    status: str
    is_on: bool
    summary: str
    why: str | None
    """Why it is not shared now, although it has not ended."""
    data: Sequence[Cluster]
    authorised_at: datetime
    changed_at: Sequence[datetime]
    disclosed: Sequence[DisclosedEntry]
    has_ended: bool
    is_blocked: bool


class SecondaryUserView(msgspec.Struct, frozen=True, kw_only=True):
    """What the pages show of a secondary user of one account."""

    id: UUID
    name: str
    account: str
    customer: str | None
    """Who holds the account, if the person does not act for themselves only."""
    may_decide: bool
    """Whether the person may give and withdraw the permission, and not only see it."""
    instructed_at: datetime | None
    withdrawn_at: datetime | None
    sharing: Sequence[SharedByUser]
    shares_with: str
    """The recipients to which data can flow now; empty if there is none that the holder may see."""
    blocked: Sequence[BlockedRecipient]


class UsedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account of the person, and who else may use it."""

    name: str
    customer: str | None
    users: Sequence[SecondaryUserView]


def secondary_user_view(
    user: SecondaryUser,
    holder_id: UUID,
    viewer: DashboardViewer,
    *,
    disclosed: Sequence[DisclosedCluster] = (),
    numbers: Mapping[str, str | None] | None = None,
) -> SecondaryUserView:
    """Return the view of a secondary user.

    `disclosed` is what the ledger tells the holder of the account, and `numbers` are the accreditation numbers by the
    ids of the recipients. A page without these details needs neither.
    """
    blocked = {sharing_id for each in user.blocked for sharing_id in each.sharing_ids}
    sharing = [
        _sharing(each, user, viewer, blocked, disclosed=disclosed, numbers=numbers or {}) for each in user.sharing
    ]
    return SecondaryUserView(
        id=user.id,
        name=user.name,
        account=user.account,
        customer=viewer.acting_for(holder_id),
        may_decide=viewer.may_stop(holder_id),
        instructed_at=user.instructed_at,
        withdrawn_at=user.withdrawn_at,
        sharing=sharing,
        shares_with=joined(list(dict.fromkeys(each.product for each in sharing if each.is_on)), "recipient"),
        blocked=user.blocked,
    )


def by_used_account(users: Sequence[tuple[UUID, SecondaryUser]], viewer: DashboardViewer) -> list[UsedAccount]:
    """Return the accounts with their users, in the order of their names. `users` has the holder of each."""
    found: dict[UUID, list[SecondaryUserView]] = {}
    for holder_id, user in users:
        found.setdefault(user.account_id, []).append(secondary_user_view(user, holder_id, viewer))
    accounts = [UsedAccount(name=each[0].account, customer=each[0].customer, users=each) for each in found.values()]
    return sorted(accounts, key=lambda each: (each.customer or "", each.name))


def stopped_accounts(
    arrangements: Sequence[Arrangement],
    without: Collection[tuple[UUID, UUID]],
    names: Mapping[UUID, AccountName],
    now: datetime,
) -> dict[UUID, str]:
    """Return the accounts that are not shared any more under arrangements in force, in words, by arrangement.

    `without` are customers and accounts that they may only use, without a permission. `names` are the names of the
    accounts.
    """
    found = {
        each.id: [account.id for account in each.authorisation.accounts if (each.customer_id, account.id) in without]
        for each in arrangements
        if each.state(now) == "active"
    }
    return {key: joined(account_titles(accounts, names), "account") for key, accounts in found.items() if accounts}


def _sharing(
    shared: SharedByOther,
    user: SecondaryUser,
    viewer: DashboardViewer,
    blocked: set[UUID],
    *,
    disclosed: Sequence[DisclosedCluster],
    numbers: Mapping[str, str | None],
) -> SharedByUser:
    why = None if shared.state == "ended" else _why(shared, user, is_blocked=shared.id in blocked)
    of_this = [each for each in disclosed if each.arrangement_id == shared.arrangement_id]
    by_account = disclosed_by_account(of_this, {shared.account_id: shared.account}, "person")
    return SharedByUser(
        id=shared.id,
        product=shared.product,
        recipient=shared.recipient,
        identified=identified_recipient(shared, numbers),
        status=_status(shared, why, viewer.now),
        is_on=why is None and shared.ended_at is None,
        summary=_summary(shared, viewer),
        why=why,
        data=shared.data,
        authorised_at=shared.authorised_at,
        changed_at=shared.changed_at,
        disclosed=[entry for account in by_account for entry in account.data],
        has_ended=shared.ended_at is not None,
        is_blocked=shared.id in blocked,
    )


def _why(shared: SharedByOther, user: SecondaryUser, *, is_blocked: bool) -> str | None:
    """Return why data of a sharing that has not ended does not flow, as far as it depends on the holders."""
    if user.instructed_at is None:
        return gettext("There is no permission to share data of this account.")
    if is_blocked:
        return gettext("Sharing with this recipient was stopped.")
    found = _WITHHELD.get(shared.state)
    return None if found is None else gettext(found)


def _status(shared: SharedByOther, why: str | None, now: datetime) -> str:
    if shared.ended_at is not None:
        return gettext("Finished") if shared.until <= now else gettext("Stopped")
    if why is not None:
        return gettext("Not shared now")
    return gettext("Sharing once") if shared.is_once_off else gettext("Sharing")


def _summary(shared: SharedByOther, viewer: DashboardViewer) -> str:
    if shared.ended_at is not None:
        return gettext("Ended on {day}", day=wording.date(shared.ended_at, viewer.zone))
    in_words = wording.date_and_time if shared.is_once_off else wording.date
    return gettext("Until {time}", time=in_words(shared.until, viewer.zone))
