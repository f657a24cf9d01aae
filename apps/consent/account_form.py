"""The form of the page on which a person chooses accounts.

All buttons send all accounts that are chosen, also those that the filter hides. So no page that is older than another
one loses a choice that the person sees on it.
"""

from typing import Final
from uuid import UUID

import msgspec

from apps.consent.browser import as_uuid
from apps.http.page_forms import PageForm
from tenants.consent.account_selection import MAXIMUM_FILTER, SelectionChange

_CHANGES: Final[dict[str, SelectionChange]] = {"all": "all", "none": "none", "show": "show", "show-all": "show"}


class AccountForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the form has sent."""

    chosen: frozenset[UUID]
    change: SelectionChange | None
    """None if the person continues to the next step."""
    group: str
    """The key of the group that is changed; empty for all accounts of the page."""
    listed_by: str
    """The filter of the page that has sent the form."""
    find: str
    """The filter for the next page."""

    @property
    def next_parameters(self) -> dict[str, str]:
        """The query parameters of the page that is shown after a change."""
        return {**({"find": self.find} if self.find else {}), "changed": "yes"}


def account_form(form: PageForm) -> AccountForm:
    """Return what a form has sent. Anything that no button of the page sends shows the page again."""
    pressed = form.single_value("change")
    name, _, group = pressed.partition(":")
    listed_by = form.single_value("listed_by")[:MAXIMUM_FILTER]
    typed = form.single_value("find")[:MAXIMUM_FILTER].strip()
    find = {"show": typed, "show-all": ""}.get(name, listed_by)
    chosen = {as_uuid(account) for account in form.values("account")}
    return AccountForm(
        chosen=frozenset(each for each in chosen if each is not None),
        change=_CHANGES.get(name, "show") if pressed else None,
        group=group,
        listed_by=listed_by,
        find=find,
    )
