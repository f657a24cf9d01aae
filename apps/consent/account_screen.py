"""The values of the page on which a person chooses accounts."""

from typing import Any

import msgspec

from tenants.consent.account_selection import AccountChoices, AccountGroup
from themes.consent_wording import group_heading, selection_status
from themes.views import AccountView, account_view


class GroupView(msgspec.Struct, frozen=True, kw_only=True):
    """A group of accounts."""

    key: str
    heading: str
    accounts: list[AccountView]
    all_chosen: bool


def account_values(selection: AccountChoices, *, changed: bool) -> dict[str, Any]:
    """Return the values of the page. `changed` says that the person has just changed what is chosen or listed."""
    return {
        "groups": [_group(group, selection) for group in selection.groups],
        "unavailable": [account_view(account) for account in selection.unavailable],
        "total": len(selection.available),
        "listed": len(selection.listed),
        "chosen": len(selection.chosen),
        "hidden": selection.hidden,
        "filter": selection.filter,
        "has_many": selection.has_many,
        "announcement": selection_status(selection) if changed and selection.available else None,
    }


def _group(group: AccountGroup, selection: AccountChoices) -> GroupView:
    return GroupView(
        key=group.key,
        heading=group_heading(group),
        accounts=[account_view(account, chosen=account.id in selection.chosen) for account in group.accounts],
        all_chosen=all(account.id in selection.chosen for account in group.accounts),
    )
