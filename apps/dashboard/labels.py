"""Names of accounts, and enumerations, as the dashboard writes them."""

from collections.abc import Sequence
from typing import Final

from tenants.accounts.models import account_hint, account_name
from tenants.arrangements.models import AuthorisedAccount

MOST_NAMED: Final = 3
"""How many members of an enumeration are named before the others are counted."""


def account_label(account: AuthorisedAccount) -> str:
    """Return the name of an account, or for an account without a name "Energy account ending in 4401"."""
    hint = None if account.display_name else account_hint(account.account_number)
    return " ".join(filter(None, (account_name(account.display_name), hint)))


def joined(names: Sequence[str], one: str, several: str | None = None) -> str:
    """Return "Home", "Home and Farm", or "Home, Farm, Shop and 24 more accounts". Without names, return "".

    `one` and `several` are what the names are called, for example "account" and "accounts".
    """
    if not names:
        return ""
    left = len(names) - MOST_NAMED
    if left > 1:  # the place for "1 more account" is enough for its name
        return f"{', '.join(names[:MOST_NAMED])} and {left} more {several or f'{one}s'}"
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
