"""The values of the page on which a person chooses accounts."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from tenants.consent.account_selection import AccountChoices, AccountGroup
from tenants.joint_accounts.approvals import time_limit
from themes.consent_wording import ApprovalTime, approval_time, group_heading, others_note, selection_status
from themes.views import AccountView, account_view


class GroupView(msgspec.Struct, frozen=True, kw_only=True):
    """A group of accounts."""

    key: str
    heading: str
    accounts: list[AccountView]
    all_chosen: bool


def account_values(
    selection: AccountChoices, sharing_duration: int, *, changed: bool, zone: ZoneInfo, now: datetime
) -> dict[str, Any]:
    """Return the values of the page. `changed` says that the person has just changed what is chosen or listed."""
    limit = time_limit(now, now + timedelta(seconds=sharing_duration))
    approve = approval_time(limit, sharing_duration, zone)
    return {
        "groups": [_group(group, selection, approve) for group in selection.groups],
        "unavailable": [account_view(account) for account in selection.unavailable],
        "total": len(selection.available),
        "listed": len(selection.listed),
        "chosen": len(selection.chosen),
        "hidden": selection.hidden,
        "filter": selection.filter,
        "has_many": selection.has_many,
        "announcement": selection_status(selection) if changed and selection.available else None,
    }


def _group(group: AccountGroup, selection: AccountChoices, approve: ApprovalTime) -> GroupView:
    return GroupView(
        key=group.key,
        heading=group_heading(group),
        accounts=[
            account_view(account, chosen=account.id in selection.chosen, note=others_note(account, approve))
            for account in group.accounts
        ],
        all_chosen=all(account.id in selection.chosen for account in group.accounts),
    )
