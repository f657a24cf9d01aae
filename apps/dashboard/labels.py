"""Names of accounts, and enumerations, as the dashboard writes them."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Final, Literal
from uuid import UUID

from haas.language import comma_list, enumeration, gettext, gettext_noop, ngettext
from tenants.accounts.descriptions import AccountName, natural_order

FORMER_ACCOUNT: Final = gettext_noop("An account that we do not have any more")
"""The id of a message."""
MOST_NAMED: Final = 3
"""How many members of an enumeration are named before the others are counted."""
Counted = Literal["account", "recipient", "kind"]
"""What the members of an enumeration are."""


def titles_by_id(account_ids: Collection[UUID], names: Mapping[UUID, AccountName]) -> dict[UUID, str]:
    """Return the titles of accounts by id, in their order, for example "Home" or "Energy account ending in 4401".

    Those without a name, or with the same one, have their hint too. Accounts without an entry in `names` are left out.
    """
    known = {each: names[each] for each in account_ids if each in names}
    times = Counter(name.title for name in known.values())
    titles = {
        account_id: " ".join(
            filter(None, (name.title, name.hint if name.is_general or times[name.title] > 1 else None))
        )
        for account_id, name in known.items()
    }
    return dict(sorted(titles.items(), key=lambda each: natural_order(each[1])))


def account_titles(account_ids: Collection[UUID], names: Mapping[UUID, AccountName]) -> list[str]:
    """Return the titles of accounts, those that we do not have any more last."""
    titles = list(titles_by_id(account_ids, names).values())
    return titles + [gettext(FORMER_ACCOUNT)] * (len(account_ids) - len(titles))


def joined(names: Sequence[str], what: Counted) -> str:
    """Return "Home", "Home and Farm", or "Home, Farm, Shop and 24 more accounts". Without names, return ""."""
    left = len(names) - MOST_NAMED
    if left <= 1:  # the place for "1 more account" is enough for its name
        return enumeration(names)
    named = comma_list(names[:MOST_NAMED])
    match what:
        case "account":
            return ngettext(
                "{names} and {number} more account", "{names} and {number} more accounts", left, names=named
            )
        case "recipient":
            return ngettext(
                "{names} and {number} more recipient", "{names} and {number} more recipients", left, names=named
            )
        case "kind":
            return ngettext(
                "{names} and {number} more kind of data", "{names} and {number} more kinds of data", left, names=named
            )
